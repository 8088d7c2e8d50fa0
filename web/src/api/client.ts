import type {
  Event, EventPage, Explanation, Gateway, GatewayProbe, JobDetail, JobList, OccurrenceDetail, OccurrencePage, Probe, ProbeInFull, QueryRequest, QueryResult, Supervised, System, TokenInfo, Whoami,
} from "./types.ts";
import type { Alert, AlertRule, Conclusion, Incident, IncidentPage, IncidentStatistics, RulePreview, Silence } from "./incident_types.ts";

// An answer that was not 2xx, or no answer at all (status 0). `message` is meant for the operator.
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const TIMEOUT_MS = 20_000;

async function problemOf(response: Response): Promise<ApiError> {
  const fallback = `${response.status} ${response.statusText}`.trim();
  try {
    const body = (await response.json()) as { detail?: string; title?: string; code?: string };
    return new ApiError(response.status, body.code ?? "", body.detail || body.title || fallback);
  } catch {
    return new ApiError(response.status, "", fallback);
  }
}

async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { method, credentials: "same-origin", signal: signal ?? AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "Nightshift did not answer. Is it running at this address?");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await call(method, path, body, signal)).json() as Promise<T>;
}

export function searchOf(params: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== undefined && value !== "") search.set(key, String(value));
  const text = search.toString();
  return text ? `?${text}` : "";
}

const id = encodeURIComponent;

export const api = {
  whoami: () => json<Whoami>("GET", "/api/v1/whoami"),
  login: (token: string) => call("POST", "/api/v1/login", { token }),
  logout: () => call("POST", "/api/v1/logout"),

  system: () => json<System>("GET", "/api/v1/system"),
  events: (params: Record<string, string | number | undefined>, signal?: AbortSignal) =>
    json<EventPage>("GET", `/api/v1/events${searchOf(params)}`, undefined, signal),
  query: (request: QueryRequest, signal?: AbortSignal) => json<QueryResult>("POST", "/api/v1/query", request, signal),

  // The kept content of an event, or null when none was kept.
  async content(event: Event): Promise<unknown> {
    try {
      return await json<unknown>("GET", `/api/v1/events/${id(event.id)}/content`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  },

  abort: (session: string, reason: string) =>
    json<{ outcome: string }>("POST", `/api/v1/sessions/${id(session)}/abort`, { reason }),
  dismiss: (attention: string, reason: string) => call("POST", `/api/v1/attention/${id(attention)}/dismiss`, { reason }),

  gateway: () => json<Gateway>("GET", "/api/v1/gateway"),
  testGateway: (route: string) => json<{ items: GatewayProbe[] }>("POST", "/api/v1/gateway/test", { route }, AbortSignal.timeout(120_000)),

  jobs: (sinceMs: number, signal?: AbortSignal) => json<JobList>("GET", `/api/v1/jobs${searchOf({ strip: 30, since_ms: Math.floor(sinceMs) })}`, undefined, signal),
  job: (name: string, signal?: AbortSignal) => json<JobDetail>("GET", `/api/v1/jobs/${id(name)}`, undefined, signal),
  explainJob: (name: string, signal?: AbortSignal) => json<Explanation>("GET", `/api/v1/jobs/${id(name)}/explain`, undefined, signal),
  supervised: () => json<{ items: Supervised[] }>("GET", "/api/v1/supervised"),
  supervise: (name: string, action: "start" | "stop" | "restart") => call("POST", `/api/v1/supervised/${id(name)}/${action}`, {}),
  probes: (signal?: AbortSignal) => json<{ items: Probe[] }>("GET", "/api/v1/probes", undefined, signal),
  runProbe: (name: string) => json<ProbeInFull>("POST", `/api/v1/probes/${id(name)}/run`, {}, AbortSignal.timeout(90_000)),
  runJob: (name: string) => json<{ occurrence: string }>("POST", `/api/v1/jobs/${id(name)}/run`, {}),
  pauseJob: (name: string, reason: string) => call("POST", `/api/v1/jobs/${id(name)}/pause`, { reason }),
  resumeJob: (name: string) => call("POST", `/api/v1/jobs/${id(name)}/resume`, {}),
  occurrences: (params: Record<string, string | number | undefined>, signal?: AbortSignal) =>
    json<OccurrencePage>("GET", `/api/v1/occurrences${searchOf(params)}`, undefined, signal),
  occurrence: (key: string, signal?: AbortSignal) => json<OccurrenceDetail>("GET", `/api/v1/occurrences/${id(key)}`, undefined, signal),
  // The end of what an attempt wrote.
  output: async (key: string, attempt: number) => (await call("GET", `/api/v1/occurrences/${id(key)}/output${searchOf({ attempt })}`)).text(),
  override: (key: string, verdict: string, reason: string, lasts: string) => call("POST", `/api/v1/occurrences/${id(key)}/override`, { verdict, reason, for: lasts }),

  incidents: (params: Record<string, string | number | undefined>, signal?: AbortSignal) =>
    json<IncidentPage>("GET", `/api/v1/incidents${searchOf(params)}`, undefined, signal),
  incident: (incident: string, signal?: AbortSignal) => json<Incident>("GET", `/api/v1/incidents/${id(incident)}`, undefined, signal),
  incidentStatistics: (signal?: AbortSignal) => json<IncidentStatistics>("GET", "/api/v1/incidents/statistics", undefined, signal),
  acknowledge: (incident: string) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/acknowledge`, {}),
  handOver: (incident: string, to: string) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/hand_over`, { to }),
  noteIncident: (incident: string, text: string) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/note`, { text }),
  resolveIncident: (incident: string, why: string, judged: Conclusion | null) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/resolve`, { why, judged }),
  reopenIncident: (incident: string, why: string) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/reopen`, { why }),
  separateIncident: (incident: string) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/separate`, {}),
  diagnose: (incident: string) => json<Incident>("POST", `/api/v1/incidents/${id(incident)}/diagnose`, {}),
  runbook: (incident: string, name: string, how: { dry_run: boolean; approve: boolean }) =>
    json<{ state: string; says: string }>("POST", `/api/v1/incidents/${id(incident)}/runbooks/${id(name)}`, how, AbortSignal.timeout(120_000)),
  postmortemPath: (incident: string) => `/api/v1/incidents/${id(incident)}/postmortem`,
  postmortem: async (incident: string, signal?: AbortSignal) => (await call("GET", api.postmortemPath(incident), undefined, signal)).text(),

  alerts: (signal?: AbortSignal) => json<{ items: Alert[] }>("GET", "/api/v1/alerts", undefined, signal),
  alertRules: (signal?: AbortSignal) => json<{ items: AlertRule[] }>("GET", "/api/v1/alerts/rules", undefined, signal),
  previewRule: (rule: string, overS: number) => json<RulePreview>("POST", `/api/v1/alerts/rules/${id(rule)}/preview`, { over_s: overS }, AbortSignal.timeout(120_000)),
  silences: (signal?: AbortSignal) => json<{ items: Silence[] }>("GET", "/api/v1/silences", undefined, signal),
  createSilence: (matchers: string, forS: number, reason: string) => json<Silence>("POST", "/api/v1/silences", { matchers, for_s: forS, reason }),
  endSilence: (silence: string) => call("DELETE", `/api/v1/silences/${id(silence)}`),

  tokens: () => json<{ items: TokenInfo[] }>("GET", "/api/v1/tokens"),
  createToken: (name: string, scopes: string[]) => json<TokenInfo>("POST", "/api/v1/tokens", { name, scopes }),
  revokeToken: (token: string) => call("DELETE", `/api/v1/tokens/${id(token)}`),
};
