import type { Severity } from "./types.ts";

// The shapes of incidents and alerts, docs/api.md.

export type IncidentState = "open" | "acknowledged" | "resolved";
export type Conclusion = "false_alarm" | "enhancement" | "degraded" | "unknown" | "blocked";
export type Finding = "good" | "suspicious" | "bad" | "unknown" | "nothing";
export type Labels = Record<string, string>;

export interface Check { name: string; finding: Finding; says: string; evidence: string[] }

export interface Cause { what: string; why: string; confidence: number; evidence: string }

export interface DiagnosisBrief {
  conclusion: Conclusion;
  summary: string;
  works: string[];
  next_action: string;
  response_window: string;
  time_ms: number;
  is_complete: boolean;
  is_burning: boolean;          // it spends tokens now, and gets nowhere
}

export interface Diagnosis extends DiagnosisBrief {
  checks: Check[];
  causes: Cause[];              // likeliest first
  took_us: number;
  decision_us: number;
}

export interface Stakes {
  impact: string;               // "" when nobody says, as in all of these
  owner: string;
  customers: string;
  deadline_ms: number | null;
  redundancy: number | null;
  is_verified_otherwise: boolean;
  asked: Severity | null;
  raised: Severity | null;
  raised_by: string;
}

// One alert in an incident.
export interface Member { fingerprint: string; labels: Labels; summary: string; is_firing: boolean; started_ms: number; ended_ms: number | null }

// One message about an incident over one channel.
export interface Notification {
  channel: string;
  delivery: string;
  what: string;                 // "post" "edit" "reply" "resolution"
  step: number;
  revision: number;
  state: string;                // "queued" "sending" "delivered" "unknown" "failed" "superseded"
  provider_id: string;          // the provider's own; "" until it named one
  error: string;
  told_state: IncidentState;
  told_severity: Severity;
  sent_ms: number;
  settled_ms: number | null;
}

export interface Entry { time_ms: number; kind: string; who: string; text: string; ref: string }

// Another incident with the same cause, which this one tells people of.
export interface Part { id: string; title: string; severity: Severity; is_over: boolean }

// What lists and the live topic tell of an incident.
export interface IncidentBrief {
  id: string;
  tenant: string;
  key: string;
  rule: string;
  title: string;
  subject: { kind: string; name: string };
  labels: Labels;
  state: IncidentState;
  severity: Severity;
  severity_why: string;
  stakes: Stakes;
  diagnosis: DiagnosisBrief | null;
  firing: number;
  total: number;
  is_flapping: boolean;
  is_suppressed: boolean;
  suppressed_why: string;
  part_of: string;              // the incident that tells people of it; "" when it speaks for itself
  part_of_why: string;          // the cause they have in common
  told_by: string;              // another node that deals with it; "": this one
  parts_open: number;
  parts_total: number;
  started_ms: number;
  opened_ms: number;
  diagnosed_ms: number | null;
  notified_ms: number | null;
  acknowledged_ms: number | null;
  acknowledged_by: string;
  assignee: string;
  resolved_ms: number | null;
  resolved_why: string;
  judged: Conclusion | null;
  judged_by: string;
  step: number;
  next_step_ms: number | null;
  reminders: number;
  revision: number;
  tokens: number;
  cost_usd: number;
}

export interface Runbook {
  name: string;
  description: string;
  steps: string[];
  decision: string;             // "run" "dry_run" "ask" "refuse" "verify_again" "escalate"
  why: string;
  last: { state: string; at_ms: number; says?: string } | null;
}

export interface Incident extends Omit<IncidentBrief, "diagnosis"> {
  diagnosis: Diagnosis | null;
  members: Member[];
  parts: Part[];                // not all when there are many
  notifications: Notification[];
  timeline: Entry[];
  runbooks?: Runbook[];
}

export interface IncidentPage { items: IncidentBrief[]; next_cursor: string | null; total: number }

// Of those incidents where it is known; null when of none.
export interface Percentiles { count: number; p50_ms: number | null; p95_ms: number | null }

// Of the last thirty days.
export interface IncidentStatistics {
  incidents: number;
  left_out: number;             // more than are counted
  unresolved: number;
  false_alarms: number;
  detect: Percentiles;
  diagnose: Percentiles;
  acknowledge: Percentiles;
  resolve: Percentiles;
  rules: { rule: string; incidents: number; false_alarms: number; false_alarm_rate: number; is_often_wrong: boolean }[];
}

export interface Alert {
  fingerprint: string;
  labels: Labels;
  annotations: Labels;
  starts_ms: number;
  ends_ms: number | null;
  is_firing: boolean;
  is_flapping: boolean;
  suppressed_by: "silence" | "inhibition" | "window" | null;
  suppressed_what: string;
  generator: string;            // a URL that others gave us, or a word
}

export interface AlertRule {
  name: string;
  description: string;
  on: string;
  where: string;
  above: number | null;
  below: number | null;
  severity: Severity | null;
  hold_s: number;
  hits: number;
  looks: number;
  resolve_after_s: number;
  pending: number;
  firing: number;
  fired_total: number;
  last_look_ms: number | null;
  problem: string;              // why it cannot be looked at
  is_default: boolean;
  over_s?: number;
  aggregate?: string;
}

export interface Episode { labels: Labels; summary: string; starts_ms: number; ends_ms: number | null; is_flapping: boolean }

// A time in which nobody looked.
export interface Gap { from_ms: number; until_ms: number; why: string }

export interface RulePreview {
  fired: number;
  looks: number;
  step_s: number;               // 0: at each change
  episodes: Episode[];
  gaps: Gap[];
  left_out: number;             // changes that were too many to be kept
  notes: string[];
  cannot: string;
}

export interface Silence {
  id: string;
  matchers: string;
  starts_ms: number;
  ends_ms: number;
  author: string;
  reason: string;
  created_ms: number;
  hushed: number;               // incidents that nobody was told of because of it
  is_active: boolean;
}
