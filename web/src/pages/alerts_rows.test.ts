import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, AlertRule, Silence } from "../api/incident_types.ts";
import { barsOf, conditionOf, gapBarsOf, inAlertOrder, inRuleOrder, inSilenceOrder, labelPairs, lookedOf, matchersOf, matchesAlert, ruleState, share, silenceState, suppressionOf, trimMatchers, webLink, whereOf } from "./alerts_rows.ts";

const now = 1_000_000_000;
const rule = (changes: Partial<AlertRule> = {}): AlertRule =>
  ({ name: "a", description: "", on: "session", where: "", above: null, below: null, severity: null, hold_s: 0, hits: 1, looks: 1, resolve_after_s: 0, pending: 0, firing: 0, fired_total: 0, last_look_ms: now - 1000, problem: "", is_default: true, ...changes });

test("a rule is quiet only when it has looked of late", () => {
  assert.equal(ruleState(rule(), now), "quiet");
  assert.equal(ruleState(rule({ pending: 1 }), now), "pending");
  assert.equal(ruleState(rule({ firing: 1, pending: 1 }), now), "firing");
  assert.equal(ruleState(rule({ last_look_ms: null }), now), "waiting");
  assert.equal(ruleState(rule({ last_look_ms: now - 3_600_000 }), now), "blind");
  assert.equal(ruleState(rule({ problem: "no such field", firing: 1 }), now), "blind");
});

test("puts what fires or cannot look before what is quiet", () => {
  const rules = [rule({ name: "z" }), rule({ name: "blind", problem: "x" }), rule({ name: "a" }), rule({ name: "fires", firing: 2 })];
  assert.deepEqual(inRuleOrder(rules, now).map((each) => each.name), ["fires", "blind", "a", "z"]);
});

test("says when rules looked: the age is that of the longest ago, and those that could not are not counted", () => {
  assert.equal(lookedOf([rule(), rule({ last_look_ms: now - 7000 })], now), "2 rules looked 7 s ago");
  assert.equal(lookedOf([rule(), rule({ problem: "x" })], now), "1 of 2 rules looked 1 s ago");
  assert.equal(lookedOf([rule({ last_look_ms: null })], now), "none of 1 rule has looked");
  assert.equal(lookedOf([rule({ last_look_ms: now })], now), "1 rule looked just now");
});

test("says when a rule fires", () => {
  assert.deepEqual(conditionOf(rule({ on: "query", aggregate: "p95(duration)", over_s: 600, above: 0, hold_s: 300, hits: 3, looks: 5 })), ["query", "p95(duration) over 10 m", "above 0", "for 5 m", "3 of 5 looks"]);
  assert.deepEqual(conditionOf(rule()), ["session"]);
  assert.equal(whereOf(rule({ where: "{}" })), "");
  assert.equal(whereOf(rule({ where: '{job="x"}' })), '{job="x"}');
});

test("lays episodes out in percent of the range, cut at its ends", () => {
  const episode = (starts_ms: number, ends_ms: number | null) => ({ labels: {}, summary: "", starts_ms, ends_ms, is_flapping: false });
  const bars = barsOf([episode(0, 1500), episode(1500, 1600), episode(1900, null), episode(0, 500), episode(2500, null)], 1000, 2000);
  assert.deepEqual(bars.map(({ left, width }) => [left, width]), [[0, 50], [50, 10], [90, 10]]);
  assert.ok((barsOf([episode(1500, 1500)], 1000, 2000)[0]?.width ?? 0) > 0, "a moment is seen");
  assert.deepEqual(barsOf([episode(1, 2)], 5, 5), []);
  const [gap] = gapBarsOf([{ from_ms: 0, until_ms: 1500, why: "it was stopped" }], 1000, 2000);
  assert.deepEqual([gap?.left, gap?.width, gap?.title], [0, 50, "not known: it was stopped"]);
});

const alert = (changes: Partial<Alert> = {}): Alert =>
  ({ fingerprint: "f", labels: { alertname: "disk" }, annotations: {}, starts_ms: 1, ends_ms: null, is_firing: true, is_flapping: false, suppressed_by: null, suppressed_what: "", generator: "", ...changes });

test("puts what people are told of before what they are not, and what is over last", () => {
  const all = [alert({ fingerprint: "over", is_firing: false, starts_ms: 9 }), alert({ fingerprint: "hushed", suppressed_by: "silence", starts_ms: 8 }), alert({ fingerprint: "old" }), alert({ fingerprint: "new", starts_ms: 2 })];
  assert.deepEqual(inAlertOrder(all).map((each) => each.fingerprint), ["new", "old", "hushed", "over"]);
});

test("says by what an alert is kept from people", () => {
  assert.equal(suppressionOf(alert()), "");
  assert.equal(suppressionOf(alert({ suppressed_by: "silence", suppressed_what: "sil_1" })), "silenced by sil_1");
  assert.equal(suppressionOf(alert({ suppressed_by: "window" })), "muted");
});

test("finds alerts by name and label", () => {
  const one = alert({ labels: { alertname: "disk", host: "db-1" }, annotations: { summary: "the disk fills" } });
  assert.equal(matchesAlert(one, "fills host=DB"), true);
  assert.equal(matchesAlert(one, "db-2"), false);
  assert.equal(matchesAlert(one, ""), true);
});

test("makes links of web addresses alone", () => {
  assert.equal(webLink("https://prometheus.example/graph?x=1"), "https://prometheus.example/graph?x=1");
  for (const text of ["javascript:alert(1)", "data:text/html,x", "rule", "", "//example.com"]) assert.equal(webLink(text), null, text);
});

test("writes matchers that mean the labels, whatever stands in them", () => {
  assert.equal(matchersOf({ job: "a", alertname: "x" }), 'alertname="x", job="a"');
  assert.equal(matchersOf({ path: 'C:\\"tmp"\nnext' }), 'path="C:\\\\\\"tmp\\"\\nnext"');
  assert.equal(trimMatchers(' {job="x"} '), 'job="x"');
  assert.equal(trimMatchers('job="{x}"'), 'job="{x}"');
  assert.deepEqual(labelPairs({ b: "1", a: "2", alertname: "z" }).map(([name]) => name), ["alertname", "a", "b"]);
});

test("a silence is in force between its ends, and what is in force comes first", () => {
  const silence = (id: string, starts_ms: number, ends_ms: number) => ({ id, starts_ms, ends_ms, is_active: false }) as Silence;
  assert.equal(silenceState(silence("", now, now + 1), now), "active");
  assert.equal(silenceState(silence("", now - 9, now), now), "ended");
  assert.equal(silenceState(silence("", now + 1, now + 9), now), "planned");
  assert.equal(silenceState({ ...silence("", now + 1, now + 9), is_active: true }, now), "active", "just made");
  const all = [silence("older", 0, 5), silence("newer", 0, 9), silence("planned", now + 5, now + 9), silence("later", 0, now + 50), silence("soon", 0, now + 5)];
  assert.deepEqual(inSilenceOrder(all, now).map((each) => each.id), ["soon", "later", "planned", "newer", "older"]);
});

test("a rate that is not known is not zero", () => {
  assert.equal(share(null), "–");
  assert.equal(share(0), "0 %");
  assert.equal(share(0.042), "4.2 %");
  assert.equal(share(0.5), "50 %");
});
