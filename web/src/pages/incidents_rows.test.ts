import assert from "node:assert/strict";
import { test } from "node:test";
import type { Check, IncidentBrief, Notification, Runbook } from "../api/incident_types.ts";
import type { Attention } from "../api/types.ts";
import { byImpact, coveredBy, factsOf, holderOf, hrefOf, isCovered, modeOf, primaryOf, queueOf, receiptsOf } from "./incidents_rows.ts";

function incident(changes: Omit<Partial<IncidentBrief>, "diagnosis"> & { conclusion?: string } = {}): IncidentBrief {
  const { conclusion, ...rest } = changes;
  const diagnosis = conclusion === undefined ? null : { conclusion, summary: "", works: [], next_action: "", response_window: "", time_ms: 0, is_complete: true, is_burning: false };
  return {
    id: "inc_1", state: "open", severity: "warning", opened_ms: 1000, labels: {}, subject: { kind: "", name: "" }, is_suppressed: false, part_of: "", acknowledged_by: "", assignee: "", ...rest,
    diagnosis,
  } as unknown as IncidentBrief;
}

const ids = (all: IncidentBrief[]) => all.map((each) => each.id).join(" ");

test("sorts by severity, then by what the diagnosis says, then the newest first", () => {
  const all = [
    incident({ id: "old", conclusion: "degraded", opened_ms: 1 }),
    incident({ id: "new", conclusion: "degraded", opened_ms: 9 }),
    incident({ id: "false", conclusion: "false_alarm", opened_ms: 99 }),
    incident({ id: "blocked", conclusion: "blocked" }),
    incident({ id: "unknown", conclusion: "unknown" }),
    incident({ id: "critical", severity: "critical", conclusion: "false_alarm" }),
  ];
  assert.equal(ids(all.sort(byImpact)), "critical blocked unknown new old false");
});

test("takes what is not diagnosed, and words that are not known, for unknown rather than harmless", () => {
  const all = [incident({ id: "degraded", conclusion: "degraded" }), incident({ id: "none" }), incident({ id: "strange", conclusion: "splendid", opened_ms: 1 })];
  assert.equal(ids(all.sort(byImpact)), "none strange degraded");
  assert.equal(byImpact(incident({ severity: "apocalyptic" as "info" }), incident({ severity: "warning" })) < 0, true);
});

test("folds away what is silenced or only information, and leaves out what is resolved", () => {
  const queue = queueOf([
    incident({ id: "a" }),
    incident({ id: "quiet", severity: "info" }),
    incident({ id: "told with another", severity: "critical", part_of: "inc_0" }),
    incident({ id: "hushed", severity: "critical", is_suppressed: true }),
    incident({ id: "over", state: "resolved" }),
  ]);
  assert.deepEqual([ids(queue.urgent), ids(queue.silenced), ids(queue.quiet)], ["a", "hushed", "quiet"]);
});

const check = (finding: string): Check => ({ name: finding, finding: finding as Check["finding"], says: "", evidence: [] });

test("shows what is broken first and leaves out what does not apply", () => {
  const facts = factsOf({ checks: ["good", "nothing", "unknown", "bad", "suspicious", "odd"].map(check) });
  assert.deepEqual(facts.map((each) => each.name), ["bad", "suspicious", "unknown", "odd", "good"]);
  assert.deepEqual(factsOf(null), []);
});

const message = (changes: Partial<Notification>): Notification => ({ channel: "telegram", state: "delivered", provider_id: "", error: "", ...changes }) as Notification;

test("says that a message arrived only when the provider named it", () => {
  assert.deepEqual(receiptsOf([message({ provider_id: "4711" })]), [{ channel: "telegram", tone: "passing", text: "delivered, message 4711" }]);
  assert.equal(receiptsOf([message({})])[0]?.tone, "unknown");
  assert.deepEqual(receiptsOf([message({ state: "failed", error: "403 blocked" })])[0], { channel: "telegram", tone: "failed", text: "failed: 403 blocked" });
  assert.equal(receiptsOf([message({ state: "unknown" })])[0]?.tone, "unknown");
  assert.equal(receiptsOf([message({ state: "teleported" })])[0]?.tone, "unknown");
});

test("tells of a channel what was last heard, and does not hide a failure behind what waits", () => {
  const last = (...all: Partial<Notification>[]) => receiptsOf(all.map(message))[0]?.tone;
  assert.equal(last({ state: "failed" }, { state: "queued" }), "failed");
  assert.equal(last({ state: "failed" }, { provider_id: "2" }), "passing");
  assert.equal(last({ provider_id: "1" }, { state: "superseded" }), "passing");
  assert.equal(last({ state: "superseded" }), "offline");
  assert.deepEqual(receiptsOf([message({}), message({ channel: "email" })]).map((each) => each.channel), ["telegram", "email"]);
});

test("says who has it: nobody, until the one it was handed to takes it", () => {
  const holder = (changes: Partial<IncidentBrief>) => holderOf(incident(changes as object));
  assert.deepEqual(holder({}), { text: "nobody has it yet", isNobody: true });
  assert.deepEqual(holder({ assignee: "ada" }), { text: "handed to ada, who has not taken it yet", isNobody: true });
  assert.deepEqual(holder({ state: "acknowledged", acknowledged_by: "ada", assignee: "ada" }), { text: "ada has it", isNobody: false });
});

const runbook = (name: string, decision: string): Runbook => ({ name, description: "", steps: [], decision, why: "", last: null });

test("offers one thing: to take it, then a runbook that may be run, else to read on", () => {
  const books = [runbook("page", "refuse"), runbook("look", "dry_run"), runbook("abort", "ask"), runbook("rerun", "run")];
  assert.equal(primaryOf({ state: "open" }, books).kind, "acknowledge");
  const primary = primaryOf({ state: "acknowledged" }, books);
  assert.equal(primary.kind === "runbook" && `${primary.mode} ${primary.runbook.name}`, "run rerun");
  const asked = primaryOf({ state: "acknowledged" }, books.slice(0, 3));
  assert.equal(asked.kind === "runbook" && `${asked.mode} ${asked.runbook.name}`, "approve abort");
  assert.equal(primaryOf({ state: "acknowledged" }, [runbook("page", "refuse")]).kind, "open");
  assert.equal(primaryOf({ state: "resolved" }, books).kind, "open");
  assert.equal(modeOf("do_as_you_like"), null);
});

test("leads references to their pages, and others nowhere", () => {
  assert.equal(hrefOf("run:molt@2026-11-22T07:00:00Z"), "/run/molt%402026-11-22T07%3A00%3A00Z");
  assert.equal(hrefOf("session:agent:main:1"), "/session/agent%3Amain%3A1");
  assert.equal(hrefOf("agent:a b"), "/fleet?open=a+b");
  assert.equal(hrefOf("dependency:provider/groq"), "/models");
  assert.equal(hrefOf("dependency:source/openclaw/main"), "/system");
  for (const ref of ["", "run:", ":x", "delivery:dlv_1", "javascript:alert(1)", "https://example.com"]) assert.equal(hrefOf(ref), null, ref);
});

const item = (changes: Partial<Attention>): Attention => ({ id: "x", severity: "warning", kind: "looping", title: "", since_ms: 0, detection: null, actions: [], ...changes });

test("knows which attention belongs to an incident", () => {
  const covered = coveredBy([
    incident({ subject: { kind: "session", name: "s1" }, labels: { session: "s1", agent: "bot" } }),
    incident({ subject: { kind: "source", name: "openclaw/lab" } }),
    incident({ labels: { route: "fast" } }),
    incident({ state: "resolved", subject: { kind: "session", name: "s9" } }),
  ]);
  assert.equal(isCovered(item({ session: "s1", agent: "bot" }), covered), true);
  assert.equal(isCovered(item({ session: "s2", agent: "bot" }), covered), false, "another session of the same agent");
  assert.equal(isCovered(item({ agent: "bot" }), covered), false, "the agent itself");
  assert.equal(isCovered(item({ session: "s9" }), covered), false, "an incident that is over");
  assert.equal(isCovered(item({ id: "source/openclaw/lab" }), covered), true);
  assert.equal(isCovered(item({ id: "self/route fast" }), covered), true);
  assert.equal(isCovered(item({ id: "self/recorder" }), covered), false);
});
