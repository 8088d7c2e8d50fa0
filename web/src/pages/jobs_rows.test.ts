import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, Mark, Observation, Occurrence, Verdict } from "../api/types.ts";
import {
  auditState, costOf, countsOf, inOrder, kLetters, kVerdicts, lastDecided, matchesJob, needsAttention, outcomeOf, standingsOf, startOfDay, stateOf, stripInWords, whenInWords, withMark,
  withOccurrence,
} from "./jobs_rows.ts";

const mark = (minute: number, verdict: Verdict | null, phase: Mark["phase"] = verdict ? "done" : "planned"): Mark => ({ id: `a@${minute}`, nominal_ms: minute * 60_000, phase, verdict });
const job = (name: string, strip: Mark[], more: Partial<Job> = {}): Job => ({
  name, kind: "command", schedule: "every 1m", is_from_config: true, is_paused: false, next_ms: null, running: null, expectations: 1, strip, ...more,
});
const occurrence = (each: Mark, name = "a"): Occurrence => ({
  ...each, job: name, start_ms: each.nominal_ms, trigger: "schedule", attempt: 1, fence: 1, started_ms: null, ended_ms: null, tokens: 0,
});

test("a mark is called by its verdict, or by how far it is", () => {
  assert.equal(stateOf(mark(1, "late")), "late");
  assert.equal(stateOf(mark(1, null)), "planned");
  assert.equal(stateOf(mark(1, null, "claimed")), "running");
  assert.equal(stateOf(mark(1, null, "verifying")), "verifying");
});

test("no two verdicts have the same letter", () => {
  assert.equal(new Set(Object.values(kLetters)).size, Object.keys(kLetters).length);
  assert.ok(kVerdicts.every((verdict) => kLetters[verdict] !== ""));
});

test("a changed occurrence takes its place in the strip, a new one comes in front", () => {
  const strip = [mark(2, null, "running"), mark(1, "verified")];
  assert.deepEqual(withMark(strip, mark(2, "failed"), 1e9), [mark(2, "failed"), mark(1, "verified")]);
  assert.deepEqual(withMark(strip, mark(3, null, "running"), 1e9).map((each) => each.id), ["a@3", "a@2", "a@1"]);
});

test("what is not due yet stays out of the strip, and a full strip does not grow", () => {
  assert.deepEqual(withMark([mark(1, "verified")], mark(5, null), 2 * 60_000), [mark(1, "verified")]);
  const full = Array.from({ length: 30 }, (_, i) => mark(30 - i, "verified"));
  const next = withMark(full, mark(31, "failed"), 1e9);
  assert.equal(next.length, 30);
  assert.equal(next[0]?.id, "a@31");
  assert.equal(next.at(-1)?.id, "a@2");
});

test("the live topic moves a job from running to its verdict", () => {
  const started = withOccurrence(job("a", []), occurrence(mark(1, null, "running")), 1e9);
  assert.equal(started.running?.id, "a@1");
  const ended = withOccurrence(started, occurrence(mark(1, "verified")), 1e9);
  assert.equal(ended.running, null);
  assert.equal(lastDecided(ended)?.verdict, "verified");
});

test("the end of one occurrence does not hide another that runs", () => {
  const running = withOccurrence(job("a", []), occurrence(mark(2, null, "running")), 1e9);
  assert.equal(withOccurrence(running, occurrence(mark(1, "skipped")), 1e9).running?.id, "a@2");
});

test("what wants attention is on top, the rest goes by name", () => {
  const jobs = [
    job("fine", [mark(1, "verified")], { next_ms: 5 }), job("soon", [mark(1, "silent_ok")], { next_ms: 1 }), job("never", []), job("late", [mark(1, "late")]),
    job("missed", [mark(1, "missed")]), job("failed", [mark(2, null, "running"), mark(1, "failed")]), job("lied", [mark(1, "contradicted")]), job("unknown", [mark(1, "unverified")], { next_ms: 9 }),
  ];
  assert.deepEqual(inOrder(jobs).map((each) => each.name), ["lied", "failed", "missed", "late", "fine", "never", "soon", "unknown"]);
  assert.ok(needsAttention(job("x", [mark(1, "missed")])) && !needsAttention(job("x", [mark(1, "unverified")])));
});

test("finds jobs by name, schedule, verdict and pause", () => {
  const one = job("molt-morning", [mark(1, "failed")], { is_paused: true });
  for (const text of ["molt", "FAILED", "every 1m", "paused molt"]) assert.ok(matchesJob(one, text), text);
  assert.ok(!matchesJob(one, "verified"));
});

test("counts: what is zero is left out, but not how many are verified; what is bad is told apart", () => {
  const counts = countsOf({ planned: 4, in_flight: 1, verdicts: { verified: 0, missed: 2, silent_ok: 1 } });
  assert.equal(counts.map(({ n, name }) => `${n} ${name}`).join(", "), "4 planned, 0 verified, 2 missed, 1 silent ok, 1 in flight");
  assert.deepEqual(counts.filter((each) => each.isBad).map((each) => each.name), ["missed"]);
});

test("the audit: none, holding, broken, or too old to say", () => {
  const audit = { time_ms: 1_000_000, holds: true, totals: { planned: 0, in_flight: 0, verdicts: {} }, discrepancies: [] };
  assert.equal(auditState(null, 1_000_000), "none");
  assert.equal(auditState(audit, 1_060_000), "holds");
  assert.equal(auditState(audit, 2_000_000), "old");
  assert.equal(auditState({ ...audit, holds: false }, 2_000_000), "broken");
});

test("when, in words", () => {
  const span = (ms: number) => `${ms / 1000} s`;
  assert.equal(whenInWords(5000, 0, span), "in 5 s");
  assert.equal(whenInWords(500, 0, span), "now");
  assert.equal(whenInWords(0, 3000, span), "due 3 s ago");
});

test("a strip says what it shows, and what it cost", () => {
  assert.equal(stripInWords([]), "no occurrence yet");
  assert.equal(stripInWords([mark(3, "verified"), mark(2, "silent_ok"), mark(1, "verified")]), "the last 3: 2 verified, 1 silent ok");
  assert.equal(costOf([{ ...mark(1, "verified"), cost_usd: 0.5 }, mark(2, "failed")]), 0.5);
});

test("a day begins at midnight of the zone that is shown", () => {
  assert.equal(startOfDay(Date.parse("2026-11-22T07:12:13Z"), true), Date.parse("2026-11-22T00:00:00Z"));
  assert.equal(new Date(startOfDay(1e12, false)).getHours(), 0);
});

const observation = (expectation: string, outcome: Observation["outcome"], isOwnWord = false): Observation => ({
  expectation, outcome, impact: "blocking", kind: "file", condition: "", observed: "", observer: "file system", is_claimants_word: isOwnWord, time_ms: 0,
});

test("any path proves an expectation, only all of them refute it", () => {
  assert.equal(outcomeOf([]), "unknown");
  assert.equal(outcomeOf([observation("a", "fails"), observation("a", "holds")]), "holds");
  assert.equal(outcomeOf([observation("a", "fails"), observation("a", "unknown")]), "unknown");
  assert.equal(outcomeOf([observation("a", "fails"), observation("a", "fails")]), "fails");
});

test("what holds by the work's own word alone is told apart", () => {
  const [own, both, failing] = standingsOf([
    observation("exit_code", "holds", true), observation("file", "holds", true), observation("file", "holds"), observation("sql", "fails", true),
  ]);
  assert.deepEqual([own?.isClaimantsWordOnly, both?.isClaimantsWordOnly, failing?.isClaimantsWordOnly], [true, false, false]);
  assert.equal(both?.paths.length, 2);
});
