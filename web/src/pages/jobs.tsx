import { useMemo, useState } from "preact/hooks";
import type { Audit, Job, LedgerTotals } from "../api/types.ts";
import { jobs, jobsError, loadJobs, useJobs } from "../live/jobs.ts";
import { now } from "../lib/clock.ts";
import { clockTime, dateTime, money, plural, shortTime, span } from "../lib/format.ts";
import { jobPath, navigate, place, runPath, setSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { Ago, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { useKeys } from "../ui/keys.ts";
import { Strip, VerdictChip } from "../ui/verdict.tsx";
import { askPause, resume, runNow } from "./job_actions.ts";
import { SupervisedAgents } from "./supervised.tsx";
import { auditState, costOf, countsOf, inOrder, lastDecided, matchesJob, needsAttention, stateOf, whenInWords } from "./jobs_rows.ts";
import "../styles/jobs.css";

const kRowsAtOnce = 200;

// Scheduled work: what was planned, what came of it by which evidence, and what comes next.

export function JobsPage() {
  useJobs();
  const known = jobs.value;
  const text = place.value.search.get("q") ?? "";
  const [selected, setSelected] = useState<string | null>(null);
  const [rows, setRows] = useState(kRowsAtOnce);
  const found = useMemo(() => inOrder((known?.list.items ?? []).filter((job) => matchesJob(job, text))), [known, text]);
  const shown = found.slice(0, rows);
  const at = shown.findIndex((job) => job.name === selected);
  const current = shown[at];
  const move = (to: number) => {
    const job = shown[Math.max(0, Math.min(shown.length - 1, to))];
    if (!job) return;
    setSelected(job.name);
    document.getElementById(`job-${job.name}`)?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    j: () => move(at + 1),
    k: () => move(at - 1),
    ...(current
      ? { Enter: () => navigate(jobPath(current.name)), ...(current.kind === "watch" ? {} : { r: () => void runNow(current) }), p: () => (current.is_paused ? void resume(current) : askPause(current)) }
      : {}),
  });
  return (
    <main class="page">
      <h1 class="sr-only">Jobs</h1>
      {jobsError.value && (
        <div class="note s-error" role="alert"><Icon name="error" /><span>The jobs could not be read{known ? `; these are as of ${clockTime(known.asOfMs, utc.value)}` : ""}: {jobsError.value} <button class="button small" onClick={() => void loadJobs()}>Try again</button></span></div>
      )}
      {known && <DailyLine />}
      {known && known.list.items.length > 0 && (
        <div class="filters">
          <div class="field">
            <Icon name="search" size={14} />
            <input class="input" type="search" data-filter value={text} placeholder="Filter by name, schedule, verdict" aria-label="Filter" spellcheck={false} onInput={(e) => setSearch({ q: e.currentTarget.value })} />
            <kbd>/</kbd>
          </div>
          <span class="muted push">{text ? `${found.length} of ` : ""}{plural(known.list.items.length, "job")}</span>
        </div>
      )}
      {known && shown.length > 0 && (
        <ul class="card jobs" aria-label="Jobs" style={{ "--marks": String(Math.max(12, ...shown.map((job) => job.strip.length + 1))) }}>
          {shown.map((job) => <JobRow key={job.name} job={job} isSelected={job.name === selected} />)}
        </ul>
      )}
      {found.length > shown.length && <div><button class="button small" onClick={() => setRows(rows + kRowsAtOnce)}>Show more of the {found.length - shown.length} below</button></div>}
      {known && shown.length === 0 && (known.list.items.length === 0 ? <NoJobs /> : <div class="empty">Nothing matches. <button class="button small" onClick={() => setSearch({ q: undefined })}>Clear the filter</button></div>)}
      <SupervisedAgents />
      {!known && !jobsError.value && <div class="empty">Asking for the jobs…</div>}
      <Legend />
    </main>
  );
}

function NoJobs() {
  return (
    <div class="card empty">
      <h2>No job is planned here yet</h2>
      <p>A job is work with a time and with what must be true afterwards. Add one under <code>jobs:</code> in nightshift.yaml:</p>
      <pre class="mono">{`- name: backup
  schedule: {cron: "0 3 * * *", zone: Europe/Berlin}
  command: [./backup.sh]
  expect:
    - file: {path: backup.tar, newer_than_start: true}`}</pre>
      <p>Then send the server SIGHUP, or put one at once with <code>PUT /api/v1/jobs/backup</code>.</p>
    </div>
  );
}

// How the day went by the ledger's count, and whether that count adds up.
function DailyLine() {
  const { list } = jobs.value ?? { list: null };
  if (!list) return null;
  const { counted, audit } = list;
  const state = auditState(audit, now.value);
  return (
    <div class={`daily a-${state}`} role="status">
      <p>
        {counted
          ? <><b>today:</b> <Counts totals={counted} /> <span class="muted" title={dateTime(counted.since_ms, utc.value)}>since {shortTime(counted.since_ms, utc.value)}{utc.value ? " UTC" : ""}</span></>
          : audit && <><b>in all:</b> <Counts totals={audit.totals} /></>}
        {"; "}
        <AuditWords audit={audit} state={state} />
      </p>
      {audit && !audit.holds && (
        <ul>{audit.discrepancies.map((each) => <li key={each.job + each.what}><a href={jobPath(each.job)}>{each.job}</a>: {each.what}</li>)}</ul>
      )}
    </div>
  );
}

const Counts = ({ totals }: { totals: LedgerTotals }) => (
  <>{countsOf(totals).map(({ n, name, isBad }, i) => <>{i > 0 && ", "}<span class={isBad ? "has-errors" : ""}>{n} {name}</span></>)}</>
);

function AuditWords({ audit, state }: { audit: Audit | null; state: string }) {
  if (!audit) return <span class="audit"><Icon name="unknown" size={14} />ledger not audited yet</span>;
  const checked = <>checked <Ago ms={audit.time_ms} /></>;
  if (state === "broken") return <span class="audit"><Icon name="failed" size={14} /><span>the ledger does not add up ({checked})</span></span>;
  if (state === "old") return <span class="audit"><Icon name="unknown" size={14} /><span>ledger added up, but was last {checked}</span></span>;
  return <span class="audit"><Icon name="passing" size={14} /><span>ledger adds up ({checked})</span></span>;
}

function JobRow({ job, isSelected }: { job: Job; isSelected: boolean }) {
  const last = lastDecided(job);
  const cost = costOf(job.strip);
  return (
    <li id={`job-${job.name}`} class={needsAttention(job) ? `wants v-${last?.verdict}` : ""} data-selected={isSelected}>
      <div class="j-name">
        <a class="cut strong" href={jobPath(job.name)} title={job.description || job.name}>{job.name}</a>
        <span class="cut muted small" title={job.schedule ?? undefined}>{job.schedule ?? "no schedule: runs when asked"} · {words(job.kind)}</span>
      </div>
      <div class="j-next">
        {job.is_paused
          ? <><span class="state s-warning"><Icon name="stalled" size={14} />paused</span><span class="cut muted small" title={job.paused_why}>{job.paused_why || "no reason given"}</span></>
          : <><Next job={job} /><Running job={job} /></>}
      </div>
      <div class="j-strip"><Strip strip={job.strip} ahead={job.next_ms !== null && !job.is_paused ? [job.next_ms] : []} /></div>
      <div class="j-last">
        {last?.verdict
          ? <><a href={runPath(last.id)} class="row" style={{ color: "inherit" }}><VerdictChip state={stateOf(last)} /><span class="muted small nowrap"><Ago ms={last.decided_ms ?? last.nominal_ms} /></span></a><WhyLine why={last.override ? `${last.override.by} says so: ${last.override.reason}` : (last.why ?? "")} warning={last.warning} /></>
          : <span class="muted small">no verdict yet</span>}
      </div>
      <div class="j-cost num" title={`of the last ${plural(job.strip.length, "occurrence")}`}>{cost > 0 ? money(cost) : <span class="faint">–</span>}</div>
      <div class="j-do">
        {job.kind !== "watch" && <button class="button small" aria-label={`Run ${job.name} now`} onClick={() => void runNow(job)}><Icon name="play" size={13} />Run</button>}
        {job.is_paused
          ? <button class="button small" aria-label={`Resume ${job.name}`} onClick={() => void resume(job)}>Resume</button>
          : <button class="button small" aria-label={`Pause ${job.name}`} onClick={() => askPause(job)}>Pause</button>}
      </div>
    </li>
  );
}

function WhyLine({ why, warning }: { why: string; warning?: string | undefined }) {
  const text = warning ? `${why}${why ? "; " : ""}warning: ${warning}` : why;
  return <span class="why" title={text}>{text}</span>;
}

export function Next({ job }: { job: Pick<Job, "next_ms" | "schedule"> }) {
  if (job.next_ms === null) return <span class="muted">{job.schedule ? "nothing planned" : "when asked"}</span>;
  return <time dateTime={new Date(job.next_ms).toISOString()} title={dateTime(job.next_ms, utc.value)}>{whenInWords(job.next_ms, now.value, span)}</time>;
}

export function Running({ job }: { job: Pick<Job, "running"> }) {
  if (!job.running) return null;
  const since = job.running.started_ms ?? job.running.start_ms;
  return <a class="small running" href={runPath(job.running.id)} title={`since ${dateTime(since, utc.value)}`}><i class="vmark v-running" aria-hidden="true">▸</i>{words(stateOf(job.running))} for {span(now.value - since)}</a>;
}

// What letters and colours say.
function Legend() {
  return (
    <p class="legend-row" aria-label="What the marks say">
      {(["verified", "unverified", "contradicted", "failed", "late", "missed", "skipped", "silent_ok", "running", "planned"] as const).map((state) => <VerdictChip key={state} state={state} />)}
    </p>
  );
}
