// A small scripted fleet for developing and testing the UI: the shapes of docs/api.md, made up, the same each time.
let seed = 42;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const pick = (list) => list[Math.floor(random() * list.length)];
const between = (low, high) => low + random() * (high - low);
let serial = 0;
const hex = (n) => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join("");

const cast = [
  { id: "claude-code/billing", name: "billing-reconciler", source: "otlp/claude-code", model: "claude-sonnet-4-5", host: "build-3", mood: "looping" },
  { id: "codex/migrations", name: "schema-migrator", source: "otlp/codex", model: "gpt-5-codex", host: "build-1", mood: "failed" },
  { id: "openclaw/main", name: "main", source: "openclaw/home", model: "claude-opus-4-1", host: "gateway", mood: "waiting_approval" },
  { id: "claude-code/release-notes", name: "release-notes", source: "otlp/claude-code", model: "claude-haiku-4-5", host: "build-3", mood: "working" },
  { id: "gemini-cli/triage", name: "issue-triage", source: "otlp/gemini-cli", model: "gemini-2.5-pro", host: "build-2", mood: "working" },
  { id: "openclaw/research", name: "research", source: "openclaw/home", model: "claude-sonnet-4-5", host: "gateway", mood: "working" },
  { id: "claude-code/docs", name: "docs-writer", source: "otlp/claude-code", model: "claude-sonnet-4-5", host: "build-2", mood: "idle" },
  { id: "vercel/support", name: "support-bot", source: "otlp/vercel-ai", model: "gpt-5-mini", host: "edge", mood: "rate_limited" },
  { id: "codex/tests", name: "flaky-test-hunter", source: "otlp/codex", model: "gpt-5-codex", host: "build-1", mood: "working" },
  { id: "openclaw/nightly", name: "nightly-digest", source: "openclaw/home", model: "claude-haiku-4-5", host: "gateway", mood: "stalled" },
  { id: "api/batch-tagger", name: "batch-tagger", source: "api", model: "llama-3.3-70b", host: "batch-1", mood: "working", simulated: true },
  { id: "api/old-crawler", name: "old-crawler", source: "api", host: "batch-1", mood: "unknown" },
];
const tools = ["Bash", "Read", "Edit", "Grep", "WebFetch", "sql.query", "browser.open"];
const price = { "claude-opus-4-1": 20, "claude-sonnet-4-5": 5, "gpt-5-codex": 4 };
const why = {
  looping: "the same call 14 times with the same result", failed: "3 turns in a row ended in an error", waiting_approval: "asks to run: git push --force",
  rate_limited: "429 from openai, retry in 40 s", stalled: "silent for 22 m, usually 40 s between events", working: "tool Bash runs", idle: "last turn ended",
  unknown: "no event since Nightshift started",
};

export function makeFleet({ sessions = 0 } = {}) {
  const start = Date.now();
  const fleet = { agents: new Map(), sessions: new Map(), attention: new Map(), sources: new Map(), events: [], totals: null };
  const fact = (value, source, since, because) => ({ value, since_ms: start - since, as_of_ms: start - 900, source, ...(because ? { why: because } : {}) });
  const tokens = () => {
    const input = Math.floor(between(2e4, 2e6));
    const output = Math.floor(input * between(0.02, 0.1));
    return { input, output, cache_read: Math.floor(input * 0.7), cache_write: Math.floor(input * 0.05), reasoning: Math.floor(output * 0.3) };
  };
  for (const each of cast) {
    const isQuiet = each.mood === "unknown";
    const total = isQuiet ? { input: 0, output: 0, cache_read: 0, cache_write: 0, reasoning: 0 } : tokens();
    const isBusy = ["working", "looping"].includes(each.mood);
    const common = {
      tenant: "default", source: each.source, simulated: !!each.simulated, state: fact(each.mood, each.source, between(2e4, 2e6), why[each.mood]),
      tool: isBusy ? fact(pick(tools), each.source, 4000) : null, ...(each.model ? { model: each.model } : {}), tokens_per_minute: isBusy ? between(800, 14000) : 0, tokens: total,
      cost_usd: (total.input * (price[each.model] ?? 1)) / 1e6, cost_source: isQuiet ? "none" : each.source.startsWith("otlp/claude") ? "reported" : "priced",
      model_calls: Math.floor(total.input / 9000), tool_calls: Math.floor(total.input / 7000), errors: each.mood === "failed" ? 17 : Math.floor(between(0, 3)),
      last_event_ms: isQuiet ? start - 9e6 : each.mood === "stalled" ? start - 132e4 : start - Math.floor(between(200, 9000)),
    };
    fleet.agents.set(each.id, {
      id: each.id, name: each.name, host: each.host, ...common, sessions: 1, sessions_working: isBusy ? 1 : 0, usd_per_hour: isBusy ? between(0.2, 3) : 0,
      rhythm: isQuiet ? null : { silent_ms: start - common.last_event_ms, usual_gap_ms: 4000, late_after_ms: 60000 },
    });
    if (isQuiet) continue;
    const id = `${each.name}:${hex(6)}`;
    const session = {
      id, agent: each.id, ...common, parent: null, children: [], turn: hex(8), turns: Math.floor(between(3, 60)), started_ms: start - Math.floor(between(6e5, 2e7)), ended_ms: null, detections: [],
    };
    fleet.sessions.set(id, session);
    if (each.mood === "working" || each.mood === "waiting_approval") {
      const child = { ...session, id: `${id}/sub-${hex(4)}`, parent: id, children: [], turns: 4, state: fact("idle", each.source, 4e4, "waits for its parent"), tool: null, tokens_per_minute: 0, cost_usd: session.cost_usd / 9, errors: 0 };
      session.children.push(child.id);
      fleet.sessions.set(child.id, child);
    }
  }
  for (let i = 0; i < sessions; i += 1) {
    const agent = pick([...fleet.agents.values()].slice(3, 9));
    const mood = pick(["idle", "idle", "idle", "working", "working", "offline"]);
    fleet.sessions.set(`batch:${String(i).padStart(5, "0")}`, {
      ...[...fleet.sessions.values()][3], id: `batch:${String(i).padStart(5, "0")}`, agent: agent.id, source: agent.source, state: fact(mood, agent.source, between(1e3, 1e7)), children: [], parent: null,
      tokens_per_minute: mood === "working" ? between(10, 4000) : 0, detections: [], errors: 0,
    });
  }
  addAttention(fleet, start);
  addSources(fleet, fact, start);
  addHistory(fleet, start);
  refreshTotals(fleet);
  return fleet;
}

const sessionOf = (fleet, agent) => [...fleet.sessions.values()].find((session) => session.agent === agent);

function addAttention(fleet, start) {
  const looping = sessionOf(fleet, "claude-code/billing");
  const detection = {
    id: "d1", kind: "same_call", since_ms: start - 11 * 60e3, last_ms: start - 4000, count: 14, signature: 'Bash {"command":"python reconcile.py --month 2026-10"} -> error: ledger is locked',
    tokens: 184_300, cost_usd: 1.27, explanation: "The same command failed the same way 14 times in 11 minutes; nothing new was read in between.", response: "observe", acted: null,
  };
  looping.detections = [detection];
  const add = (item) => fleet.attention.set(item.id, { detection: null, actions: ["dismiss"], ...item });
  add({ id: "a1", severity: "critical", kind: "looping", agent: looping.agent, session: looping.id, title: "billing-reconciler repeats one failing command", since_ms: detection.since_ms, detection, actions: ["abort", "dismiss"] });
  const failed = sessionOf(fleet, "codex/migrations");
  const errors = {
    id: "d2", kind: "same_error", since_ms: start - 6 * 60e3, last_ms: start - 30e3, count: 3, signature: "model_call gpt-5-codex -> context_length_exceeded", tokens: 96_100, cost_usd: 0.38,
    explanation: "Three turns in a row ended with the same error.", response: "tell", acted: { action: "tell", at_ms: start - 20e3, outcome: "the agent's channel was told" },
  };
  failed.detections = [errors];
  add({ id: "a2", severity: "critical", kind: "failed", agent: failed.agent, session: failed.id, title: "schema-migrator failed 3 turns in a row", since_ms: errors.since_ms, detection: errors, actions: ["abort", "dismiss"] });
  add({ id: "a3", severity: "warning", kind: "waiting_approval", agent: "openclaw/main", session: sessionOf(fleet, "openclaw/main").id, title: "main waits for your approval to run: git push --force", since_ms: start - 7 * 60e3 });
  add({ id: "a4", severity: "warning", kind: "stalled", agent: "openclaw/nightly", session: sessionOf(fleet, "openclaw/nightly").id, title: "nightly-digest has been silent for 22 minutes", since_ms: start - 20 * 60e3, actions: ["abort", "dismiss"] });
}

function addSources(fleet, fact, start) {
  const base = { kind: "openclaw", url: "ws://127.0.0.1:18789", protocol: 4, events_total: 48210, gaps_total: 0, reconnects_total: 1, turns_ok: 311, turns_failed: 4, round_trip_ms: 3 };
  fleet.sources.set("openclaw/home", {
    name: "openclaw/home", ...base, state: fact("passing", "openclaw/home", 42e5, "312 turns ok in the last hour, answers in 3 ms"), version: "2026.9.1", boot_id: hex(16),
    connected_since_ms: start - 42e5, last_answer_ms: start - 2000,
  });
  fleet.sources.set("openclaw/lab", {
    name: "openclaw/lab", ...base, state: { ...fact("failing", "openclaw/lab", 9e5, "answers its health checks, but 9 of 9 turns failed"), as_of_ms: start - 3000 }, version: "2026.8.4", boot_id: hex(16),
    connected_since_ms: start - 9e6, last_answer_ms: start - 3000, turns_ok: 0, turns_failed: 9, gaps_total: 2, round_trip_ms: 41,
  });
}

// One turn: a model call that thinks, then tools, then another model call; nested by spans.
export function makeTurn(session, agent, atUs) {
  const trace = hex(32);
  const turnSpan = hex(16);
  const turn = hex(8);
  const base = { tenant: "default", source: session.source, agent: session.agent, session: session.id, host: agent.host, turn, trace, ...(session.simulated ? { simulated: true } : {}) };
  const make = (more) => ({ id: `ev-${(serial += 1)}`, status: "ok", attributes: {}, ...base, ...more });
  const events = [make({ kind: "message", name: "user", time_us: atUs, attributes: { summary: "continue with the next step" } })];
  let t = atUs + 5000;
  const rounds = 1 + Math.floor(random() * 3);
  for (let i = 0; i <= rounds; i += 1) {
    const input = Math.floor(between(4000, 42000));
    const output = Math.floor(between(60, 1400));
    const took = Math.floor(output * 9000 + between(3e5, 9e5));
    const isError = random() < (session.state.value === "failed" ? 0.5 : 0.02);
    events.push(make({
      kind: "model_call", name: "chat", model: agent.model, provider: (agent.model ?? "").split("-")[0], time_us: t, duration_us: took, ttft_us: Math.floor(between(2e5, 8e5)), span: hex(16), parent_span: turnSpan,
      input_tokens: input, output_tokens: output, cache_read_tokens: Math.floor(input * 0.7), reasoning_tokens: Math.floor(output * 0.2), cost_usd: (input * (price[agent.model] ?? 1)) / 1e6 / 3, cost_source: "priced",
      ...(isError ? { status: "error", error_type: "context_length_exceeded" } : {}), attributes: { "gen_ai.request.temperature": 0.2, "gen_ai.response.finish_reasons": [isError ? "error" : "tool_use"] },
    }));
    t += took + 20_000;
    if (i === rounds) break;
    const parallel = random() < 0.3 ? 3 : 1;
    let longest = 0;
    for (let j = 0; j < parallel; j += 1) {
      const duration = Math.floor(between(2e4, 4e6));
      const isBad = random() < (session.state.value === "looping" ? 0.9 : 0.06);
      events.push(make({
        kind: "tool_call", name: session.state.value === "looping" ? "Bash" : pick(tools), time_us: t + j * 30_000, duration_us: duration, span: hex(16), parent_span: turnSpan,
        ...(isBad ? { status: "error", error_type: "exit_1" } : {}), attributes: { input: session.state.value === "looping" ? "python reconcile.py --month 2026-10" : "src/ledger/import.py" },
      }));
      longest = Math.max(longest, duration + j * 30_000);
    }
    t += longest + 15_000;
  }
  events.push(make({ kind: "turn", name: "turn", time_us: atUs, duration_us: t - atUs, span: turnSpan }));
  return events;
}

function addHistory(fleet, start) {
  const hours = 6;
  for (const session of [...fleet.sessions.values()].slice(0, 14)) {
    const agent = fleet.agents.get(session.agent);
    for (let t = start - hours * 3600e3; t < start - 30e3; t += between(40e3, 420e3)) fleet.events.push(...makeTurn(session, agent, Math.floor(t * 1000)));
  }
  fleet.events.sort((a, b) => a.time_us - b.time_us);
}

export function refreshTotals(fleet) {
  const counts = (workers) => {
    const result = {};
    for (const worker of workers) result[worker.state.value] = (result[worker.state.value] ?? 0) + 1;
    return result;
  };
  const agents = [...fleet.agents.values()];
  fleet.totals = {
    agents: counts(agents), sessions: counts(fleet.sessions.values()), tokens_per_minute: agents.reduce((sum, agent) => sum + agent.tokens_per_minute, 0),
    usd_per_hour: agents.reduce((sum, agent) => sum + agent.usd_per_hour, 0), cost_today_usd: agents.reduce((sum, agent) => sum + agent.cost_usd, 0), errors_per_minute: 1.4,
  };
}

// Half a second of life: who changed, and which events happened.
export function advance(fleet) {
  const now = Date.now();
  const changed = [];
  const events = [];
  const busy = [...fleet.sessions.values()].filter((session) => ["working", "looping"].includes(session.state.value) && fleet.agents.has(session.agent));
  for (let i = 0; i < Math.min(3, busy.length); i += 1) {
    const session = pick(busy);
    const agent = fleet.agents.get(session.agent);
    const turn = random() < 0.25 ? makeTurn(session, agent, (now - 3000) * 1000) : makeTurn(session, agent, (now - 1000) * 1000).slice(1, 2);
    events.push(...turn);
    for (const worker of [session, agent]) {
      worker.last_event_ms = now;
      worker.state = { ...worker.state, as_of_ms: now };
      worker.tokens_per_minute = Math.max(100, worker.tokens_per_minute * between(0.9, 1.12));
      worker.model_calls += 1;
      worker.cost_usd += 0.01;
      worker.tool = random() < 0.7 ? { value: pick(tools), since_ms: now, as_of_ms: now, source: worker.source } : null;
    }
    changed.push({ key: `session/${session.id}`, session }, { key: `agent/${agent.id}`, agent });
  }
  for (const source of fleet.sources.values()) {
    source.state = { ...source.state, as_of_ms: now };
    source.last_answer_ms = now;
    changed.push({ key: `source/${source.name}`, source });
  }
  refreshTotals(fleet);
  changed.push({ key: "totals", totals: fleet.totals });
  fleet.events.push(...events);
  if (fleet.events.length > 60_000) fleet.events.splice(0, 10_000);
  return { changed, events };
}
