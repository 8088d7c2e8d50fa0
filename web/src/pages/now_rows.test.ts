import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertRule, IncidentBrief } from "../api/incident_types.ts";
import type { Source } from "../api/types.ts";
import { foldText, isFoldHarmless, lookOf } from "./now_rows.ts";

const now = 1_000_000_000;
const rule = (changes: Partial<AlertRule> = {}): AlertRule => ({ name: "looping", problem: "", last_look_ms: now - 4000, firing: 0, pending: 0, ...changes }) as AlertRule;
const source = (value: string, why = ""): Source => ({ name: "openclaw/lab", state: { value, why } }) as Source;

test("an empty queue says which rules looked and when", () => {
  assert.deepEqual(lookOf([rule(), rule({ last_look_ms: now - 2000 })], "", [source("passing")], now), { isGood: true, text: "2 rules looked 4 s ago", problems: [] });
});

test("is not good when nobody knows whether a rule looked", () => {
  assert.equal(lookOf(null, "", [], now).isGood, false);
  assert.match(lookOf(null, "it did not answer", [], now).problems[0] ?? "", /it did not answer/);
  assert.equal(lookOf([], "", [], now).isGood, false);
  assert.equal(lookOf([rule()], "it did not answer", [], now).isGood, false);
});

test("is not good while a rule cannot look, has not yet, or looked long ago", () => {
  for (const [changes, words] of [[{ problem: "the query is too wide" }, /cannot be looked at: the query/], [{ last_look_ms: null }, /has not looked yet/], [{ last_look_ms: now - 600_000 }, /last looked 10 m ago/]] as const) {
    const looked = lookOf([rule(), rule({ name: "other", ...changes })], "", [], now);
    assert.equal(looked.isGood, false);
    assert.match(looked.problems.join(), words);
  }
});

test("is not good while a source is not heard", () => {
  for (const state of ["failing", "stale", "unknown"]) assert.equal(lookOf([rule()], "", [source(state)], now).isGood, false, state);
  assert.match(lookOf([rule()], "", [source("failing", "connection refused")], now).problems[0] ?? "", /openclaw\/lab is .*: connection refused/);
});

const quiet = (conclusion?: string) => ({ diagnosis: conclusion ? { conclusion } : null }) as unknown as IncidentBrief;

test("what is folded away is harmless only when that is proven", () => {
  assert.equal(isFoldHarmless({ urgent: [], silenced: [], quiet: [] }), true);
  assert.equal(isFoldHarmless({ urgent: [], silenced: [], quiet: [quiet("false_alarm"), quiet("enhancement")] }), true);
  assert.equal(isFoldHarmless({ urgent: [], silenced: [], quiet: [quiet("unknown")] }), false);
  assert.equal(isFoldHarmless({ urgent: [], silenced: [], quiet: [quiet()] }), false);
  assert.equal(isFoldHarmless({ urgent: [], silenced: [quiet("false_alarm")], quiet: [] }), false);
  assert.equal(foldText({ urgent: [], silenced: [quiet()], quiet: [quiet(), quiet()] }), "1 silenced, 2 for information");
});
