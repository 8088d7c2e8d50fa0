import assert from "node:assert/strict";
import { test } from "node:test";
import type { Agent, Session, StateName } from "../api/types.ts";
import { applyTo, emptyFleet } from "../live/fleet.ts";
import { countStates, rowsOf, silenceInWords, type Filter } from "./fleet_rows.ts";

function common(id: string, state: StateName) {
  return {
    id, tenant: "default", source: "otlp/test", simulated: false, state: { value: state, since_ms: 1, as_of_ms: 1, source: "otlp/test" }, tool: null,
    tokens_per_minute: id.length, tokens: { input: 0, output: 0, cache_read: 0, cache_write: 0, reasoning: 0 }, cost_usd: 0, cost_source: "none" as const,
    model_calls: 0, tool_calls: 0, errors: 0, last_event_ms: 1,
  };
}
const agent = (id: string, state: StateName = "working"): { key: string; agent: Agent } =>
  ({ key: `agent/${id}`, agent: { ...common(id, state), name: id, sessions: 1, sessions_working: 0, usd_per_hour: 0, rhythm: null } });
const session = (id: string, of: string, parent: string | null = null, state: StateName = "working"): { key: string; session: Session } =>
  ({ key: `session/${id}`, session: { ...common(id, state), agent: of, parent, children: [], turns: 0, started_ms: 0, ended_ms: null, detections: [] } });

function fleetOf(...items: unknown[]) {
  const fleet = emptyFleet();
  applyTo(fleet, { type: "snapshot", topic: "fleet", seq: 1, items });
  return fleet;
}
const all: Filter = { view: "agents", states: new Set(), agent: "", text: "", sort: "state", expanded: new Set() };
const keys = (fleet: ReturnType<typeof fleetOf>, change: Partial<Filter> = {}) => rowsOf(fleet, { ...all, ...change }).map((row) => row.key);

test("puts what wants a look first", () => {
  const fleet = fleetOf(agent("a", "idle"), agent("b", "looping"), agent("c", "unknown"), agent("d", "failed"));
  assert.deepEqual(keys(fleet), ["agent/d", "agent/b", "agent/a", "agent/c"]);
  assert.deepEqual(keys(fleet, { sort: "-name" }), ["agent/d", "agent/c", "agent/b", "agent/a"]);
});

test("filters by state, agent and every word of the text", () => {
  const fleet = fleetOf(agent("alpha"), agent("beta", "idle"), session("s1", "alpha"), session("s2", "beta", null, "idle"));
  assert.deepEqual(keys(fleet, { states: new Set(["idle"]) }), ["agent/beta"]);
  assert.deepEqual(keys(fleet, { view: "sessions", agent: "beta" }), ["session/s2"]);
  assert.deepEqual(keys(fleet, { text: "ALP otlp" }), ["agent/alpha"]);
  assert.deepEqual(keys(fleet, { text: "alp nope" }), []);
});

test("shows an expanded agent's sessions as a tree, children below their parent", () => {
  const fleet = fleetOf(agent("a"), session("root", "a"), session("child", "b", "root"), session("orphan", "a", "gone"));
  const rows = rowsOf(fleet, { ...all, expanded: new Set(["agent/a"]) });
  assert.deepEqual(rows.map((row) => [row.key, row.depth]), [["agent/a", 0], ["session/orphan", 1], ["session/root", 1], ["session/child", 2]]);
  assert.deepEqual(keys(fleet, { expanded: new Set(["agent/a", "-session/root"]) }), ["agent/a", "session/orphan", "session/root"]);
});

test("applies puts and removes of a delta", () => {
  const fleet = fleetOf(agent("a"), session("s/1", "a"));
  applyTo(fleet, { type: "delta", topic: "fleet", seq: 2, put: [agent("b")], remove: ["session/s/1", "agent/a"] });
  assert.deepEqual([...fleet.agents.keys()], ["b"]);
  assert.equal(fleet.sessions.size, 0);
});

test("forgets what a new snapshot does not name", () => {
  const fleet = fleetOf(agent("a"));
  applyTo(fleet, { type: "snapshot", topic: "fleet", seq: 9, items: [agent("b", "idle")] });
  assert.deepEqual([...fleet.agents.keys()], ["b"]);
  assert.deepEqual([...countStates(fleet.agents.values())], [["idle", 1]]);
});

test("orders five thousand sessions in a blink of rows", () => {
  const fleet = fleetOf(...Array.from({ length: 5000 }, (_, i) => session(`s${i}`, `a${i % 50}`)));
  assert.equal(keys(fleet, { view: "sessions" }).length, 5000);
});

test("says silence that cannot be judged yet, and only that", () => {
  const { agent: working } = agent("a");
  const minutes = (n: number) => working.last_event_ms + n * 60_000;
  assert.equal(silenceInWords(working, minutes(4)), "silent for 4 m; its rhythm is not known yet");
  assert.equal(silenceInWords(working, minutes(1)), null);
  assert.equal(silenceInWords({ ...working, rhythm: { silent_ms: 1, usual_gap_ms: 1, late_after_ms: 1 } }, minutes(4)), null);
  assert.equal(silenceInWords(agent("b", "idle").agent, minutes(4)), null);
  assert.equal(silenceInWords(session("s", "a").session, minutes(4)), null);
});
