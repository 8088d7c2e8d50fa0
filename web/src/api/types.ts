// The shapes of docs/api.md. Members that the server may leave out are optional here.

export type StateName =
  | "unknown" | "idle" | "working" | "waiting_approval" | "rate_limited" | "stalled" | "looping" | "failed" | "offline";
export type SourceState = "passing" | "failing" | "stale" | "unknown";
export type Severity = "critical" | "warning" | "info";

// A value with where it comes from and since when it holds.
export interface Fact<T = string> {
  value: T;
  since_ms: number;
  as_of_ms: number;
  source: string;
  why?: string;
}

export interface Tokens {
  input: number;
  output: number;
  cache_read: number;
  cache_write: number;
  reasoning: number;
}

export interface Rhythm {
  silent_ms: number;
  usual_gap_ms: number;
  late_after_ms: number;
}

export type CostSource = "reported" | "priced" | "mixed" | "none";

// What agents and sessions have in common.
export interface Worker {
  id: string;
  tenant: string;
  source: string;
  simulated: boolean;
  state: Fact<StateName>;
  tool: Fact | null;
  model?: string;
  tokens_per_minute: number;
  tokens: Tokens;
  cost_usd: number;
  cost_source: CostSource;
  model_calls: number;
  tool_calls: number;
  errors: number;
  last_event_ms: number;
}

export interface Agent extends Worker {
  name: string;
  host?: string;
  sessions: number;
  sessions_working: number;
  usd_per_hour: number;
  rhythm: Rhythm | null;
}

export interface Session extends Worker {
  agent: string;
  parent: string | null;
  children: string[];
  turn?: string;
  turns: number;
  started_ms: number;
  ended_ms: number | null;
  detections: Detection[];
}

export interface Detection {
  id: string;
  kind: "same_call" | "ping_pong" | "same_error" | "token_velocity" | "no_new_information" | "stalled";
  since_ms: number;
  last_ms: number;
  count: number;
  signature: string;
  tokens: number;
  cost_usd: number;
  explanation: string;
  response: "observe" | "tell" | "abort";
  acted: { action: string; at_ms: number; outcome: string } | null;
}

export interface Attention {
  id: string;
  severity: Severity;
  kind: string;
  agent?: string;
  session?: string;
  title: string;
  since_ms: number;
  detection: Detection | null;
  actions: string[];
}

export interface Totals {
  agents: Partial<Record<StateName, number>>;
  sessions: Partial<Record<StateName, number>>;
  tokens_per_minute: number;
  usd_per_hour: number;
  cost_today_usd: number;
  errors_per_minute: number;
}

// A connection that Nightshift itself keeps, for example to an OpenClaw gateway.
export interface Source {
  name: string;
  kind: string;
  state: Fact<SourceState>;
  url?: string;
  version?: string;
  protocol?: number;
  boot_id?: string;
  connected_since_ms?: number;
  last_answer_ms?: number;
  round_trip_ms?: number;
  events_total?: number;
  gaps_total?: number;
  reconnects_total?: number;
  turns_ok?: number;
  turns_failed?: number;
}

export interface Event {
  id: string;
  time_us: number;
  duration_us?: number;
  ttft_us?: number;
  kind: string;
  status: string;
  name: string;
  tenant: string;
  source: string;
  host?: string;
  simulated?: boolean;
  agent?: string;
  session?: string;
  parent_session?: string;
  turn?: string;
  trace?: string;
  span?: string;
  parent_span?: string;
  provider?: string;
  model?: string;
  error_type?: string;
  input_tokens?: number;
  cache_read_tokens?: number;
  cache_write_tokens?: number;
  output_tokens?: number;
  reasoning_tokens?: number;
  cost_usd?: number;
  cost_source?: string;
  value?: number;
  sequence?: number;
  attributes?: Record<string, unknown>;
}

export interface EventPage {
  items: Event[];
  next_cursor?: string | null;
}

export interface QueryRequest {
  from_ms: number;
  to_ms: number;
  where?: string;
  q?: string;
  group_by?: string[];
  aggregates: string[];
  order_by?: string;
  limit?: number;
}

export interface QueryResult {
  columns: string[];
  rows: (string | number | null)[][];
  is_truncated: boolean;
  from_rollup: boolean;
  rows_scanned: number;
  elapsed_us: number;
}

export interface SystemFailing {
  part: string;
  message: string;
  since_ms?: number;
}

export type Numbers = Record<string, unknown>;

export interface System {
  version: string;
  started_at_ms: number;
  uptime_ms: number;
  process?: Numbers;
  recorder?: Numbers;
  ingest?: Numbers;
  live?: Numbers;
  fleet?: Numbers;
  http?: Numbers;
  alerts?: Numbers;
  incidents?: Numbers;
  deliveries?: Numbers;
  disk?: { free_bytes?: number; used_bytes?: number; total_bytes?: number; days_left?: number | null };
  sources?: Source[];
  failing?: SystemFailing[];
}

export interface TokenInfo {
  id: string;
  name: string;
  tenant: string;
  scopes: string[];
  created_ms: number;
  last_used_ms?: number | null;
  token?: string;
}

export interface Whoami {
  tenant: string;
  name: string;
  scopes: string[];
}

// --- Scheduled work ---

export type Verdict = "verified" | "unverified" | "contradicted" | "failed" | "late" | "missed" | "skipped" | "silent_ok";
export type Phase = "planned" | "claimed" | "running" | "waiting" | "verifying" | "done";
export type Outcome = "holds" | "fails" | "unknown";
export type Impact = "blocking" | "degraded" | "enhancement";

// A person's word beside the ledger's verdict, until its end.
export interface Override { verdict: Verdict; by: string; reason: string; until_ms: number; of: Verdict | null }

// What a strip shows of an occurrence.
export interface Mark {
  id: string;
  nominal_ms: number;
  phase: Phase;
  verdict: Verdict | null;
  why?: string;
  warning?: string;
  decided_ms?: number | null;
  cost_usd?: number;
  override?: Override;
}

export interface Occurrence extends Mark {
  job: string;
  start_ms: number;
  trigger: "schedule" | "manual" | "event" | "ping";
  attempt: number;
  fence: number;
  started_ms: number | null;
  ended_ms: number | null;
  next_attempt_ms?: number;
  note?: string;
  summary?: string;
  tokens: number;
}

export interface Execution {
  started_us: number;
  ended_us: number;
  succeeded: boolean;
  exit_code?: number;
  signal?: number;
  timed_out?: boolean;
  lost?: boolean;
  was_silent?: boolean;
  error?: string;
  output_bytes?: number;
  output_dropped_bytes?: number;
  cpu_ms?: number;
  memory_peak_bytes?: number;
  summary?: string;
  tokens?: number;
  cost_nano_usd?: number;
}

export interface Attempt { attempt: number; fence: number; claimed_ms: number; execution: Execution | null }

export interface Observation {
  expectation: string;
  impact: Impact;
  kind: string;
  condition: string;
  outcome: Outcome;
  observed: string;
  observer: string;
  is_claimants_word: boolean;
  time_ms: number;
  value?: number;
}

export interface Claim { by: string; says_done: boolean | null; text: string; time_ms: number }

export interface Delivery {
  id: string;
  channel: string;
  state: string;
  why: string;
  attempts: number;
  created_ms: number;
  receipt: { provider: string; identifier: string; place: string; detail: string; time_ms: number } | null;
}

export interface OccurrenceDetail extends Occurrence {
  attempts: Attempt[];
  evidence: Observation[];
  claims: Claim[];
  deliveries: Delivery[];
}

// An agent that is kept running.
export interface Supervised {
  name: string;
  state: "starting" | "running" | "backing_off" | "stopping" | "stopped" | "given_up";
  since_ms: number;
  why: string;
  is_looked_at: boolean;
  pid: number | null;
  restarts: number;
  next_start_ms: number | null;
  last_end: Execution | null;
}

// A health check that tests an outcome.
export interface Probe {
  name: string;
  description: string;
  kind: "http" | "tcp" | "command";
  asks: string;
  expects: string;
  weakness: string;
  subject: string | null;
  labels: Record<string, string>;
  state: Fact<"passing" | "failing" | "stale" | "unknown">;
  last: "passing" | "failing" | null;
  every_ms: number;
  timeout_ms: number;
  stale_after_ms: number;
  fail_after: string;
  pass_after: number;
  looked_ms: number | null;
  next_ms: number | null;
  looks_total: number;
}

export interface ProbeLook { at_ms: number; took_ms: number; outcome: "good" | "bad" | "unknown"; says: string }
export interface ProbeInFull extends Probe { looks: ProbeLook[] }

export interface Job {
  name: string;
  kind: string;
  schedule: string | null;
  description?: string;
  is_from_config: boolean;
  is_paused: boolean;
  paused_why?: string;
  next_ms: number | null;
  running: Occurrence | null;
  expectations: number;
  strip: Mark[];                // newest first
}

export interface JobDetail extends Job {
  definition: Record<string, unknown>;
  ping_path?: string;
}

export interface LedgerTotals { planned: number; in_flight: number; verdicts: Partial<Record<Verdict, number>> }

export interface Audit { time_ms: number; holds: boolean; totals: LedgerTotals; discrepancies: { job: string; what: string }[] }

export interface JobList {
  items: Job[];
  counted?: LedgerTotals & { since_ms: number };
  audit: Audit | null;
}

export interface Explanation {
  name: string;
  schedule: string | null;
  zone?: string;
  tzdata?: string;
  next: { nominal_ms: number; nominal: string; start_ms: number; note: string }[];
  expectations: { name: string; impact: Impact; any_of: string[] }[];
}

export interface GatewayPercentiles { p50: number | null; p95: number | null; p99: number | null }

export interface GatewayKey {
  standing: string;             // "good" "unproven" "on_trial" "breaker_open" "cooldown" "key_set_aside" "rate_limit_near"
  obstacle: "" | "breaker_open" | "cooldown" | "key_set_aside" | "rate_limit_near";
  breaker: "closed" | "open" | "half_open";
  breaker_again_in_ms: number;
  last_success_ago_ms: number | null;  // null: never
  last_failure_ago_ms: number | null;  // by the provider's fault
  cooldown_ms: number;
  key_aside_ms: number;
  recent_failures: number;      // of the last half minute
  recent_successes: number;
  requests_left: number | null; // as the provider last said
  tokens_left: number | null;
  attempts: number;             // since the start, like all that follows
  failures: number;
  success_rate: number | null;
  took_ms: GatewayPercentiles;
  first_token_ms: GatewayPercentiles;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
}

export interface GatewayTarget {
  provider: string;
  kind: string;
  model: string;
  tier: number;
  weight: number;
  window: number;               // 0: not declared
  price: { input: number; output: number } | null;
  state: string;                // the standing of the key that stands best
  keys: GatewayKey[];
}

interface GatewayAmount { requests: number; tokens: number; usd: number }

export interface GatewayLimit {
  name: string;
  scope: string;
  subject: string;
  model: string;
  per: string;
  used: GatewayAmount;
  ceiling: GatewayAmount;       // 0: none of that unit
  share: number;
  ends_ms: number;
}

export interface Gateway {
  is_enabled: boolean;
  now_ms?: number;
  calls?: number;
  failed_calls?: number;
  fallbacks?: number;
  broken_streams?: number;
  cut_streams?: number;
  gone_clients?: number;
  refused_by_limits?: number;
  streams_open?: number;
  routes?: { name: string; last_resort: string; targets: GatewayTarget[] }[];
  limits?: GatewayLimit[];
  last_fallbacks?: { at_ms: number; route: string; from: string; reason: string; to: string; agent: string }[];
}

export interface GatewayProbe {
  route: string;
  provider: string;
  model: string;
  key: number;
  is_good: boolean;
  outcome: string;
  http_status: number;
  message: string;
  took_ms: number;
}

export interface OccurrencePage { items: Occurrence[]; next_cursor: string | null }
