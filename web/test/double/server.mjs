// A test double of Nightshift for the web UI: docs/api.md and the live protocol over a scripted fleet, and web/dist as its pages.
//   node test/double/server.mjs [--port 8790] [--sessions 0] [--dist dist]      token: double
// Tests steer it: POST /__double/bye|silent|speak|refuse|accept|gap|calm|restart
import { createServer } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { advance, makeFleet } from "./fleet.mjs";
import { IncidentApi } from "./incident_api.mjs";
import { Hub } from "./hub.mjs";
import { BadQuery, compileWhere, runQuery } from "./query.mjs";

const option = (name, fallback) => (process.argv.includes(`--${name}`) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : fallback);
const port = Number(option("port", "8790"));
const dist = option("dist", new URL("../../dist", import.meta.url).pathname);
const fleet = makeFleet({ sessions: Number(option("sessions", "0")) });
const started = Date.now();
let hub = new Hub(fleet, "0.1.0-double");
const incidentApi = new IncidentApi(fleet, () => hub);
let tokens = [{ id: "t1", name: "admin", tenant: "default", scopes: ["admin"], created_ms: started - 864e5, last_used_ms: started }];
const kCsp = "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };

setInterval(() => {
  const { changed, events } = advance(fleet);
  hub.publish("fleet", { put: changed });
  if (events.length) hub.publish("events", { items: events, dropped: 0 });
  for (const event of events) if (hub.topics.has(`session:${event.session}`)) hub.publish(`session:${event.session}`, { items: [event], dropped: 0 });
  hub.tick();
}, 500);

const isSignedIn = (request) => request.headers.authorization === "Bearer double" || (request.headers.cookie ?? "").includes("nightshift=double");
const bodyOf = async (request) => {
  let text = "";
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : {};
};
const problem = (response, status, code, detail) => response.writeHead(status, { "Content-Type": "application/problem+json" }).end(JSON.stringify({ type: "about:blank", title: code, status, code, detail }));
const json = (response, value, status = 200) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));

function eventsPage(url, response) {
  const get = (name) => url.searchParams.get(name);
  const test = compileWhere(get("where"));
  let items = fleet.events.filter((event) => (!get("session") || event.session === get("session")) && (!get("from_ms") || event.time_us >= get("from_ms") * 1000) && (!get("to_ms") || event.time_us < get("to_ms") * 1000) && test(event));
  if (get("order") !== "asc") items = [...items].sort((a, b) => b.time_us - a.time_us);
  if (get("format") === "ndjson") return response.writeHead(200, { "Content-Type": "application/x-ndjson" }).end(items.map((event) => `${JSON.stringify(event)}\n`).join(""));
  if (get("format") === "csv") return response.writeHead(200, { "Content-Type": "text/csv" }).end(`time_us,kind,name\n${items.map((event) => `${event.time_us},${event.kind},${event.name}\n`).join("")}`);
  const at = Number(get("cursor") ?? 0);
  const limit = Number(get("limit") ?? 100);
  json(response, { items: items.slice(at, at + limit), next_cursor: at + limit < items.length ? String(at + limit) : null });
}

const since = () => (Date.now() - started) / 1000;
const times = { p50: 412, p95: 1210, p99: 2400 };
const gatewayKey = (changes = {}) => ({
  standing: "good", obstacle: "", breaker: "closed", last_success_ago_ms: 2_000, last_failure_ago_ms: null, breaker_again_in_ms: 0, cooldown_ms: 0, key_aside_ms: 0, recent_failures: 1, recent_successes: 40, requests_left: 900, tokens_left: null,
  attempts: 1200, failures: 14, success_rate: 0.988, took_ms: times, first_token_ms: times, input_tokens: 3_400_000, output_tokens: 410_000, cost_usd: 2.31, ...changes,
});
const gatewayTarget = (provider, model, state, key) => ({ provider, kind: provider, model, tier: 0, weight: 1, window: 131072, price: { input: 0.59, output: 0.79 }, state, keys: [key] });
const gateway = () => ({
  is_enabled: true, now_ms: Date.now(), calls: 1412, failed_calls: 0, fallbacks: 31, broken_streams: 2, cut_streams: 0, gone_clients: 4, refused_by_limits: 1, streams_open: 3,
  routes: [{ name: "fast", last_resort: "fail", targets: [
    gatewayTarget("groq", "llama-3.3-70b-versatile", "cooldown", gatewayKey({ standing: "cooldown", obstacle: "cooldown", cooldown_ms: 21_000 })),
    gatewayTarget("cerebras", "llama-3.3-70b", "good", gatewayKey()),
    gatewayTarget("ollama", "llama3.1:8b", "unproven", gatewayKey({ standing: "unproven", last_success_ago_ms: null, attempts: 0, failures: 0, recent_failures: 0, recent_successes: 0, took_ms: { p50: null, p95: null, p99: null } })),
  ] }],
  limits: [{ name: "nightly", scope: "agent", subject: "default/molt", model: "*", per: "day", used: { requests: 310, tokens: 1_640_000, usd: 3.1 }, ceiling: { requests: 0, tokens: 2_000_000, usd: 5 }, share: 0.82, ends_ms: Date.now() + 36e5 }],
  last_fallbacks: [{ at_ms: Date.now() - 9000, route: "fast", from: "groq/llama-3.3-70b-versatile", reason: "rate_limit", to: "cerebras/llama-3.3-70b", agent: "molt" }],
});
const system = () => ({
  version: "0.1.0-double", started_at_ms: started, uptime_ms: Date.now() - started, process: { rss_bytes: 28e6, cpu_seconds: since() * 0.01, threads: 7, open_files: 31 },
  recorder: { events_total: 1_204_331 + Math.floor(since() * 210), batches_total: 5210, refused_total: 0, commits_total: 5000, commit_p50_us: 900, commit_p99_us: 2700, queue_bytes: 81_000, queue_bytes_max: 64 << 20, log_bytes: 18e6, segments: 42, segment_bytes: 88e6, memory_bytes: 11e6, rollup_keys_folded: 3, is_failing: false, failure: "", set_aside: [] },
  ingest: { requests_total: 9131 + Math.floor(since() * 4), spans_total: 901_331 + Math.floor(since() * 190), rejected_total: 12, lag_ms: 4 },
  live: { clients: hub.clients.size, refused_total: 0, resumed_total: 14, snapshots_total: 9, fell_behind_total: 0, frames_total: 88_123 + Math.floor(since() * 20), queued_bytes: 0, queued_bytes_max: 262_144 },
  fleet: { agents: fleet.agents.size, sessions: fleet.sessions.size, detections: 2 }, disk: { free_bytes: 212e9, used_bytes: 107e6, days_left: 911 }, sources: [...fleet.sources.values()],
  failing: [{ part: "openclaw/lab", message: "answers its health checks, but 9 of 9 turns failed", since_ms: started - 9e5 }],
});

const probe = (name, value, why, rest) => ({
  name, description: "", kind: "http", asks: `GET http://${name}.example/health`, expects: '2xx, $.database is "up"', weakness: "", subject: null, labels: {},
  state: { value, since_ms: started - 9e5, as_of_ms: Date.now() - 2e4, source: `probe ${name}`, why }, last: value === "unknown" ? null : "passing", every_ms: 6e4, timeout_ms: 1e4,
  stale_after_ms: 18e4, fail_after: "2 of 3", pass_after: 1, looked_ms: Date.now() - 2e4, next_ms: Date.now() + 4e4, looks_total: 412, ...rest,
});
const probes = () => [
  probe("lying-api", "failing", 'answers 200, but $.database is "down", not "up": {"status":"ok","database":"down"}', { subject: "job backup", last: "failing" }),
  probe("groq", "passing", "answers 200, $.data.length() is 14", { subject: "provider groq" }),
  probe("website", "passing", "answers 200", { expects: "2xx", weakness: "proves only that something answers" }),
  probe("archive", "stale", "nothing was seen since it was passing at 2026-11-22T01:00:00Z: answers 200", { state: { value: "stale", since_ms: started - 9e5, as_of_ms: started - 15e5, source: "probe archive", why: "nothing was seen since it was passing at 2026-11-22T01:00:00Z: answers 200" } }),
  probe("fresh", "unknown", "nobody has looked yet", { looked_ms: null }),
];

async function api(request, response, url) {
  const route = `${request.method} ${url.pathname}`;
  if (route === "POST /api/v1/login") {
    if ((await bodyOf(request)).token !== "double") return problem(response, 401, "unauthorized", "unknown token");
    return response.writeHead(204, { "Set-Cookie": "nightshift=double; HttpOnly; SameSite=Strict; Path=/" }).end();
  }
  if (!isSignedIn(request)) return problem(response, 401, "unauthorized", "sign in first");
  if (route === "POST /api/v1/logout") return response.writeHead(204, { "Set-Cookie": "nightshift=; Path=/; Max-Age=0" }).end();
  if (route === "GET /api/v1/whoami") return json(response, { tenant: "default", name: "admin", scopes: ["admin"] });
  if (route === "GET /api/v1/live") return hub.stream(request, response);
  if (route === "GET /api/v1/gateway") return json(response, gateway());
  if (route === "GET /api/v1/system") return json(response, system());
  if (route === "GET /api/v1/probes") return json(response, { items: probes() });
  const looked = /^POST \/api\/v1\/probes\/([^/]+)\/run$/.exec(route);
  if (looked) return json(response, { ...probes().find((each) => each.name === decodeURIComponent(looked[1])), looks: [{ at_ms: Date.now(), took_ms: 12, outcome: "good", says: "answers 200" }] });
  if (route === "GET /api/v1/jobs") return json(response, { items: [], counted: { planned: 0, in_flight: 0, verdicts: {}, since_ms: Number(url.searchParams.get("since_ms")) }, audit: null });
  if (route === "GET /api/v1/events") return eventsPage(url, response);
  if (route === "POST /api/v1/query") return json(response, runQuery(fleet.events, await bodyOf(request)));
  if (route === "GET /api/v1/tokens") return json(response, { items: tokens });
  if (route === "POST /api/v1/tokens") {
    const made = { id: `t${Date.now()}`, tenant: "default", created_ms: Date.now(), last_used_ms: null, ...(await bodyOf(request)) };
    tokens.push(made);
    return json(response, { ...made, token: "ns_made_up_by_the_double" }, 201);
  }
  if (/^DELETE \/api\/v1\/tokens\//.test(route)) {
    tokens = tokens.filter((token) => token.id !== decodeURIComponent(url.pathname.split("/").pop()));
    return response.writeHead(204).end();
  }
  const dismissed = /^POST \/api\/v1\/attention\/([^/]+)\/dismiss$/.exec(route);
  if (dismissed && fleet.attention.delete(decodeURIComponent(dismissed[1]))) {
    hub.publish("fleet", { put: [], remove: [`attention/${decodeURIComponent(dismissed[1])}`] });
    return response.writeHead(204).end();
  }
  const aborted = /^POST \/api\/v1\/sessions\/([^/]+)\/abort$/.exec(route);
  if (aborted) {
    const session = fleet.sessions.get(decodeURIComponent(aborted[1]));
    if (!session?.source.startsWith("openclaw/")) return problem(response, 409, "conflict", `${session?.source ?? "its source"} cannot abort a session; openclaw sources can`);
    return json(response, { outcome: "the gateway aborted the session" }, 202);
  }
  const answered = await incidentApi.answer(route, url, () => bodyOf(request));
  if (answered) {
    const [status, body, type] = answered;
    if (status >= 400) return problem(response, status, body.code, body.detail);
    if (body === null) return response.writeHead(status).end();
    return type ? response.writeHead(status, { "Content-Type": type }).end(body) : json(response, body, status);
  }
  if (/\/content$/.test(url.pathname)) return problem(response, 404, "not_found", "none is kept");
  return problem(response, 404, "not_found", `no such resource: ${url.pathname}`);
}

function steer(name, response) {
  if (name === "bye") hub.bye(1500);
  else if (name === "silent") hub.isSilent = true;
  else if (name === "speak") hub.isSilent = false;
  else if (name === "refuse") hub.refuses = "websocket";
  else if (name === "accept") hub.refuses = "";
  else if (name === "gap") hub.topic("fleet").seq += 3;
  else if (name === "calm") {
    const remove = [...fleet.attention.keys()].map((id) => `attention/${id}`);
    fleet.attention.clear();
    incidentApi.calm();
    hub.publish("fleet", { put: [], remove });
  } else if (name === "restart") {
    const old = hub;
    hub = new Hub(fleet, "0.1.0-double");
    hub.items = old.items;
    old.bye(300);
  }
  response.writeHead(204).end();
}

function page(path, response) {
  const file = join(dist, path);
  const found = path !== "/" && existsSync(file) && statSync(file).isFile() ? file : join(dist, "index.html");
  response.writeHead(200, { "Content-Type": types[extname(found)] ?? "application/octet-stream", "Content-Security-Policy": kCsp, "X-Content-Type-Options": "nosniff" }).end(readFileSync(found));
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://double");
  try {
    if (url.pathname.startsWith("/__double/")) steer(url.pathname.slice(10), response);
    else if (url.pathname === "/healthz") json(response, { status: "alive" });
    else if (url.pathname.startsWith("/api/")) await api(request, response, url);
    else page(decodeURIComponent(url.pathname), response);
  } catch (error) {
    problem(response, error instanceof BadQuery ? 400 : 500, error instanceof BadQuery ? "invalid" : "internal", error.message);
  }
});
server.on("upgrade", (request, socket, head) => (isSignedIn(request) ? hub.upgrade(request, socket, head) : socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")));
server.listen(port, "127.0.0.1", () => console.log(`the double listens on http://127.0.0.1:${server.address().port}/#token=double`));
