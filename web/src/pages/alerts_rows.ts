import type { Alert, AlertRule, Episode, Gap, Labels, Silence } from "../api/incident_types.ts";
import { ago, count, plural, span } from "../lib/format.ts";

// What the page of alerts shows, in which order and in which words. Pure.

// --- Rules ---

// Rules look every few seconds; one that has not for so long says nothing about now.
export const kLookOldMs = 3 * 60_000;

export type RuleState = "firing" | "pending" | "quiet" | "blind" | "waiting";

export function ruleState(rule: Pick<AlertRule, "problem" | "last_look_ms" | "firing" | "pending">, now: number): RuleState {
  if (rule.problem) return "blind";
  if (rule.last_look_ms === null) return "waiting";
  if (rule.firing > 0) return "firing";
  if (now - rule.last_look_ms > kLookOldMs) return "blind";
  return rule.pending > 0 ? "pending" : "quiet";
}

export const kRuleTones: Record<RuleState, string> = { firing: "failed", pending: "stale", quiet: "passing", blind: "unknown", waiting: "unknown" };

export function ruleWords(rule: Pick<AlertRule, "problem" | "last_look_ms" | "firing" | "pending">, now: number): string {
  switch (ruleState(rule, now)) {
    case "firing": return rule.firing > 1 ? `firing ${count(rule.firing)}×` : "firing";
    case "pending": return "pending";
    case "quiet": return "quiet";
    case "waiting": return "not looked yet";
    case "blind": return "cannot be looked at";
  }
}

const kRuleOrder: RuleState[] = ["firing", "blind", "pending", "waiting", "quiet"];

export function inRuleOrder(rules: readonly AlertRule[], now: number): AlertRule[] {
  const rank = (rule: AlertRule) => kRuleOrder.indexOf(ruleState(rule, now));
  return [...rules].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

export function problemsOf(rules: readonly AlertRule[], now: number): string[] {
  return rules.flatMap((rule) => {
    if (rule.problem) return [`${rule.name} cannot be looked at: ${rule.problem}`];
    if (rule.last_look_ms === null) return [`${rule.name} has not looked yet`];
    return now - rule.last_look_ms > kLookOldMs ? [`${rule.name} last looked ${ago(now - rule.last_look_ms)}`] : [];
  });
}

// "17 rules looked 4 s ago": true of each, so the age is that of the one that looked longest ago.
export function lookedOf(rules: readonly AlertRule[], now: number): string {
  const looks = rules.filter((rule) => !rule.problem && rule.last_look_ms !== null).map((rule) => rule.last_look_ms as number);
  const name = looks.length === rules.length ? plural(rules.length, "rule") : `${looks.length} of ${plural(rules.length, "rule")}`;
  return looks.length === 0 ? `none of ${plural(rules.length, "rule")} has looked` : `${name} looked ${ago(now - Math.min(...looks)).replace("now", "just now")}`;
}

// When it fires, as a sentence: "loop · above 0.8 · for 5 m · 3 of 5 looks".
export function conditionOf(rule: AlertRule): string[] {
  const parts = [rule.on];
  if (rule.aggregate) parts.push(`${rule.aggregate}${rule.over_s ? ` over ${span(rule.over_s * 1000)}` : ""}`);
  if (rule.above !== null) parts.push(`above ${rule.above}`);
  if (rule.below !== null) parts.push(`below ${rule.below}`);
  if (rule.hold_s > 0) parts.push(`for ${span(rule.hold_s * 1000)}`);
  if (rule.looks > 1) parts.push(`${rule.hits} of ${rule.looks} looks`);
  if (rule.resolve_after_s > 0) parts.push(`over after ${span(rule.resolve_after_s * 1000)}`);
  return parts;
}

// Of which labels; matchers that match everything say nothing.
export const whereOf = (rule: Pick<AlertRule, "where">): string => (rule.where.trim() === "{}" ? "" : rule.where.trim());

// --- Preview ---

export const kRanges: [string, number][] = [["24 h", 86_400], ["7 d", 7 * 86_400], ["30 d", 30 * 86_400]];

export interface Bar { left: number; width: number; title: string; isFlapping: boolean }

// Where episodes lie in a range, in percent; what is still on reaches the end.
export function barsOf(episodes: readonly Episode[], fromMs: number, toMs: number): Bar[] {
  const whole = toMs - fromMs;
  if (!(whole > 0)) return [];
  return episodes.flatMap((each) => {
    const start = Math.max(fromMs, each.starts_ms);
    const end = Math.min(toMs, each.ends_ms ?? toMs);
    if (end < fromMs || start > toMs || end < start) return [];
    const left = ((start - fromMs) / whole) * 100;
    return [{ left, width: Math.max(0.4, Math.min(100 - left, ((end - start) / whole) * 100)), title: each.summary, isFlapping: each.is_flapping }];
  });
}

// The times in which nobody looked, on the same bar.
export function gapBarsOf(gaps: readonly Gap[], fromMs: number, toMs: number): Bar[] {
  return barsOf(gaps.map((gap) => ({ labels: {}, summary: `not known: ${gap.why}`, starts_ms: gap.from_ms, ends_ms: gap.until_ms, is_flapping: false })), fromMs, toMs);
}

// --- Alerts ---

export const alertTitle = (alert: Pick<Alert, "labels" | "annotations">): string => alert.annotations["summary"] || alert.labels["alertname"] || "an alert without a name";

// What fires and is told first, then what is kept quiet, then what is over; the newest first in each.
export function inAlertOrder(alerts: readonly Alert[]): Alert[] {
  const rank = (alert: Alert) => (!alert.is_firing ? 2 : alert.suppressed_by ? 1 : 0);
  return [...alerts].sort((a, b) => rank(a) - rank(b) || b.starts_ms - a.starts_ms || (a.fingerprint < b.fingerprint ? -1 : 1));
}

const kSuppressors: Record<string, string> = { silence: "silenced", inhibition: "inhibited", window: "muted" };

export function suppressionOf(alert: Pick<Alert, "suppressed_by" | "suppressed_what">): string {
  if (!alert.suppressed_by) return "";
  return `${kSuppressors[alert.suppressed_by] ?? alert.suppressed_by}${alert.suppressed_what ? ` by ${alert.suppressed_what}` : ""}`;
}

export function matchesAlert(alert: Alert, text: string): boolean {
  const all = `${alertTitle(alert)} ${Object.entries(alert.labels).map(([name, value]) => `${name}=${value}`).join(" ")}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((part) => all.includes(part));
}

// Others choose what stands here: only a page of the web becomes a link.
export function webLink(text: string): string | null {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

// The alert's name first, then by name: so that the same alert always reads the same.
export function labelPairs(labels: Labels): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a === "alertname" ? -1 : b === "alertname" ? 1 : a < b ? -1 : 1));
}

// --- Silences ---

const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

// Matchers that mean exactly what has these labels: alertname="x", job="y"
export const matchersOf = (labels: Labels): string => labelPairs(labels).map(([name, value]) => `${name}=${quoted(value)}`).join(", ");

// What a person wrote, without the braces that Prometheus prints around it.
export function trimMatchers(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith("{") && trimmed.endsWith("}") ? trimmed.slice(1, -1).trim() : trimmed;
}

export const kSilenceLasts: [number, string][] = [[3600, "1 hour"], [4 * 3600, "4 hours"], [12 * 3600, "12 hours"], [86_400, "1 day"], [3 * 86_400, "3 days"], [7 * 86_400, "1 week"]];

export type SilenceState = "active" | "planned" | "ended";

// One that was just made may start after the last tick of our clock: there the server's word counts.
export function silenceState(silence: Pick<Silence, "starts_ms" | "ends_ms" | "is_active">, now: number): SilenceState {
  if (now >= silence.ends_ms) return "ended";
  return silence.is_active || now >= silence.starts_ms ? "active" : "planned";
}

const kSilenceOrder: SilenceState[] = ["active", "planned", "ended"];

export function inSilenceOrder(silences: readonly Silence[], now: number): Silence[] {
  const rank = (silence: Silence) => kSilenceOrder.indexOf(silenceState(silence, now));
  return [...silences].sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? b.ends_ms - a.ends_ms : a.ends_ms - b.ends_ms));
}

// --- Statistics ---

export const share = (rate: number | null | undefined): string => (rate === null || rate === undefined || !Number.isFinite(rate) ? "–" : `${(rate * 100).toFixed(rate > 0 && rate < 0.1 ? 1 : 0)} %`);
