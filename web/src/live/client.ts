import { signal } from "@preact/signals";
import { learnServerTime } from "../lib/clock.ts";
import { initialState, kProbeTopic, step, type Effect, type Input, type LiveState } from "./machine.ts";
import { parseFrame, SseParser, type Delta, type Snapshot } from "./protocol.ts";

// The one live connection of this tab. Sockets and timers go in, frames for the screen come out once per animation frame.

type Listener = (frame: Snapshot | Delta) => void;

export const liveState = signal<LiveState>(initialState(["fleet"]));
export const signedOut = signal(false);

const listeners = new Map<string, Set<Listener>>();
const APPLY_AT_ONCE = 5000;  // frames held for the next animation frame, at most

let socket: WebSocket | null = null;
let stream: AbortController | null = null;
let generation = 0;           // answers of an older connection are not ours any more
let queue: (Snapshot | Delta)[] = [];
let frameRequest = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function flush(): void {
  cancelAnimationFrame(frameRequest);
  frameRequest = 0;
  const frames = queue;
  queue = [];
  for (const frame of frames) for (const listener of listeners.get(frame.topic) ?? []) listener(frame);
}

function enqueue(frame: Snapshot | Delta): void {
  queue.push(frame);
  // A hidden tab gets no animation frames; what it holds must not grow.
  if (queue.length >= APPLY_AT_ONCE || document.hidden) flush();
  else if (frameRequest === 0) frameRequest = requestAnimationFrame(flush);
}

function feed(input: Input): void {
  const { state, effects } = step(liveState.peek(), input, Date.now(), Math.random());
  liveState.value = state;
  effects.forEach(run);
}

function run(effect: Effect): void {
  switch (effect.type) {
    case "connect":
      disconnect();
      if (effect.transport === "sse") void openStream(effect.url, effect.lastEventId);
      else openSocket(effect.url);
      return;
    case "disconnect":
      return disconnect();
    case "send":
      if (socket?.readyState === WebSocket.OPEN) socket.send(effect.text);
      return;
    case "probe":
      return probe(effect.transport === "sse");
    case "server_time":
      return learnServerTime(effect.ms);
    case "apply":
      return enqueue(effect.frame);
  }
}

function disconnect(): void {
  generation += 1;
  socket?.close();
  socket = null;
  stream?.abort();
  stream = null;
}

// Any answer over the same connection proves it alive; a topic nobody writes to answers with an empty snapshot.
function probe(isSse: boolean): void {
  if (!isSse) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ subscribe: [kProbeTopic] }));
    socket.send(JSON.stringify({ unsubscribe: [kProbeTopic] }));
    return;
  }
  const mine = generation;
  void fetch("/healthz", { signal: AbortSignal.timeout(4000) }).then(
    (response) => {
      if (mine === generation && response.ok) feed({ type: "answered" });
    },
    () => undefined,
  );
}

// A browser does not say why a WebSocket failed, so we ask: signed out, away, or only WebSockets in the way?
async function diagnose(mine: number): Promise<void> {
  let isReachable = false;
  let why = "Nightshift does not answer";
  try {
    const response = await fetch("/api/v1/whoami", { signal: AbortSignal.timeout(4000) });
    isReachable = true;
    why = "the live connection was refused";
    if (response.status === 401 || response.status === 403) signedOut.value = true;
  } catch {
    // Not reachable: said so above.
  }
  if (mine === generation) feed({ type: "closed", why, isReachable });
}

function openSocket(path: string): void {
  const mine = generation;
  const isMine = () => mine === generation;
  let hadHello = false;
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const ws = new WebSocket(url);
  socket = ws;
  ws.onmessage = (message) => {
    if (!isMine()) return;
    const frame = parseFrame(String(message.data));
    if (!frame) return;
    hadHello ||= frame.type === "hello";
    feed({ type: "frame", frame });
  };
  ws.onclose = (event) => {
    if (!isMine()) return;
    socket = null;
    if (!hadHello) return void diagnose(mine);
    const why = event.code === 4008 ? "this screen read too slowly" : event.code === 1012 ? "the server restarts" : "the connection broke";
    feed({ type: "closed", why, isReachable: true });
  };
}

// Server-Sent Events by fetch: unlike EventSource it can resume from our token and tells us the status and the server's wish.
async function openStream(path: string, lastEventId: string | null): Promise<void> {
  const mine = generation;
  const controller = new AbortController();
  stream = controller;
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastEventId) headers["Last-Event-ID"] = lastEventId;
  try {
    const response = await fetch(path, { headers, signal: controller.signal, cache: "no-store" });
    if (!response.ok || !response.body) return await refused(mine, response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new SseParser();
    let lastId = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (mine !== generation) return;
      if (done) break;
      for (const message of parser.feed(value)) {
        const frame = parseFrame(message.data);
        if (frame) feed({ type: "frame", frame });
        if (message.id && message.id !== lastId) feed({ type: "frame", frame: { type: "token", token: message.id } });
        lastId = message.id;
      }
    }
    feed({ type: "closed", why: "the stream ended", isReachable: true });
  } catch {
    if (mine === generation) feed({ type: "closed", why: "Nightshift does not answer", isReachable: false });
  }
}

async function refused(mine: number, response: Response): Promise<void> {
  if (response.status === 401 || response.status === 403) signedOut.value = true;
  const body = (await response.json().catch(() => ({}))) as { retry_ms?: number };
  const seconds = Number(response.headers.get("Retry-After"));
  const retryMs = body.retry_ms ?? (seconds > 0 ? seconds * 1000 : undefined);
  if (mine === generation) {
    feed({ type: "closed", why: `the server answered ${response.status}`, isReachable: true, ...(retryMs === undefined ? {} : { retryMs }) });
  }
}

export function startLive(): void {
  document.addEventListener("visibilitychange", () => feed({ type: document.hidden ? "hidden" : "visible" }));
  addEventListener("online", () => feed({ type: "retry" }));
  if (document.hidden) feed({ type: "hidden" });
  timer ??= setInterval(() => feed({ type: "clock" }), 250);
  feed({ type: "start" });
}

export function stopLive(): void {
  clearInterval(timer);
  timer = undefined;
  feed({ type: "stop" });
}

export const retryLive = (): void => feed({ type: "retry" });

// Hears the frames of one topic from now on; the answer ends it.
export function listen(topic: string, listener: Listener): () => void {
  const set = listeners.get(topic) ?? new Set();
  listeners.set(topic, set.add(listener));
  feed({ type: "subscribe", topic });
  return () => {
    set.delete(listener);
    if (set.size > 0) return;
    listeners.delete(topic);
    if (topic !== "fleet") feed({ type: "unsubscribe", topic });
  };
}
