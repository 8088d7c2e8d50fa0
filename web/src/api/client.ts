import type {
  Event, EventPage, Explanation, Gateway, GatewayProbe, JobDetail, JobList, OccurrenceDetail, OccurrencePage, QueryRequest, QueryResult, System, TokenInfo, Whoami,
} from "./types.ts";

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
  runJob: (name: string) => json<{ occurrence: string }>("POST", `/api/v1/jobs/${id(name)}/run`, {}),
  pauseJob: (name: string, reason: string) => call("POST", `/api/v1/jobs/${id(name)}/pause`, { reason }),
  resumeJob: (name: string) => call("POST", `/api/v1/jobs/${id(name)}/resume`, {}),
  occurrences: (params: Record<string, string | number | undefined>, signal?: AbortSignal) =>
    json<OccurrencePage>("GET", `/api/v1/occurrences${searchOf(params)}`, undefined, signal),
  occurrence: (key: string, signal?: AbortSignal) => json<OccurrenceDetail>("GET", `/api/v1/occurrences/${id(key)}`, undefined, signal),
  // The end of what an attempt wrote.
  output: async (key: string, attempt: number) => (await call("GET", `/api/v1/occurrences/${id(key)}/output${searchOf({ attempt })}`)).text(),
  override: (key: string, verdict: string, reason: string, lasts: string) => call("POST", `/api/v1/occurrences/${id(key)}/override`, { verdict, reason, for: lasts }),

  tokens: () => json<{ items: TokenInfo[] }>("GET", "/api/v1/tokens"),
  createToken: (name: string, scopes: string[]) => json<TokenInfo>("POST", "/api/v1/tokens", { name, scopes }),
  revokeToken: (token: string) => call("DELETE", `/api/v1/tokens/${id(token)}`),
};
