// The double's incidents and alerts: one of each kind that a page must show, and what a person may do with them.
const kHostile = '<img src=x onerror="alert(1)"> & "quotes" \u202e backwards';

const stakes = (changes) => ({ impact: "", owner: "", customers: "", deadline_ms: null, redundancy: null, is_verified_otherwise: false, asked: null, raised: null, raised_by: "", ...changes });
const labelsOf = (name, changes) => ({ alertname: name, ...changes });

function incident(start, id, minutesAgo, changes) {
  const opened = start - minutesAgo * 60e3;
  return {
    id: `inc_${id}`, tenant: "default", key: id, rule: "", title: id, subject: { kind: "", name: "" }, labels: {}, state: "open", severity: "warning", severity_why: "what the rule asks for", stakes: stakes({}), diagnosis: null,
    firing: 1, total: 1, is_flapping: false, is_suppressed: false, suppressed_why: "", part_of: "", part_of_why: "", told_by: "", parts_open: 0, parts_total: 0, parts: [], started_ms: opened - 4000, opened_ms: opened, diagnosed_ms: null, notified_ms: null, acknowledged_ms: null, acknowledged_by: "", assignee: "",
    resolved_ms: null, resolved_why: "", judged: null, judged_by: "", step: 0, next_step_ms: null, reminders: 0, revision: 1, tokens: 0, cost_usd: 0, members: [], notifications: [], timeline: [], runbooks: [], ...changes,
  };
}

const diagnosis = (at, conclusion, summary, changes = {}) => ({
  conclusion, summary, works: [], next_action: "", response_window: "", time_ms: at, is_complete: true, is_burning: false, checks: [], causes: [], took_us: 412_000, decision_us: 85, ...changes,
});
const check = (name, finding, says, evidence = []) => ({ name, finding, says, evidence });
const entry = (time_ms, kind, who, text, ref = "") => ({ time_ms, kind, who, text, ref });
const told = (channel, sent, state, changes = {}) => ({
  channel, delivery: `dlv_${channel}_${sent % 1000}`, what: "post", step: 1, revision: 1, state, provider_id: "", error: "", told_state: "open", told_severity: "critical", sent_ms: sent, settled_ms: state === "delivered" || state === "failed" ? sent + 700 : null, ...changes,
});
const runbook = (name, decision, description, steps, changes = {}) => ({ name, description, steps, decision, why: { run: "safe to repeat, and allowed by the policy", ask: "it stops work: a person approves", refuse: "the policy does not allow it for critical work", dry_run: "only looked at until it has succeeded ten times" }[decision], last: null, ...changes });

function jobMissing(start) {
  const at = start - 6 * 60e3;
  return incident(start, "backup_contradicted", 6, {
    rule: "job_contradicted", title: "nightly-backup says it is done, and evidence says otherwise", subject: { kind: "job", name: "nightly-backup" }, labels: labelsOf("job_contradicted", { job: "nightly-backup", verdict: "contradicted", impact: "blocking" }), severity: "critical",
    severity_why: "paying customers, and no other way is left", stakes: stakes({ impact: "blocking", owner: "ada", customers: "paying", deadline_ms: start + 50 * 60e3, redundancy: 0, asked: "warning" }), diagnosed_ms: at + 600, notified_ms: at + 900, step: 1, next_step_ms: start + 9 * 60e3, revision: 3,
    diagnosis: diagnosis(at + 600, "blocked", "The backup of tonight was not written: the file is 11 hours old, and the run says it succeeded.", {
      works: ["yesterday's backup is whole and can be restored", "11 of 12 other jobs verified tonight"], next_action: "free 4 GiB on /backup, then run nightly-backup again", response_window: "now",
      checks: [
        check("run records", "bad", "the newest run is contradicted: backup.tar is 11 h old; 11 of the last 12 runs verified, newest 8 min ago", ["run:nightly-backup@2026-11-22T02:30:00Z"]), check("resources", "bad", "/backup is 100 % full, 0 B left of 40 GiB", ["dependency:api/disk"]),
        check("delivery receipts", "good", "delivered to telegram as message 4709, 8 min ago (12 of the last 12 have a receipt)", ["delivery:dlv_77"]), check("recent changes", "suspicious", "retention was raised from 7 to 14 days, 26 h ago"), check("siblings", "nothing", "no other job writes there"),
        check("dependencies", "unknown", "the state of the storage provider could not be gathered in time", ["dependency:provider/storage"]),
      ],
      causes: [{ what: "the disk of /backup is full", why: "0 B left since 02:31; the run began at 02:30", confidence: 85, evidence: "run:nightly-backup@2026-11-22T02:30:00Z" }, { what: "the retention was raised without room for it", why: "7 to 14 days doubles what is kept", confidence: 60, evidence: "" }],
    }),
    parts_open: 1, parts_total: 1, parts: [{ id: "inc_photo_backup", title: "photo-backup failed: no space left on device", severity: "warning", is_over: false }],
    members: [{ fingerprint: "00ff00ff00ff00ff", labels: labelsOf("job_contradicted", { job: "nightly-backup", verdict: "contradicted" }), summary: "nightly-backup says it is done, and evidence says otherwise: backup.tar is 11 h old", is_firing: true, started_ms: at - 4000, ended_ms: null }],
    notifications: [told("telegram", at + 900, "delivered", { provider_id: "4711" }), told("email", at + 901, "failed", { error: "550 no such mailbox" }), told("webhook", at + 902, "delivered")],
    timeline: [
      entry(at, "opened", "nightshift", "nightly-backup says it is done, and evidence says otherwise"), entry(at + 600, "diagnosed", "nightshift", "blocked: the backup of tonight was not written"), entry(at + 650, "severity", "nightshift", "raised from warning to critical: paying customers, and no other way is left"),
      entry(at + 900, "notified", "telegram", "post over telegram, step 1", "delivery:dlv_1"), entry(at + 1600, "receipt", "telegram", "telegram took it as message 4711", "delivery:dlv_1"), entry(at + 1700, "receipt", "email", "failed: 550 no such mailbox", "delivery:dlv_2"),
    ],
    runbooks: [runbook("rerun_job", "run", "Runs the job again and waits for its verdict.", ["check that no run is under way", "run nightly-backup", "wait for its verdict, at most 20 min"], { last: { state: "succeeded", at_ms: start - 3 * 864e5 } }), runbook("page_storage_team", "refuse", "Wakes the storage team.", ["send to storage-oncall"])],
  });
}

export function makeIncidents(fleet) {
  const start = Date.now();
  const looping = [...fleet.attention.values()].find((item) => item.kind === "looping");
  const all = [
    jobMissing(start),
    incident(start, "photo_backup", 4, { rule: "job_failed", title: "photo-backup failed: no space left on device", subject: { kind: "job", name: "photo-backup" }, part_of: "inc_backup_contradicted", part_of_why: "the disk of /backup is full: 0 B left", diagnosis: diagnosis(start - 4 * 60e3, "blocked", "The photos of tonight were not copied.") }),
    incident(start, "looping", 11, {
      rule: "session_looping", title: `billing-reconciler goes in circles in session ${looping?.session}`, subject: { kind: "session", name: looping?.session ?? "" }, labels: labelsOf("session_looping", { session: looping?.session ?? "", agent: looping?.agent ?? "", detector: "same_call" }), severity: "critical", severity_why: "it spends tokens and gets nowhere",
      state: "acknowledged", acknowledged_ms: start - 8 * 60e3, acknowledged_by: "ada", assignee: "ada", notified_ms: start - 10 * 60e3, tokens: 184_300, cost_usd: 1.27, diagnosed_ms: start - 11 * 60e3,
      diagnosis: diagnosis(start - 11 * 60e3, "unknown", "It repeats one failing command; whether the month is reconciled by another path is not known.", { is_burning: true, is_complete: false, next_action: "abort the session, then unlock the ledger", response_window: "within 1 h", checks: [check("activity", "bad", "the same call 14 times in 11 min, 184k tokens since the last new thing", [`session:${looping?.session}`]), check("run records", "nothing", "no job belongs to it")] }),
      notifications: [told("telegram", start - 10 * 60e3, "delivered", { provider_id: "4702" })], runbooks: [runbook("abort_session", "ask", "Asks the source to stop the session.", ["abort the session"])],
    }),
    incident(start, "hostile", 2, { rule: "session_failed", title: kHostile, severity: "warning", subject: { kind: "agent", name: kHostile }, labels: { alertname: kHostile, [kHostile]: kHostile }, diagnosis: diagnosis(start - 2 * 60e3, "degraded", kHostile, { works: [kHostile], next_action: kHostile, checks: [check(kHostile, "bad", kHostile, [`javascript:${kHostile}`])] }) }),
    incident(start, "undiagnosed", 1, { rule: "route_degraded", title: "fast has fallen back: cerebras answers, groq does not", subject: { kind: "route", name: "fast" }, labels: labelsOf("route_degraded", { route: "fast" }), assignee: "grace", is_flapping: true, firing: 3, total: 5, notifications: [told("telegram", start - 50e3, "queued")], notified_ms: start - 50e3 }),
    incident(start, "silenced", 300, { title: "lab-agent is offline: no event for 5 h", is_suppressed: true, suppressed_why: "silenced by ada until tomorrow: the lab moves house", diagnosis: diagnosis(start - 300 * 60e3, "blocked", "lab-agent has said nothing for 5 h.") }),
    incident(start, "late", 40, { severity: "info", title: "morning-report was late: verified 12 min after its deadline", subject: { kind: "job", name: "morning-report" }, diagnosis: diagnosis(start - 40 * 60e3, "enhancement", "The work is done and verified, 12 min late.") }),
    incident(start, "resolved", 600, { state: "resolved", title: "openclaw/lab could not be reached", resolved_ms: start - 580 * 60e3, resolved_why: "its alert has ended", judged: "false_alarm", judged_by: "ada", diagnosis: diagnosis(start - 600 * 60e3, "blocked", "The source does not answer.") }),
  ];
  return new Map(all.map((each) => [each.id, each]));
}

export const brief = ({ members: _m, parts: _p, notifications: _n, timeline: _t, runbooks: _r, diagnosis: whole, ...rest }) => {
  const { checks: _c, causes: _k, took_us: _a, decision_us: _d, ...short } = whole ?? {};
  return { ...rest, diagnosis: whole ? short : null };
};

const rule = (name, on, changes = {}) => ({ name, description: "", on, where: "", above: null, below: null, severity: "warning", hold_s: 0, hits: 1, looks: 1, resolve_after_s: 60, pending: 0, firing: 0, fired_total: 0, last_look_ms: Date.now() - 4000, problem: "", is_default: true, ...changes });

export const rules = (isCalm) => [
  rule("session_looping", "loop", { description: "A session repeats itself and spends tokens without getting on.", severity: "critical", firing: isCalm ? 0 : 1, fired_total: 4 }),
  rule("session_stalled", "session", { description: "A session does nothing, though its rhythm says that it should.", where: '{state="stalled"}', hold_s: 300, pending: isCalm ? 0 : 1 }),
  rule("job_contradicted", "job", { description: "Somebody claims that the work was done; evidence contradicts it.", where: '{verdict="contradicted"}', firing: isCalm ? 0 : 1, fired_total: 1 }),
  rule("budget_near", "budget", { description: "A budget or limit is nearly used up.", above: 0.8 }),
  rule("slow_models", "query", { description: "Models answer slowly.", where: "kind = model_call", aggregate: "p95(duration)", over_s: 600, above: 20, hits: 3, looks: 5, is_default: false, severity: null, ...(isCalm ? {} : { problem: "the recorder refused the query: it would look at more than 4 GiB", last_look_ms: null }) }),
];

const episodes = (start, overS) => Array.from({ length: Math.round(overS / 43_200) }, (_, i) => ({ labels: labelsOf("session_looping", { agent: "billing", session: `s${i}` }), summary: `billing goes in circles in session s${i}: the same call ${10 + i}×`, starts_ms: start - overS * 1000 + i * 43_200e3 + 36e5, ends_ms: i * 43_200 > overS - 43_200 ? null : start - overS * 1000 + i * 43_200e3 + 36e5 + (i % 4 + 1) * 15 * 60e3, is_flapping: i % 5 === 4 }));

export function preview(name, overS) {
  if (name === "budget_near") return { fired: 0, looks: 0, step_s: 0, episodes: [], gaps: [], left_out: 0, notes: [], cannot: "how every budget was in that time is not known" };
  const found = episodes(Date.now(), overS);
  const from = Date.now() - overS * 1000;
  return { fired: found.length, looks: 2 * found.length, step_s: 0, episodes: found, gaps: [{ from_ms: from, until_ms: from + 2 * 36e5, why: "Nightshift was stopped" }], left_out: 12, notes: ["12 changes were left out"], cannot: "" };
}

const alert = (fingerprint, labels, summary, changes = {}) => ({ fingerprint, labels, annotations: { summary }, starts_ms: Date.now() - 11 * 60e3, ends_ms: null, is_firing: true, is_flapping: false, suppressed_by: null, suppressed_what: "", generator: "rule", ...changes });

export const alerts = () => [
  alert("a1", labelsOf("session_looping", { agent: "claude-code/billing", session: "s-1", severity: "critical" }), "billing goes in circles"), alert("a2", labelsOf("HighLatency", { instance: "db-1:9090", severity: "warning", team: "storage" }), "latency of db-1 is 2.3 s", { generator: "https://prometheus.example/graph?g0", is_flapping: true }),
  alert("a3", labelsOf("agent_offline", { agent: "lab-agent" }), "lab-agent is offline", { suppressed_by: "silence", suppressed_what: "sil_1, ada: the lab moves house" }), alert("a4", { alertname: kHostile, x: kHostile }, kHostile, { generator: "javascript:alert(1)" }),
  alert("a5", labelsOf("source_silent", { source: "openclaw/lab" }), "openclaw/lab cannot be reached", { is_firing: false, ends_ms: Date.now() - 60e3 }),
];

export const makeSilences = () => [
  { id: "sil_1", matchers: '{agent="lab-agent"}', starts_ms: Date.now() - 36e5, ends_ms: Date.now() + 20 * 36e5, author: "ada", reason: "the lab moves house", created_ms: Date.now() - 36e5, hushed: 3, is_active: true },
  { id: "sil_0", matchers: '{alertname="budget_near", limit=~"nightly.*"}', starts_ms: Date.now() - 864e5, ends_ms: Date.now() - 36e5, author: "grace", reason: kHostile, created_ms: Date.now() - 864e5, hushed: 0, is_active: false },
];

export const statistics = () => ({
  incidents: 42, left_out: 0, unresolved: 4, false_alarms: 4, detect: { count: 42, p50_ms: 4200, p95_ms: 31_000 }, diagnose: { count: 41, p50_ms: 380, p95_ms: 1900 }, acknowledge: { count: 30, p50_ms: 140_000, p95_ms: 1_900_000 }, resolve: { count: 0, p50_ms: null, p95_ms: null },
  rules: [{ rule: "slow_models", incidents: 5, false_alarms: 3, false_alarm_rate: 0.6, is_often_wrong: true }, { rule: "session_looping", incidents: 19, false_alarms: 1, false_alarm_rate: 0.053, is_often_wrong: false }],
});
