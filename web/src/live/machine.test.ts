import assert from "node:assert/strict";
import { test } from "node:test";
import { indicate, initialState, kProbeTopic, kTimes, retryDelay, step, type Effect, type Input, type LiveState } from "./machine.ts";
import { liveUrl, parseFrame, SseParser } from "./protocol.ts";

// Drives the machine with simulated time.
class Rig {
  now = 1_000_000;
  random = 0.5;
  state: LiveState;
  effects: Effect[] = [];
  constructor(topics = ["fleet"]) {
    this.state = initialState(topics);
  }
  give(input: Input): Effect[] {
    const result = step(this.state, input, this.now, this.random);
    this.state = result.state;
    this.effects = result.effects;
    return result.effects;
  }
  pass(ms: number): Effect[] {
    const all: Effect[] = [];
    for (let left = ms; left > 0; left -= 250) {
      this.now += Math.min(250, left);
      all.push(...this.give({ type: "clock" }));
    }
    return all;
  }
  // Lets time pass until the next attempt to connect.
  untilConnect(): Effect | undefined {
    for (let i = 0; i < 200; i += 1) {
      const connect = this.pass(250).find((e) => e.type === "connect");
      if (connect) return connect;
    }
    return undefined;
  }
  hello(epoch = "e1"): Effect[] {
    return this.give({ type: "frame", frame: { type: "hello", epoch, interval_ms: 100, server_time_ms: this.now, version: "0.1.0" } });
  }
  snapshot(topic: string, seq: number): Effect[] {
    return this.give({ type: "frame", frame: { type: "snapshot", topic, seq, items: [] } });
  }
  delta(topic: string, seq: number): Effect[] {
    return this.give({ type: "frame", frame: { type: "delta", topic, seq, put: [] } });
  }
  open(): void {
    this.give({ type: "start" });
    this.hello();
    this.snapshot("fleet", 10);
    this.give({ type: "frame", frame: { type: "token", token: "e1.fleet:10" } });
  }
  indication() {
    return indicate(this.state, this.now, true);
  }
}

test("connects without a token at first", () => {
  const rig = new Rig();
  assert.deepEqual(rig.give({ type: "start" }), [{ type: "connect", transport: "websocket", url: "/api/v1/live?topics=fleet", lastEventId: null }]);
});

test("is not live until a snapshot has come, however open the socket is", () => {
  const rig = new Rig();
  rig.give({ type: "start" });
  assert.equal(rig.indication().tone, "busy");
  rig.hello();
  assert.equal(rig.indication().isCurrent, false);
  rig.snapshot("fleet", 10);
  assert.deepEqual(rig.indication(), { tone: "live", label: "live", isCurrent: true });
});

test("applies consecutive deltas and keeps the token for resuming", () => {
  const rig = new Rig();
  rig.open();
  assert.equal(rig.delta("fleet", 11)[0]?.type, "apply");
  assert.equal(rig.delta("fleet", 12)[0]?.type, "apply");
  rig.give({ type: "closed", why: "the connection broke", isReachable: true });
  const connect = rig.pass(1000).find((e) => e.type === "connect");
  assert.equal(connect?.type === "connect" && connect.url, "/api/v1/live?topics=fleet&since=e1.fleet%3A10");
});

test("goes on counting after a resume", () => {
  const rig = new Rig();
  rig.open();
  rig.give({ type: "closed", why: "broke", isReachable: true });
  rig.pass(1000);
  rig.hello();
  rig.give({ type: "frame", frame: { type: "resumed", topic: "fleet", seq: 10 } });
  assert.equal(rig.delta("fleet", 11)[0]?.type, "apply");
  assert.equal(rig.indication().isCurrent, true);
  assert.equal(rig.state.reconnects, 1);
});

test("reconnects without a token when a delta is missing", () => {
  const rig = new Rig();
  rig.open();
  assert.deepEqual(rig.delta("fleet", 12), [{ type: "disconnect" }]);
  assert.equal(rig.state.gaps, 1);
  const connect = rig.pass(1000).find((e) => e.type === "connect");
  assert.equal(connect?.type === "connect" && connect.url, "/api/v1/live?topics=fleet");
});

test("takes a delta before any snapshot for a gap", () => {
  const rig = new Rig();
  rig.give({ type: "start" });
  rig.hello();
  assert.deepEqual(rig.delta("fleet", 5), [{ type: "disconnect" }]);
});

test("expects fresh snapshots when the server's epoch is new", () => {
  const rig = new Rig();
  rig.open();
  rig.give({ type: "closed", why: "restart", isReachable: true });
  rig.pass(1000);
  rig.hello("e2");
  assert.equal(rig.indication().isCurrent, false);
  rig.snapshot("fleet", 3);
  assert.equal(rig.delta("fleet", 4)[0]?.type, "apply");
});

test("comes back when the server's bye asks it to", () => {
  const rig = new Rig();
  rig.open();
  rig.give({ type: "frame", frame: { type: "bye", retry_ms: 7000 } });
  rig.give({ type: "closed", why: "the server restarts", isReachable: true });
  assert.equal(rig.indication().label, "reconnecting in 7 s");
  assert.deepEqual(rig.pass(6750), []);
  assert.equal(rig.pass(250)[0]?.type, "connect");
});

test("honours retry_ms of a refusal", () => {
  const rig = new Rig();
  rig.give({ type: "start" });
  rig.give({ type: "closed", why: "503", isReachable: true, retryMs: 3000 });
  assert.equal(rig.state.retryAt, rig.now + 3000);
});

test("backs off with full jitter between half a second and thirty", () => {
  for (let failures = 1; failures < 40; failures += 1) {
    assert.equal(retryDelay(failures, 0), kTimes.retryMinMs);
    assert.ok(retryDelay(failures, 0.999999) <= kTimes.retryMaxMs);
  }
  assert.equal(retryDelay(1, 1), 1000);
  assert.equal(retryDelay(20, 1), kTimes.retryMaxMs);
});

test("asks when it is quiet and stays live on an answer", () => {
  const rig = new Rig();
  rig.open();
  assert.deepEqual(rig.pass(kTimes.quietMs), [{ type: "probe", transport: "websocket" }]);
  rig.now += 100;
  rig.snapshot(kProbeTopic, 0);
  assert.equal(rig.indication().tone, "live");
  assert.equal(rig.state.seqs[kProbeTopic], undefined);
});

test("says stale and reconnects when a silent connection does not answer", () => {
  const rig = new Rig();
  rig.open();
  const heardAt = rig.now;
  rig.pass(kTimes.quietMs + 2500);
  assert.equal(rig.indication().tone, "stale");
  assert.match(rig.indication().label, /no answer for/);
  const effects = rig.pass(kTimes.answerMs);
  assert.ok(effects.some((e) => e.type === "disconnect"));
  assert.equal(rig.state.staleSince, heardAt);
  assert.equal(rig.indication().isCurrent, false);
});

test("falls back to SSE when only WebSockets fail, and resumes by Last-Event-ID", () => {
  const rig = new Rig();
  rig.open();
  rig.give({ type: "closed", why: "broke", isReachable: true });
  for (let i = 0; i < kTimes.fallbackAfter; i += 1) {
    rig.untilConnect();
    rig.give({ type: "closed", why: "refused", isReachable: true });
  }
  assert.deepEqual(rig.untilConnect(), { type: "connect", transport: "sse", url: "/api/v1/live?topics=fleet", lastEventId: "e1.fleet:10" });
});

test("does not blame WebSockets when the server is away", () => {
  const rig = new Rig();
  rig.give({ type: "start" });
  for (let i = 0; i < 6; i += 1) {
    rig.give({ type: "closed", why: "away", isReachable: false });
    rig.untilConnect();
  }
  assert.equal(rig.state.transport, "websocket");
});

test("pauses when hidden for long and resumes with its token", () => {
  const rig = new Rig();
  rig.open();
  rig.give({ type: "hidden" });
  const effects: Effect[] = [];
  for (let i = 0; i < 130; i += 1) {
    rig.delta("fleet", 11 + i);
    effects.push(...rig.pass(1000));
  }
  assert.equal(rig.state.phase, "paused");
  assert.ok(effects.some((e) => e.type === "disconnect"));
  const [connect] = rig.give({ type: "visible" });
  assert.equal(connect?.type === "connect" && connect.url.includes("since=e1"), true);
});

test("subscribes over an open WebSocket and by reconnecting over SSE", () => {
  const rig = new Rig();
  rig.open();
  assert.deepEqual(rig.give({ type: "subscribe", topic: "session:a b" }), [{ type: "send", text: '{"subscribe":["session:a b"]}' }]);
  assert.deepEqual(rig.give({ type: "subscribe", topic: "session:a b" }), []);
  assert.deepEqual(rig.give({ type: "unsubscribe", topic: "session:a b" }), [{ type: "send", text: '{"unsubscribe":["session:a b"]}' }]);
  rig.state = { ...rig.state, transport: "sse", websocketFailures: kTimes.fallbackAfter };
  const effects = rig.give({ type: "subscribe", topic: "session:b" });
  assert.deepEqual(effects.map((e) => e.type), ["disconnect", "connect"]);
});

test("asks after the hello for what was wanted while connecting", () => {
  const rig = new Rig();
  rig.give({ type: "start" });
  assert.deepEqual(rig.give({ type: "subscribe", topic: "events" }), []);
  assert.deepEqual(rig.hello().slice(1), [{ type: "send", text: '{"subscribe":["events"]}' }]);
});

test("ignores frames of topics it left", () => {
  const rig = new Rig();
  rig.open();
  assert.deepEqual(rig.delta("session:gone", 99), []);
  assert.equal(rig.state.phase, "open");
});

test("gives up on a connection that never says hello", () => {
  const rig = new Rig();
  rig.give({ type: "start" });
  const effects = rig.pass(kTimes.helloMs);
  assert.deepEqual(effects, [{ type: "disconnect" }]);
  assert.equal(rig.state.phase, "waiting");
});

test("encodes topics one by one", () => {
  assert.equal(liveUrl(["fleet", "session:a,b/c"], "e.fleet:1,x:2"), "/api/v1/live?topics=fleet,session%3Aa%2Cb%2Fc&since=e.fleet%3A1%2Cx%3A2");
});

test("reads frames and refuses noise", () => {
  assert.equal(parseFrame("{nope"), null);
  assert.equal(parseFrame("null"), null);
  assert.equal(parseFrame('{"a":1}'), null);
  assert.equal(parseFrame('{"type":"token","token":"t"}')?.type, "token");
});

test("cuts an event stream at any byte", () => {
  const text = 'id: t1\nevent: hello\ndata: {"type":"hello"}\n\n: keep-alive\r\n\r\ndata: a\ndata: b\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const parser = new SseParser();
    const messages = [...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))];
    assert.deepEqual(messages, [{ id: "t1", data: '{"type":"hello"}' }, { id: "t1", data: "a\nb" }], `cut at ${cut}`);
  }
});
