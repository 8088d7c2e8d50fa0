// The double's answers under /api/v1/incidents, /alerts and /silences; null for what is none of these.
import { alerts, brief, makeIncidents, makeSilences, preview, rules, statistics } from "./incidents.mjs";

export class IncidentApi {
  constructor(fleet, hub) {
    this.incidents = makeIncidents(fleet);
    this.silences = makeSilences();
    this.hub = hub;
    this.isCalm = false;
    this.hub().items.set("incidents", () => [...this.incidents.values()].filter((each) => each.state !== "resolved").map(brief));
  }

  calm() {
    this.isCalm = true;
    this.hub().publish("incidents", { put: [], remove: [...this.incidents.keys()] });
    this.incidents.clear();
  }

  write(incident, kind, text) {
    incident.revision += 1;
    incident.timeline.push({ time_ms: Date.now(), kind, who: "admin", text, ref: "" });
    this.hub().publish("incidents", { put: [brief(incident)] });
    return incident;
  }

  act(incident, action, body) {
    const now = Date.now();
    switch (action) {
      case "acknowledge":
        Object.assign(incident, { state: "acknowledged", acknowledged_by: "admin", assignee: "admin", acknowledged_ms: now, next_step_ms: null });
        return this.write(incident, "acknowledged", "admin has it");
      case "hand_over":
        Object.assign(incident, { state: "open", acknowledged_by: "", assignee: body.to, acknowledged_ms: null });
        return this.write(incident, "handed_over", `to ${body.to}, who has not taken it yet`);
      case "note": return this.write(incident, "note", body.text);
      case "resolve":
        Object.assign(incident, { state: "resolved", resolved_ms: now, resolved_why: body.why, judged: body.judged, judged_by: body.judged ? "admin" : "" });
        return this.write(incident, "resolved", body.why);
      case "reopen":
        Object.assign(incident, { state: "open", resolved_ms: null });
        return this.write(incident, "reopened", body.why);
      case "separate":
        Object.assign(incident, { part_of: "", part_of_why: "" });
        return this.write(incident, "left", "it is something else");
      case "diagnose":
        if (incident.diagnosis) incident.diagnosis.time_ms = now;
        return this.write(incident, "diagnosed", "again");
      default: return null;
    }
  }

  // [status, body] or [status, text, content type]
  async answer(route, url, body) {
    const [method, path] = route.split(" ");
    if (route === "GET /api/v1/incidents/statistics") return [200, statistics()];
    if (route === "GET /api/v1/incidents") {
      const resolved = url.searchParams.get("state") === "resolved";
      const items = [...this.incidents.values()].filter((each) => (each.state === "resolved") === resolved).map(brief);
      return [200, { items, next_cursor: null, total: items.length }];
    }
    if (route === "GET /api/v1/alerts") return [200, { items: this.isCalm ? [] : alerts() }];
    if (route === "GET /api/v1/alerts/rules") return [200, { items: rules(this.isCalm) }];
    const previewed = /^POST \/api\/v1\/alerts\/rules\/([^/]+)\/preview$/.exec(route);
    if (previewed) return [200, preview(decodeURIComponent(previewed[1]), (await body()).over_s)];
    if (path.startsWith("/api/v1/silences")) return this.silence(method, path, body);
    const found = /^(GET|POST) \/api\/v1\/incidents\/([^/]+)(?:\/(.+))?$/.exec(route);
    const incident = found && this.incidents.get(decodeURIComponent(found[2]));
    if (!incident) return found ? [404, { code: "not_found", detail: "there is no such incident" }] : null;
    if (method === "GET" && found[3] === "postmortem") return [200, `# ${incident.title}\n\n- severity: ${incident.severity}\n${incident.timeline.map((each) => `- ${new Date(each.time_ms).toISOString()} ${each.text}`).join("\n")}\n`, "text/markdown"];
    if (method === "GET") return [200, incident];
    const runbook = /^runbooks\/(.+)$/.exec(found[3] ?? "");
    if (runbook) {
      const { dry_run: isDry } = await body();
      this.write(incident, "action", `${decodeURIComponent(runbook[1])}: ${isDry ? "would run" : "ran"}`);
      return [200, { state: isDry ? "dry_run" : "succeeded", says: isDry ? "it would do 3 steps" : "all 3 steps done" }];
    }
    const done = this.act(incident, found[3], await body());
    return done && [200, done];
  }

  async silence(method, path, body) {
    if (method === "GET") return [200, { items: this.silences }];
    if (method === "DELETE") {
      const one = this.silences.find((each) => path.endsWith(each.id));
      if (one) Object.assign(one, { ends_ms: Date.now(), is_active: false });
      return [204, null];
    }
    const { matchers, for_s: seconds, reason } = await body();
    if (!matchers.includes("=")) return [400, { code: "invalid", detail: `not understood at 1: "${matchers}" has no = or =~` }];
    const made = { id: `sil_${Date.now()}`, matchers: `{${matchers}}`, starts_ms: Date.now(), ends_ms: Date.now() + seconds * 1000, author: "admin", reason, created_ms: Date.now(), hushed: 0, is_active: true };
    this.silences.push(made);
    return [200, made];
  }
}
