// The live protocol of docs/formats/live.md over WebSocket and SSE, with a ring to resume from. For tests: small, not fast.
import { randomBytes } from "node:crypto";
import { WebSocketServer } from "ws";

const kRing = 600;

export class Hub {
  constructor(fleet, version) {
    this.fleet = fleet;
    this.version = version;
    this.epoch = randomBytes(8).toString("hex");
    this.topics = new Map();
    this.items = new Map();   // of a state topic: what is in it now
    this.clients = new Set();
    this.isSilent = false;
    this.refuses = "";
    this.wss = new WebSocketServer({ noServer: true });
  }

  topic(name) {
    let topic = this.topics.get(name);
    if (!topic) this.topics.set(name, (topic = { seq: 0, ring: [], tail: [] }));
    return topic;
  }

  publish(name, body) {
    const topic = this.topic(name);
    topic.seq += 1;
    const frame = { type: "delta", topic: name, seq: topic.seq, ...body };
    topic.ring.push(frame);
    if (topic.ring.length > kRing) topic.ring.shift();
    if (body.items) topic.tail = [...topic.tail, ...body.items].slice(-200);
    if (this.isSilent) return;
    for (const client of this.clients) if (client.topics.has(name)) client.send(frame);
  }

  tick() {
    if (this.isSilent) return;
    for (const client of this.clients) client.send({ type: "token", token: this.token(client) });
  }

  token(client) {
    return `${this.epoch}.${[...client.topics].map((name) => `${encodeURIComponent(name)}:${this.topic(name).seq}`).join(",")}`;
  }

  snapshot(name) {
    if (this.items.has(name)) return { type: "snapshot", topic: name, seq: this.topic(name).seq, items: this.items.get(name)() };
    if (name !== "fleet") return { type: "snapshot", topic: name, seq: this.topic(name).seq, items: this.topic(name).tail };
    const items = [];
    for (const agent of this.fleet.agents.values()) items.push({ key: `agent/${agent.id}`, agent });
    for (const session of this.fleet.sessions.values()) items.push({ key: `session/${session.id}`, session });
    for (const attention of this.fleet.attention.values()) items.push({ key: `attention/${attention.id}`, attention });
    for (const source of this.fleet.sources.values()) items.push({ key: `source/${source.name}`, source });
    items.push({ key: "totals", totals: this.fleet.totals });
    return { type: "snapshot", topic: "fleet", seq: this.topic("fleet").seq, items };
  }

  begin(client, since) {
    this.clients.add(client);
    client.send({ type: "hello", epoch: this.epoch, interval_ms: 100, server_time_ms: Date.now(), version: this.version });
    const [epoch, list] = (since ?? "").split(/\.(.*)/s);
    const seen = new Map((epoch === this.epoch && list ? list.split(",") : []).map((each) => [decodeURIComponent(each.slice(0, each.lastIndexOf(":"))), Number(each.slice(each.lastIndexOf(":") + 1))]));
    for (const name of client.topics) {
      const topic = this.topic(name);
      const from = seen.get(name);
      const missed = topic.ring.filter((frame) => frame.seq > from);
      if (from !== undefined && missed.length === topic.seq - from) {
        client.send({ type: "resumed", topic: name, seq: from });
        missed.forEach((frame) => client.send(frame));
      } else client.send(this.snapshot(name));
    }
    client.send({ type: "token", token: this.token(client) });
  }

  topicsOf(url) {
    return new Set((/[?&]topics=([^&]*)/.exec(url)?.[1] ?? "").split(",").filter(Boolean).map(decodeURIComponent));
  }

  upgrade(request, socket, head) {
    if (this.refuses) return void socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    this.wss.handleUpgrade(request, socket, head, (ws) => {
      const client = { topics: this.topicsOf(request.url), send: (frame) => ws.send(JSON.stringify(frame)), close: (code) => ws.close(code) };
      ws.on("message", (data) => {
        const message = JSON.parse(String(data));
        for (const name of message.subscribe ?? []) {
          client.topics.add(name);
          if (!this.isSilent) client.send(this.snapshot(name));
        }
        for (const name of message.unsubscribe ?? []) client.topics.delete(name);
      });
      ws.on("close", () => this.clients.delete(client));
      this.begin(client, new URL(request.url, "http://x").searchParams.get("since"));
    });
  }

  stream(request, response) {
    if (this.refuses === "all") return void response.writeHead(503, { "Retry-After": "1", "Content-Type": "application/json" }).end('{"retry_ms":800}');
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const client = {
      topics: this.topicsOf(request.url), close: () => response.end(),
      send: (frame) => response.write(`${frame.type === "token" ? `id: ${frame.token}\n` : ""}event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`),
    };
    request.on("close", () => this.clients.delete(client));
    this.begin(client, request.headers["last-event-id"]);
  }

  bye(retryMs) {
    for (const client of this.clients) {
      client.send({ type: "bye", retry_ms: retryMs });
      client.close(1012);
    }
  }
}
