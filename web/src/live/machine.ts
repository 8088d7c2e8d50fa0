import { liveUrl, type Delta, type Frame, type Snapshot } from "./protocol.ts";

// The live connection as a pure machine: step(state, input, now, random) gives the next state and what to do.
// live/client.ts feeds it sockets, timers and tab visibility; nothing in here touches a browser.

export type Transport = "websocket" | "sse";
export type Phase =
  | "stopped"
  | "connecting"  // asked, no hello yet
  | "open"        // hello received
  | "waiting"     // until retryAt
  | "paused";     // the tab has been hidden for long; nobody looks

export interface LiveState {
  phase: Phase;
  transport: Transport;
  topics: readonly string[];            // wanted
  asked: readonly string[];             // named when connecting; the difference is sent after the hello
  token: string | null;                 // where to resume
  epoch: string;
  version: string;
  seqs: Readonly<Record<string, number>>;
  failures: number;                     // attempts in a row that ended without a hello
  websocketFailures: number;            // of those, the ones where HTTP worked and the WebSocket did not
  phaseSince: number;
  lastFrameAt: number | null;           // anything received
  staleSince: number | null;            // from when on what is shown may be old; null while live
  retryAt: number;
  askedToRetryIn: number | null;        // the server's own wish, from bye or a 503
  probeSentAt: number | null;           // a question whose answer proves that the connection lives
  hiddenSince: number | null;
  why: string;                          // the last trouble, in words
  gaps: number;
  reconnects: number;
}

export type Input =
  | { type: "start" }
  | { type: "stop" }
  | { type: "frame"; frame: Frame }
  | { type: "answered" }                                            // an SSE connection's side question was answered
  | { type: "closed"; why: string; isReachable: boolean; retryMs?: number }
  | { type: "clock" }
  | { type: "hidden" }
  | { type: "visible" }
  | { type: "retry" }                                               // the person asks for it now
  | { type: "subscribe"; topic: string }
  | { type: "unsubscribe"; topic: string };

export type Effect =
  | { type: "connect"; transport: Transport; url: string; lastEventId: string | null }
  | { type: "disconnect" }
  | { type: "send"; text: string }
  | { type: "probe"; transport: Transport }
  | { type: "server_time"; ms: number }
  | { type: "apply"; frame: Snapshot | Delta };

export const kProbeTopic = "session:~are-you-there";

export const kTimes = {
  helloMs: 10_000,
  quietMs: 5_000,       // nothing received for so long: ask
  answerMs: 5_000,      // no answer for so long: the connection is dead, whatever the socket says
  retryMinMs: 500,
  retryMaxMs: 30_000,
  pauseAfterMs: 120_000,
  fallbackAfter: 3,
} as const;

export function initialState(topics: readonly string[]): LiveState {
  return {
    phase: "stopped", transport: "websocket", topics, asked: topics, token: null, epoch: "", version: "", seqs: {}, failures: 0, websocketFailures: 0,
    phaseSince: 0, lastFrameAt: null, staleSince: null, retryAt: 0, askedToRetryIn: null, probeSentAt: null, hiddenSince: null,
    why: "", gaps: 0, reconnects: 0,
  };
}

export interface Step { state: LiveState; effects: Effect[] }

// Full jitter (each client anywhere between the least and the cap) keeps fifty screens from coming back at once.
export function retryDelay(failures: number, random: number): number {
  const cap = Math.min(kTimes.retryMaxMs, 1000 * 2 ** Math.min(10, Math.max(0, failures - 1)));
  return Math.round(kTimes.retryMinMs + random * (cap - kTimes.retryMinMs));
}

function connect(state: LiveState, now: number): Step {
  const fallBack = state.websocketFailures >= kTimes.fallbackAfter;
  const transport: Transport = fallBack ? "sse" : "websocket";
  const next: LiveState = { ...state, phase: "connecting", transport, asked: state.topics, phaseSince: now, askedToRetryIn: null, probeSentAt: null };
  // SSE resumes by Last-Event-ID, WebSocket by ?since=.
  const url = liveUrl(state.topics, transport === "sse" ? null : state.token);
  return { state: next, effects: [{ type: "connect", transport, url, lastEventId: transport === "sse" ? state.token : null }] };
}

function wait(state: LiveState, now: number, delayMs: number, why: string): LiveState {
  return {
    ...state, phase: "waiting", phaseSince: now, retryAt: now + delayMs, why, probeSentAt: null,
    staleSince: state.staleSince ?? (state.lastFrameAt === null ? null : state.lastFrameAt),
  };
}

// What we hold has a hole: only fresh snapshots mend it, so the resume token goes too.
function mendGap(state: LiveState, now: number, random: number, why: string): Step {
  const next = wait({ ...state, token: null, seqs: {}, gaps: state.gaps + 1 }, now, Math.round(random * kTimes.retryMinMs), why);
  return { state: next, effects: [{ type: "disconnect" }] };
}

function catchUp(state: LiveState): Effect[] {
  const subscribe = state.topics.filter((topic) => !state.asked.includes(topic));
  const unsubscribe = state.asked.filter((topic) => !state.topics.includes(topic));
  const effects: Effect[] = [];
  if (subscribe.length > 0) effects.push({ type: "send", text: JSON.stringify({ subscribe }) });
  if (unsubscribe.length > 0) effects.push({ type: "send", text: JSON.stringify({ unsubscribe }) });
  return effects;
}

function onFrame(before: LiveState, frame: Frame, now: number, random: number): Step {
  const state: LiveState = { ...before, lastFrameAt: now, probeSentAt: null };
  switch (frame.type) {
    case "hello": {
      const isSameRun = frame.epoch === state.epoch;
      return {
        state: {
          ...state, phase: "open", phaseSince: now, epoch: frame.epoch, version: frame.version, failures: 0, why: "",
          websocketFailures: state.transport === "websocket" ? 0 : kTimes.fallbackAfter - 1,
          seqs: isSameRun ? state.seqs : {}, reconnects: state.reconnects + (before.epoch === "" ? 0 : 1),
        },
        effects: [{ type: "server_time", ms: frame.server_time_ms }, ...catchUp(state)],
      };
    }
    case "snapshot": {
      if (!state.topics.includes(frame.topic)) return { state: { ...state, staleSince: null }, effects: [] };
      return {
        state: { ...state, staleSince: null, seqs: { ...state.seqs, [frame.topic]: frame.seq } },
        effects: [{ type: "apply", frame }],
      };
    }
    case "resumed":
      return { state: { ...state, staleSince: null }, effects: [] };
    case "delta": {
      if (!state.topics.includes(frame.topic)) return { state, effects: [] };
      const seen = state.seqs[frame.topic];
      if (seen === undefined || frame.seq !== seen + 1) {
        return mendGap(state, now, random, `a gap in ${frame.topic}: expected ${seen === undefined ? "a snapshot" : seen + 1}, got ${frame.seq}`);
      }
      return { state: { ...state, staleSince: null, seqs: { ...state.seqs, [frame.topic]: frame.seq } }, effects: [{ type: "apply", frame }] };
    }
    case "token":
      return { state: { ...state, token: frame.token }, effects: [] };
    case "bye":
      return { state: { ...state, askedToRetryIn: frame.retry_ms, why: "the server is closing" }, effects: [] };
    default:
      return { state, effects: [] };
  }
}

function onClosed(state: LiveState, input: Input & { type: "closed" }, now: number, random: number): Step {
  if (state.phase !== "connecting" && state.phase !== "open") return { state, effects: [] };
  const hadHello = state.phase === "open";
  const failures = hadHello ? 1 : state.failures + 1;
  const isWebsocketRefused = !hadHello && input.isReachable && state.transport === "websocket" && input.retryMs === undefined;
  const asked = input.retryMs ?? state.askedToRetryIn;
  const delay = asked ?? retryDelay(failures, random);
  const next = wait({ ...state, failures, websocketFailures: state.websocketFailures + (isWebsocketRefused ? 1 : 0) }, now, delay, state.why || input.why);
  return { state: { ...next, askedToRetryIn: null }, effects: [] };
}

function onClock(state: LiveState, now: number, random: number): Step {
  if (state.hiddenSince !== null && now - state.hiddenSince >= kTimes.pauseAfterMs && state.phase !== "paused" && state.phase !== "stopped") {
    return {
      state: { ...state, phase: "paused", phaseSince: now, staleSince: state.staleSince ?? now, probeSentAt: null },
      effects: [{ type: "disconnect" }],
    };
  }
  if (state.phase === "waiting" && now >= state.retryAt) return connect(state, now);
  if (state.phase === "connecting" && now - state.phaseSince >= kTimes.helloMs) {
    const failures = state.failures + 1;
    return { state: wait({ ...state, failures }, now, retryDelay(failures, random), "no hello within 10 s"), effects: [{ type: "disconnect" }] };
  }
  if (state.phase === "open") {
    const heard = state.lastFrameAt ?? state.phaseSince;
    if (state.probeSentAt === null && now - heard >= kTimes.quietMs) {
      return { state: { ...state, probeSentAt: now }, effects: [{ type: "probe", transport: state.transport }] };
    }
    if (state.probeSentAt !== null && now - state.probeSentAt >= kTimes.answerMs) {
      return {
        state: wait({ ...state, failures: 1, staleSince: heard }, now, retryDelay(1, random), "the connection went silent"),
        effects: [{ type: "disconnect" }],
      };
    }
  }
  return { state, effects: [] };
}

function onTopics(state: LiveState, topics: readonly string[], message: Record<string, string[]>, now: number): Step {
  const next = { ...state, topics };
  if (state.phase !== "open" && state.phase !== "connecting") return { state: next, effects: [] };
  if (state.transport === "websocket") return { state: next, effects: state.phase === "open" ? [{ type: "send", text: JSON.stringify(message) }] : [] };
  // SSE has no way back: ask anew, resuming the rest.
  const step = connect(next, now);
  return { state: step.state, effects: [{ type: "disconnect" }, ...step.effects] };
}

export function step(state: LiveState, input: Input, now: number, random: number): Step {
  switch (input.type) {
    case "start":
      return state.phase === "stopped" ? connect(state, now) : { state, effects: [] };
    case "stop":
      return { state: { ...initialState(state.topics), phaseSince: now }, effects: [{ type: "disconnect" }] };
    case "frame":
      return state.phase === "connecting" || state.phase === "open" ? onFrame(state, input.frame, now, random) : { state, effects: [] };
    case "answered":
      return { state: { ...state, probeSentAt: null, lastFrameAt: now }, effects: [] };
    case "closed":
      return onClosed(state, input, now, random);
    case "clock":
      return onClock(state, now, random);
    case "hidden":
      return { state: { ...state, hiddenSince: state.hiddenSince ?? now }, effects: [] };
    case "visible": {
      const next = { ...state, hiddenSince: null };
      return state.phase === "paused" || state.phase === "waiting" ? connect(next, now) : onClock(next, now, random);
    }
    case "retry":
      return state.phase === "waiting" || state.phase === "paused" ? connect(state, now) : { state, effects: [] };
    case "subscribe":
      if (state.topics.includes(input.topic)) return { state, effects: [] };
      return onTopics(state, [...state.topics, input.topic], { subscribe: [input.topic] }, now);
    case "unsubscribe": {
      if (!state.topics.includes(input.topic)) return { state, effects: [] };
      const { [input.topic]: _gone, ...seqs } = state.seqs;
      const topics = state.topics.filter((topic) => topic !== input.topic);
      return onTopics({ ...state, seqs }, topics, { unsubscribe: [input.topic] }, now);
    }
  }
}

// What the connection indicator may claim. `tone` live is only for frames or answers really received of late.
export interface Indication {
  tone: "live" | "busy" | "stale" | "paused";
  label: string;
  isCurrent: boolean;   // whether what is on the screen is how things are now
}

export function indicate(state: LiveState, now: number, isBrowserOnline: boolean): Indication {
  const seconds = (ms: number) => `${Math.max(0, Math.ceil(ms / 1000))} s`;
  switch (state.phase) {
    case "open":
      if (state.lastFrameAt === null || Object.keys(state.seqs).length === 0) return { tone: "busy", label: "connecting", isCurrent: false };
      if (state.probeSentAt !== null && now - state.probeSentAt > 2000) {
        return { tone: "stale", label: `no answer for ${seconds(now - state.lastFrameAt)}`, isCurrent: false };
      }
      return { tone: "live", label: "live", isCurrent: state.staleSince === null };
    case "connecting":
      return { tone: "busy", label: state.epoch === "" ? "connecting" : "reconnecting", isCurrent: false };
    case "waiting":
      if (!isBrowserOnline) return { tone: "stale", label: "offline", isCurrent: false };
      return { tone: "stale", label: `reconnecting in ${seconds(state.retryAt - now)}`, isCurrent: false };
    case "paused":
      return { tone: "paused", label: "paused", isCurrent: false };
    case "stopped":
      return { tone: "paused", label: "not connected", isCurrent: false };
  }
}
