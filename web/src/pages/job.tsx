import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Explanation, JobDetail, Occurrence, Verdict } from "../api/types.ts";
import { useOccurrences } from "../live/jobs.ts";
import { now, serverNow } from "../lib/clock.ts";
import { dateTime, duration, money, plural, span } from "../lib/format.ts";
import { place, runPath, setSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { copyText, messageOf } from "../ui/dialogs.tsx";
import { Ago, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { useKeys } from "../ui/keys.ts";
import { Strip, VerdictChip, VerdictMark, verdictWords } from "../ui/verdict.tsx";
import { askPause, resume, runNow } from "./job_actions.ts";
import { Next, Running } from "./jobs.tsx";
import { costOf, kImpactWords, kVerdicts, lastDecided, stateOf, whenInWords, withOccurrence } from "./jobs_rows.ts";
import "../styles/jobs.css";

const kAgainMs = 30_000;
const kSettleMs = 2000;

interface Answer { job: JobDetail; explanation: Explanation; asOfMs: number }

// One job: the API's answer, kept current by the live topic and asked again when something changed.
function useJob(name: string): { answer: Answer | null; error: string; reload: () => void } {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState("");
  const [round, setRound] = useState(0);
  const soon = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const reload = () => setRound((before) => before + 1);
  useEffect(() => {
    const abort = new AbortController();
    Promise.all([api.job(name, abort.signal), api.explainJob(name, abort.signal)]).then(
      ([job, explanation]) => {
        setAnswer({ job, explanation, asOfMs: serverNow() });
        setError("");
      },
      (failure: unknown) => abort.signal.aborted || setError(messageOf(failure)),
    );
    const timer = setTimeout(reload, kAgainMs);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [name, round]);
  useOccurrences(
    (occurrence) => {
      setAnswer((before) => before && { ...before, job: { ...before.job, ...withOccurrence(before.job, occurrence, serverNow()) } });
      soon.current ??= setTimeout(() => {
        soon.current = undefined;
        reload();
      }, kSettleMs);
    },
    (occurrence) => occurrence.job === name,
    [name],
  );
  useEffect(() => () => clearTimeout(soon.current), []);
  return { answer, error, reload };
}

export function JobPage() {
  const { route } = place.value;
  return route.page === "job" ? <JobView key={route.name} name={route.name} /> : null;
}

function JobView({ name }: { name: string }) {
  const { answer, error, reload } = useJob(name);
  const job = answer?.job;
  useKeys(job ? { ...(job.kind === "watch" ? {} : { r: () => void runNow(job, reload) }), p: () => (job.is_paused ? void resume(job, reload) : askPause(job, reload)) } : {});
  return (
    <main class="page">
      {error && <div class="note s-error" role="alert"><Icon name="error" /><span>{answer ? "Not current: " : ""}{error} <button class="button small" onClick={reload}>Try again</button></span></div>}
      {!answer && <div class="hero"><h1>{name}</h1>{!error && <p class="muted">Asking for the job…</p>}</div>}
      {answer && job && (
        <>
          <Hero job={job} asOfMs={answer.asOfMs} reload={reload} />
          <section class="card">
            <header><h2>Occurrences</h2><span class="muted small">oldest left; what is planned is hollow</span></header>
            <div class="body"><Strip strip={job.strip} ahead={job.is_paused ? [] : answer.explanation.next.map((each) => each.nominal_ms)} /></div>
          </section>
          <div class="two-columns">
            <div class="stack">
              <Expectations explanation={answer.explanation} />
              {job.ping_path && <PingCard path={job.ping_path} />}
              <Definition job={job} />
            </div>
            <NextTimes explanation={answer.explanation} isPaused={job.is_paused} />
          </div>
          <History name={name} version={answer.asOfMs} />
        </>
      )}
    </main>
  );
}

function Hero({ job, asOfMs, reload }: { job: JobDetail; asOfMs: number; reload: () => void }) {
  const last = lastDecided(job);
  const cost = costOf(job.strip);
  return (
    <div class="hero">
      <div class="row wrap">
        <h1>{job.name}</h1>
        {last && <VerdictChip state={stateOf(last)} />}
        {job.is_paused && <span class="state chip s-warning"><Icon name="stalled" size={14} />paused</span>}
        <span class="row push wrap">
          {job.kind !== "watch" && <button class="button small" onClick={() => void runNow(job, reload)}><Icon name="play" size={13} />Run now<kbd>r</kbd></button>}
          {job.is_paused
            ? <button class="button small" onClick={() => void resume(job, reload)}>Resume<kbd>p</kbd></button>
            : <button class="button small" onClick={() => askPause(job, reload)}>Pause<kbd>p</kbd></button>}
        </span>
      </div>
      {job.description && <p>{job.description}</p>}
      <div class="facts">
        <span>{job.schedule ?? "no schedule: runs when asked"}</span>
        <span>{words(job.kind)}{job.is_from_config ? ", from the configuration" : ", put by the API"}</span>
        <span>next: <Next job={job} /></span>
        <Running job={job} />
        {cost > 0 && <span>{money(cost)} in the last {plural(job.strip.length, "occurrence")}</span>}
        <span>by the ledger, <Ago ms={asOfMs} /></span>
      </div>
      {job.is_paused && <div class="note s-warning"><Icon name="stalled" /><span>Paused: {job.paused_why || "no reason given"}. What is planned meanwhile is skipped.</span></div>}
      {last?.verdict && (
        <p class="muted"><b style={{ color: "var(--text)" }}>{verdictWords(last.verdict)}</b> <Ago ms={last.decided_ms ?? last.nominal_ms} />{last.why ? `: ${last.why}` : ""}{last.warning ? `; warning: ${last.warning}` : ""}. <a href={runPath(last.id)}>Evidence</a></p>
      )}
    </div>
  );
}

function Expectations({ explanation }: { explanation: Explanation }) {
  const { expectations } = explanation;
  return (
    <section class="card">
      <header><h2>What must be true afterwards</h2></header>
      {expectations.length === 0 && <div class="body"><p class="muted">Nothing: without an expectation no occurrence is ever verified. Add <code>expect</code> to the job.</p></div>}
      <ul class="known">
        {expectations.map((each) => (
          <li key={each.name} class="expectation">
            <span class="strong">{each.name}</span>
            <span class={`label i-${each.impact}`} title={kImpactWords[each.impact]}>{each.impact}</span>
            <span class="why">{each.any_of.join(", or ")}</span>
            <span class="why faint">{kImpactWords[each.impact]}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function PingCard({ path }: { path: string }) {
  const url = new URL(path, location.origin).href;
  return (
    <section class="card">
      <header><h2>Ping URL</h2><span class="muted small">whoever knows it speaks for this job</span></header>
      <div class="body row wrap">
        <code class="mono ping" data-ping>{url}</code>
        <button class="button small push" onClick={() => void copyText(url)}><Icon name="copy" size={13} />Copy</button>
        <p class="muted small">Ask it when the work is done; add <code>/start</code>, <code>/fail</code>, <code>/log</code> or the exit code: <code>curl -fsS {"<url>"}/$?</code></p>
      </div>
    </section>
  );
}

function Definition({ job }: { job: JobDetail }) {
  return (
    <details class="card fold">
      <summary><h2>Definition</h2></summary>
      <div class="body"><pre class="mono output" tabIndex={0}>{JSON.stringify(job.definition, null, 2)}</pre></div>
    </details>
  );
}

function NextTimes({ explanation, isPaused }: { explanation: Explanation; isPaused: boolean }) {
  const { next } = explanation;
  return (
    <section class="card">
      <header><h2>Next {next.length > 0 ? next.length : ""}</h2>{explanation.zone && <span class="muted small">computed in {explanation.zone}{explanation.tzdata ? `, tzdata ${explanation.tzdata}` : ""}{isPaused ? "; skipped while paused" : ""}</span>}</header>
      {next.length === 0
        ? <div class="body muted">Nothing is planned ahead.</div>
        : (
          <table class="table">
            <tbody>
              {next.map((each) => (
                <tr key={each.nominal_ms}>
                  <td class="nowrap"><time dateTime={new Date(each.nominal_ms).toISOString()}>{dateTime(each.nominal_ms, utc.value)}</time></td>
                  <td class="muted">
                    {whenInWords(each.nominal_ms, now.value, span)}
                    {each.start_ms !== each.nominal_ms && <>, starts {span(each.start_ms - each.nominal_ms)} later</>}
                    {each.note && <div class="small">{each.note}</div>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
    </section>
  );
}

const kPage = 25;

// Past occurrences from the ledger, a page at a time; the newest page is read again when the job changed.
function History({ name, version }: { name: string; version: number }) {
  const wanted = place.value.search.get("verdict") ?? "";
  const verdict = (kVerdicts as string[]).includes(wanted) ? (wanted as Verdict) : "";
  const [state, setState] = useState<{ items: Occurrence[]; older: string | null; error: string; of: string } | null>(null);
  const load = (cursor: string | undefined, signal?: AbortSignal) =>
    api.occurrences({ job: name, verdict, limit: kPage, cursor, until_ms: Math.ceil(serverNow()) }, signal).then(
      (page) =>
        setState((before) => {
          const known = cursor && before?.of === verdict ? before.items : [];
          return { items: [...known, ...page.items], older: page.next_cursor, error: "", of: verdict };
        }),
      (failure: unknown) => signal?.aborted || setState((before) => ({ items: before?.items ?? [], older: before?.older ?? null, of: verdict, error: messageOf(failure) })),
    );
  const isPaged = (state?.items.length ?? 0) > kPage;
  useEffect(() => {
    // Whoever reads older pages is not thrown back to the first.
    if (isPaged && state?.of === verdict) return;
    const abort = new AbortController();
    void load(undefined, abort.signal);
    return () => abort.abort();
  }, [name, verdict, version]);
  return (
    <section class="card" aria-label="Past occurrences">
      <header>
        <h2>History</h2>
        <div class="chips" role="group" aria-label="Verdicts">
          <button aria-pressed={verdict === ""} onClick={() => setSearch({ verdict: undefined })}>all</button>
          {kVerdicts.map((each) => (
            <button key={each} aria-pressed={verdict === each} onClick={() => setSearch({ verdict: verdict === each ? undefined : each })}><VerdictMark state={each} />{verdictWords(each)}</button>
          ))}
        </div>
      </header>
      {state?.error && <div class="note s-error" role="alert"><Icon name="error" />{state.error}</div>}
      <ul class="runs">
        {(state?.items ?? []).map((each) => <RunLine key={each.id} occurrence={each} />)}
      </ul>
      {state && state.items.length === 0 && !state.error && <div class="empty">{verdict ? `No occurrence ended ${verdictWords(verdict)}.` : "No occurrence yet."}</div>}
      {state?.older && <div class="body"><button class="button small" onClick={() => void load(state.older ?? undefined)}>Load older</button></div>}
    </section>
  );
}

function RunLine({ occurrence }: { occurrence: Occurrence }) {
  const took = occurrence.started_ms && occurrence.ended_ms ? duration((occurrence.ended_ms - occurrence.started_ms) * 1000) : "";
  return (
    <li>
      <VerdictChip state={stateOf(occurrence)} />
      <a class="nowrap" href={runPath(occurrence.id)}>{dateTime(occurrence.nominal_ms, utc.value)}</a>
      <span class="why" title={occurrence.why}>{occurrence.why}{occurrence.override ? ` (${occurrence.override.by} overrode ${verdictWords(occurrence.override.of ?? "unknown")})` : ""}{occurrence.warning ? ` · warning: ${occurrence.warning}` : ""}</span>
      <span class="muted num nowrap">{occurrence.attempt > 1 ? `${occurrence.attempt} attempts ` : ""}{took}</span>
      <span class="muted num nowrap">{occurrence.cost_usd ? money(occurrence.cost_usd) : ""}</span>
    </li>
  );
}
