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
