import assert from "node:assert/strict";
import { test } from "node:test";
import type { OccurrenceDetail } from "../api/types.ts";
import { endingOf, tailOf, timelineOf } from "./run_timeline.ts";

const detail = (more: Partial<OccurrenceDetail>): OccurrenceDetail => ({
  id: "a@1", job: "a", nominal_ms: 1000, start_ms: 1000, phase: "done", verdict: "verified", trigger: "schedule", attempt: 1, fence: 1, started_ms: null, ended_ms: null, tokens: 0,
  attempts: [], evidence: [], claims: [], deliveries: [], ...more,
});
const ran = { started_us: 2e6, ended_us: 5e6, succeeded: true, exit_code: 0 };

test("an ending is told in words", () => {
  assert.equal(endingOf(ran), "exit 0");
  assert.equal(endingOf({ ...ran, timed_out: true, signal: 9 }), "stopped at its timeout");
  assert.equal(endingOf({ started_us: 0, ended_us: 0, succeeded: false, signal: 9 }), "killed by signal 9");
  assert.equal(endingOf({ started_us: 0, ended_us: 0, succeeded: false, lost: true }), "lost: how it ended is not known");
  assert.equal(endingOf({ started_us: 0, ended_us: 0, succeeded: false, error: "no such file: ./x" }), "no such file: ./x");
});

test("tells a run from its plan to its verdict, in the order of time", () => {
  const moments = timelineOf(detail({
    start_ms: 1500, decided_ms: 6000, why: "proven by file",
    attempts: [{ attempt: 1, fence: 1, claimed_ms: 1600, execution: ran }],
    claims: [{ by: "molt", says_done: true, text: "posted", time_ms: 4000 }],
  }));
  assert.deepEqual(moments.map((each) => each.title), ["Planned for this time", "Due", "Attempt 1 started", "molt says done", "Attempt 1: exit 0", "Verdict: verified"]);
  assert.equal(moments.at(-1)?.text, "proven by file");
  assert.equal(moments[4]?.text, "after 3.00 s");
});

test("an attempt without an end is open while in flight and lost to the ledger after", () => {
  const attempts = [{ attempt: 1, fence: 1, claimed_ms: 1600, execution: null }];
  assert.deepEqual(timelineOf(detail({ phase: "running", verdict: null, attempts })).map((each) => each.title), ["Planned for this time", "Attempt 1 started"]);
  assert.match(timelineOf(detail({ attempts }))[2]?.title ?? "", /no end in the ledger/);
});

test("an overridden run shows the ledger's own verdict in its timeline", () => {
  const override = { verdict: "verified" as const, by: "ada", reason: "seen", until_ms: 9e9, of: "failed" as const };
  assert.equal(timelineOf(detail({ decided_ms: 6000, override })).at(-1)?.title, "Verdict: failed");
});

test("work that runs elsewhere is told by its pings", () => {
  assert.deepEqual(timelineOf(detail({ trigger: "ping", started_ms: 1000, ended_ms: 3000 })).map((each) => each.title), ["Started by a ping", "Started", "Ended"]);
});

test("the tail of a text begins at a line", () => {
  assert.deepEqual(tailOf("short", 100), { text: "short", cut: 0 });
  assert.deepEqual(tailOf("first\nsecond\nthird", 12), { text: "third", cut: 13 });
  assert.deepEqual(tailOf("x".repeat(20), 5), { text: "xxxxx", cut: 15 });
});
