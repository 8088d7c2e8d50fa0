import type { Check, Conclusion, Diagnosis, DiagnosisBrief, Finding, Incident, IncidentBrief, Notification, Runbook } from "../api/incident_types.ts";
import type { Attention, Severity } from "../api/types.ts";
import { jobPath, runPath, sessionPath, withSearch } from "../lib/router.ts";

// What the pages of incidents show, in which order and in which words. Pure.

const kSeverities: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };
const kConclusions: Record<Conclusion, number> = { blocked: 0, unknown: 1, degraded: 2, enhancement: 3, false_alarm: 4 };

// A word of a newer server sorts before what we know to be harmless.
const severityRank = (word: string): number => kSeverities[word as Severity] ?? 0;
const conclusionRank = (word: string): number => kConclusions[word as Conclusion] ?? kConclusions.unknown;

type Diagnosed = { diagnosis: DiagnosisBrief | null };

// What has not been diagnosed is unknown.
export const conclusionOf = (incident: Diagnosed): Conclusion => incident.diagnosis?.conclusion ?? "unknown";

export function byImpact(a: IncidentBrief, b: IncidentBrief): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    conclusionRank(conclusionOf(a)) - conclusionRank(conclusionOf(b)) ||
    b.opened_ms - a.opened_ms ||
    (a.id < b.id ? -1 : 1)
  );
}

export interface Queue {
  urgent: IncidentBrief[];       // what a person deals with, in order
  silenced: IncidentBrief[];     // nobody is told of these
  quiet: IncidentBrief[];        // information only
}

export function queueOf(incidents: Iterable<IncidentBrief>): Queue {
  const queue: Queue = { urgent: [], silenced: [], quiet: [] };
  for (const incident of [...incidents].sort(byImpact)) {
    // Those with the same cause are one card.
    if (incident.state === "resolved" || incident.part_of) continue;
    if (incident.is_suppressed) queue.silenced.push(incident);
    else if (incident.severity === "info") queue.quiet.push(incident);
    else queue.urgent.push(incident);
  }
  return queue;
}

// How a conclusion looks: only what is proven to be nothing is calm, and nothing that fires is green.
const kTones: Record<Conclusion, string> = { blocked: "failed", unknown: "unknown", degraded: "warning", enhancement: "info", false_alarm: "idle" };
const kConclusionIcons: Record<Conclusion, string> = { blocked: "failed", unknown: "unknown", degraded: "critical", enhancement: "info", false_alarm: "passing" };

export const conclusionTone = (conclusion: string): string => kTones[conclusion as Conclusion] ?? "unknown";
export const conclusionIcon = (conclusion: string): string => kConclusionIcons[conclusion as Conclusion] ?? "unknown";

const kFindingTones: Record<Finding, string> = { good: "passing", suspicious: "warning", bad: "failed", unknown: "unknown", nothing: "offline" };

export const findingTone = (finding: string): string => kFindingTones[finding as Finding] ?? "unknown";

const kFindings: Finding[] = ["bad", "suspicious", "unknown", "good", "nothing"];

// The checks that say something, what is broken first.
export function factsOf(diagnosis: Pick<Diagnosis, "checks"> | null): Check[] {
  const rank = (check: Check) => (kFindings.includes(check.finding) ? kFindings.indexOf(check.finding) : kFindings.indexOf("unknown"));
  return (diagnosis?.checks ?? []).filter((check) => check.finding !== "nothing").sort((a, b) => rank(a) - rank(b));
}

// --- Who was told, and whether it arrived ---

export interface Receipt { channel: string; tone: string; text: string }

function receiptText(notification: Notification): Omit<Receipt, "channel"> {
  const { state, provider_id: message, error } = notification;
  const why = error ? `: ${error}` : "";
  switch (state) {
    case "delivered":
      // Without a message of its own nobody but the channel says that it arrived.
      return message ? { tone: "passing", text: `delivered, message ${message}` } : { tone: "unknown", text: "taken, and no message named" };
    case "failed": return { tone: "failed", text: `failed${why}` };
    case "unknown": return { tone: "unknown", text: `nobody can say whether it arrived${why}` };
    case "superseded": return { tone: "offline", text: "overtaken by a newer message" };
    case "queued": return { tone: "stale", text: `waits to be sent${why}` };
    case "sending": return { tone: "stale", text: `being sent${why}` };
    default: return { tone: "unknown", text: state + why };
  }
}

export const receiptOf = (notification: Notification): Receipt => ({ channel: notification.channel, ...receiptText(notification) });

// One line a channel: its newest message, but one that failed is not hidden by another that waits or was overtaken.
export function receiptsOf(notifications: readonly Notification[]): Receipt[] {
  const byChannel = new Map<string, Notification>();
  for (const each of notifications) {
    if (each.state === "superseded" && byChannel.has(each.channel)) continue;
    const before = byChannel.get(each.channel);
    if (before?.state === "failed" && (each.state === "queued" || each.state === "sending")) continue;
    byChannel.set(each.channel, each);
  }
  return [...byChannel.values()].map(receiptOf);
}

export const isUnderWay = (notifications: readonly Notification[]): boolean => notifications.some((each) => each.state === "queued" || each.state === "sending");

// --- Who has it, and what to do ---

export interface Holder { text: string; isNobody: boolean }

export function holderOf(incident: Pick<IncidentBrief, "state" | "acknowledged_by" | "assignee">): Holder {
  if (incident.state === "acknowledged") return { text: `${incident.acknowledged_by || incident.assignee || "somebody"} has it`, isNobody: false };
  if (incident.assignee) return { text: `handed to ${incident.assignee}, who has not taken it yet`, isNobody: true };
  return { text: "nobody has it yet", isNobody: true };
}

export type Primary =
  | { kind: "acknowledge" }
  | { kind: "runbook"; runbook: Runbook; mode: RunMode }
  | { kind: "open" };

export type RunMode = "run" | "approve" | "dry_run";

// What the policy lets a person do with a runbook; nothing when it refuses, or says what we do not know.
export function modeOf(decision: string): RunMode | null {
  switch (decision) {
    case "run": return "run";
    case "ask": return "approve";
    case "dry_run": return "dry_run";
    default: return null;
  }
}

const kModes: RunMode[] = ["run", "approve", "dry_run"];

// The one thing to do next: take it, then what can be run, else read on.
export function primaryOf(incident: Pick<IncidentBrief, "state">, runbooks: readonly Runbook[]): Primary {
  if (incident.state === "open") return { kind: "acknowledge" };
  if (incident.state === "acknowledged") {
    for (const mode of kModes) {
      const runbook = runbooks.find((each) => modeOf(each.decision) === mode);
      if (runbook) return { kind: "runbook", runbook, mode };
    }
  }
  return { kind: "open" };
}

export const kModeWords: Record<RunMode, string> = { run: "Run", approve: "Approve", dry_run: "Dry run" };

// --- Where references lead ---

// The page of what a diagnosis rests on, or nothing when it has none.
export function hrefOf(ref: string): string | null {
  const colon = ref.indexOf(":");
  const id = ref.slice(colon + 1);
  if (colon <= 0 || id === "") return null;
  switch (ref.slice(0, colon)) {
    case "run": return runPath(id);
    case "session": return sessionPath(id);
    case "job": return jobPath(id);
    case "agent": return withSearch("/fleet", { open: id });
    case "source": case "self": return "/system";
    case "route": case "dependency": return /^(source|channel)\//.test(id) ? "/system" : "/models";
    default: return null;
  }
}

export const subjectRef = (subject: IncidentBrief["subject"]): string => (subject.kind && subject.name ? `${subject.kind}:${subject.name}` : "");

// --- What belongs to no incident ---

const kSubjects = ["session", "agent", "source", "part", "route"];

// What unresolved incidents are about, as attention items name it.
export function coveredBy(incidents: Iterable<IncidentBrief | Incident>): Set<string> {
  const covered = new Set<string>();
  for (const incident of incidents) {
    if (incident.state === "resolved") continue;
    covered.add(subjectRef(incident.subject));
    const all = [incident.labels, ...("members" in incident ? incident.members.filter((each) => each.is_firing).map((each) => each.labels) : [])];
    for (const labels of all) {
      for (const name of kSubjects) {
        const value = labels[name];
        // An incident of one session says nothing of its agent's other troubles.
        if (value && !(name === "agent" && labels["session"])) covered.add(`${name}:${value}`);
      }
    }
  }
  return covered;
}

export function isCovered(item: Attention, covered: ReadonlySet<string>): boolean {
  if (item.session) return covered.has(`session:${item.session}`);
  if (item.agent) return covered.has(`agent:${item.agent}`);
  if (item.id.startsWith("source/")) return covered.has(`source:${item.id.slice(7)}`);
  if (!item.id.startsWith("self/")) return false;
  const part = item.id.slice(5);
  return covered.has(`self:${part}`) || covered.has(`part:${part}`) || (part.startsWith("route ") && covered.has(`route:${part.slice(6)}`));
}

const kRank: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

export function byImportance(a: Attention, b: Attention): number {
  return (kRank[a.severity] ?? 3) - (kRank[b.severity] ?? 3) || a.since_ms - b.since_ms;
}

// --- Words ---

export const kJudgements: [Conclusion | "", string][] = [
  ["", "as diagnosed"],
  ["false_alarm", "a false alarm: nothing was wrong"],
  ["enhancement", "the work was done; something around it was wrong"],
  ["degraded", "the work was done, worse or by another path"],
  ["blocked", "the work was not done"],
];

export const judgementOf = (conclusion: Conclusion): string => kJudgements.find(([value]) => value === conclusion)?.[1] ?? conclusion.replaceAll("_", " ");

const kEntryTones: Record<string, string> = {
  opened: "failed", reopened: "failed", severity: "warning", escalated: "warning", acknowledged: "waiting_approval", handed_over: "waiting_approval", resolved: "passing",
};

export const entryTone = (kind: string): string => kEntryTones[kind] ?? "idle";
