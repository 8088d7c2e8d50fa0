import assert from "node:assert/strict";
import { test } from "node:test";
import type { Probe } from "../api/types.ts";
import { inProbeOrder, paceOf, stateNow, tallyOf } from "./probes_rows.ts";

const now = 1_000_000_000;
const probe = (name: string, value: Probe["state"]["value"], as_of_ms = now - 1000): Probe => ({
  name, description: "", kind: "http", asks: "GET http://a/", expects: "2xx", weakness: "", subject: null, labels: {},
  state: { value, since_ms: now - 5000, as_of_ms, source: `probe ${name}`, why: "" }, last: null, every_ms: 60_000, timeout_ms: 10_000,
  stale_after_ms: 180_000, fail_after: "2 of 3", pass_after: 1, looked_ms: as_of_ms, next_ms: null, looks_total: 1,
});

test("shows an old answer as stale, not as passing", () => {
  assert.equal(stateNow(probe("a", "passing"), now), "passing");
  assert.equal(stateNow(probe("a", "passing", now - 180_000), now), "passing");
  assert.equal(stateNow(probe("a", "passing", now - 180_001), now), "stale");
  assert.equal(stateNow(probe("a", "failing", now - 999_999), now), "failing");
  assert.equal(stateNow(probe("a", "unknown", now - 999_999), now), "unknown");
});

test("puts what is bad or cannot be told before what passes", () => {
  const probes = [probe("b", "passing"), probe("a", "passing"), probe("s", "stale"), probe("u", "unknown"), probe("f", "failing")];
  assert.deepEqual(inProbeOrder(probes, now).map((each) => each.name), ["f", "u", "s", "a", "b"]);
});

test("counts the states apart", () => {
  assert.equal(tallyOf([probe("a", "passing"), probe("b", "failing"), probe("c", "passing"), probe("d", "passing", 0)], now), "1 failing, 1 stale, 2 passing");
  assert.equal(tallyOf([], now), "");
});

test("says how often and from when on", () => {
  assert.equal(paceOf(probe("a", "passing")), "every 1 m; failing at 2 of 3");
  assert.equal(paceOf({ every_ms: 5000, fail_after: "1 of 1", pass_after: 3 }), "every 5 s; failing at 1 of 1, passing after 3 good looks");
});
