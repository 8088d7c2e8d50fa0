import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Attempt, Claim, Delivery, Impact, Observation, OccurrenceDetail } from "../api/types.ts";
import { useOccurrences } from "../live/jobs.ts";
import { serverNow } from "../lib/clock.ts";
import { bytes, clockTime, count, dateTime, duration, money, plural } from "../lib/format.ts";
import { jobPath, place, setSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { Drawer, messageOf, Modal, toast } from "../ui/dialogs.tsx";
import { Ago, For, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { useKeys } from "../ui/keys.ts";
import { VerdictChip, VerdictMark, verdictWords } from "../ui/verdict.tsx";
import { kImpactWords, kVerdicts, standingsOf, stateOf, type MarkState, type Standing } from "./jobs_rows.ts";
import { claimWords, endingOf, tailOf, timelineOf, tookUs } from "./run_timeline.ts";
import "../styles/jobs.css";

// One occurrence: what happened, and what the verdict rests on.

const kSettleMs = 700;
const kAgainMs = 30_000;

interface Loaded { run: OccurrenceDetail | null; asOfMs: number; error: string; reload: () => void }

function useRun(id: string): Loaded {
  const [state, setState] = useState<{ run: OccurrenceDetail | null; asOfMs: number; error: string }>({ run: null, asOfMs: 0, error: "" });
  const [round, setRound] = useState(0);
  const soon = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const reload = () => setRound((before) => before + 1);
  useEffect(() => {
    const abort = new AbortController();
    api.occurrence(id, abort.signal).then(
      (run) => setState({ run, asOfMs: serverNow(), error: "" }),
      (failure: unknown) => abort.signal.aborted || setState((before) => ({ ...before, error: messageOf(failure) })),
    );
    // Deliveries settle without a word on the topic.
    const timer = setTimeout(reload, kAgainMs);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, round]);
  useOccurrences(
    () => {
      soon.current ??= setTimeout(() => {
        soon.current = undefined;
        reload();
      }, kSettleMs);
    },
    (occurrence) => occurrence.id === id,
    [id],
  );
  useEffect(() => () => clearTimeout(soon.current), []);
  return { ...state, reload };
}

export function RunPage() {
  const { route } = place.value;
  return route.page === "run" ? <RunView key={route.id} id={route.id} /> : null;
}

function RunView({ id }: { id: string }) {
  const { run, asOfMs, error, reload } = useRun(id);
  const [isOverriding, setOverriding] = useState(false);
  const standings = standingsOf(run?.evidence ?? []);
  const openName = place.value.search.get("evidence");
  const open = standings.find((each) => each.expectation === openName);
  const step = (by: number) => {
    const at = standings.findIndex((each) => each.expectation === openName);
    const next = standings[Math.max(0, Math.min(standings.length - 1, at + by))];
    if (next) setSearch({ evidence: next.expectation });
  };
  useKeys({ j: () => step(1), k: () => step(-1), ...(run?.phase === "done" ? { o: () => setOverriding(true) } : {}) });
  return (
    <main class="page">
      {error && <div class="note s-error" role="alert"><Icon name="error" /><span>{run ? "Not current: " : ""}{error} <button class="button small" onClick={reload}>Try again</button></span></div>}
      {!run && <div class="hero"><h1>{id}</h1>{!error && <p class="muted">Asking the ledger…</p>}</div>}
      {run && (
        <>
          <Hero run={run} asOfMs={asOfMs} onOverride={() => setOverriding(true)} />
          <div class="two-columns">
            <div class="stack">
              <EvidenceCard standings={standings} run={run} />
              <Attempts run={run} />
              {run.claims.length > 0 && <Claims claims={run.claims} />}
              {run.deliveries.length > 0 && <Deliveries deliveries={run.deliveries} />}
            </div>
            <Timeline run={run} />
          </div>
        </>
      )}
      {open && <EvidenceDrawer standing={open} onClose={() => setSearch({ evidence: undefined })} />}
      {run && isOverriding && <OverrideForm run={run} onClose={() => setOverriding(false)} onDone={reload} />}
    </main>
  );
}

function Hero({ run, asOfMs, onOverride }: { run: OccurrenceDetail; asOfMs: number; onOverride: () => void }) {
  const { override } = run;
  const isOver = override && override.until_ms > serverNow();
  return (
    <div class="hero">
      <div class="row wrap">
        <h1><a href={jobPath(run.job)} style={{ color: "inherit" }}>{run.job}</a> <span class="muted">{dateTime(run.nominal_ms, utc.value)}</span></h1>
        <VerdictChip state={stateOf(run)} />
        {run.phase === "done" && <button class="button small push" onClick={onOverride}>Override<kbd>o</kbd></button>}
      </div>
      <p data-why>
        {run.verdict
          ? <><b>{verdictWords(isOver ? (override.of ?? "unknown") : run.verdict)}</b>{run.why ? `: ${run.why}` : ""}</>
          : <>No verdict yet: {words(run.phase)}{run.why ? `, ${run.why}` : ""}</>}
      </p>
      <div class="facts">
        {run.decided_ms && <span>decided <Ago ms={run.decided_ms} /> by Nightshift's judge from {plural(run.evidence.length, "observation")}</span>}
        {!run.decided_ms && run.started_ms && <span>for <For ms={run.started_ms} /></span>}
        <span>started by {{ manual: "a person", schedule: "its schedule", event: "an event", ping: "a ping" }[run.trigger]}</span>
        {run.tokens > 0 && <span>{count(run.tokens)} tokens</span>}
        {run.cost_usd ? <span>{money(run.cost_usd)}</span> : null}
        <span>read <Ago ms={asOfMs} /></span>
        <span class="mono small">{run.id}</span>
      </div>
      {run.warning && <div class="note s-warning"><Icon name="warning" /><span><b>Warning:</b> {run.warning}</span></div>}
      {override && (
        <div class="note s-waiting_approval" data-override>
          <Icon name="waiting_approval" />
          <span>
            <b>{override.by}</b> says <b>{verdictWords(override.verdict)}</b>, {isOver ? "over" : "said so over"} the ledger's {verdictWords(override.of ?? "unknown")}, {isOver ? "until" : "until it ended at"} {dateTime(override.until_ms, utc.value)}: {override.reason}
          </span>
        </div>
      )}
      {run.summary && <div class="note" title="What the last attempt answered or wrote last"><Icon name="message" /><span class="summary">{run.summary}</span></div>}
    </div>
  );
}

function Timeline({ run }: { run: OccurrenceDetail }) {
  const moments = timelineOf(run);
  const first = moments[0]?.ms ?? 0;
  const isShort = (moments.at(-1)?.ms ?? first) - first < 60_000;
  return (
    <section class="card">
      <header><h2>Timeline</h2><span class="muted small">{dateTime(first, utc.value).slice(0, 10)}{utc.value ? " UTC" : ""}</span></header>
      <ol class={`timeline${isShort ? " short" : ""}`}>
        {moments.map((moment, i) => (
          <li key={i}>
            <time class="mono muted" dateTime={new Date(moment.ms).toISOString()} title={dateTime(moment.ms, utc.value, true)}>{clockTime(moment.ms, utc.value, isShort)}</time>
            {moment.state === "note" ? <i class="vmark v-note" /> : <VerdictMark state={moment.state as MarkState} />}
            <div><span>{moment.title}</span>{moment.text && <div class="muted small">{moment.text}</div>}</div>
            <span class="faint small num">{moment.ms > first ? `+${duration((moment.ms - first) * 1000)}` : ""}</span>
          </li>
        ))}
        {run.phase !== "done" && <li class="s-running"><span /><VerdictMark state={stateOf(run)} /><span>{words(run.phase)} now</span></li>}
      </ol>
    </section>
  );
}

// --- Evidence ---

const kOutcomeStates: Record<string, string> = { holds: "passing", fails: "failed", unknown: "unknown" };

// What stands by the work's own word alone is not green; what could not change the verdict is not red.
function OutcomeWord({ outcome, impact, isOwnWord }: { outcome: string; impact: Impact | "none"; isOwnWord: boolean }) {
  const state = outcome === "holds" && isOwnWord ? "unknown" : (kOutcomeStates[outcome] ?? "unknown");
  const tone = state !== "failed" || impact === "blocking" ? state : impact === "degraded" ? "warning" : "offline";
  return <span class={`state s-${tone}`}><Icon name={state} size={14} />{outcome}</span>;
}

function EvidenceCard({ standings, run }: { standings: Standing[]; run: OccurrenceDetail }) {
  return (
    <section class="card" aria-label="Evidence">
      <header><h2>Evidence</h2><span class="muted small">what was observed, not what was claimed</span></header>
      {standings.length === 0 && <div class="body muted">{run.phase === "done" ? "Nothing was observed: the verdict rests on nothing but the work's own word." : "Nothing is observed before the work ended."}</div>}
      <ul class="proofs">
        {standings.map((each) => (
          <li key={each.expectation}>
            <button onClick={() => setSearch({ evidence: each.expectation })} aria-haspopup="dialog">
              <OutcomeWord outcome={each.outcome} impact={each.impact} isOwnWord={each.isClaimantsWordOnly} />
              <span class="strong cut">{each.expectation}</span>
              <span class={`label i-${each.impact}`}>{each.impact}</span>
              <span class="why">{summaryOf(each)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function summaryOf(standing: Standing): string {
  const path = standing.paths.find((each) => each.outcome === standing.outcome) ?? standing.paths[0];
  if (!path) return "nothing was observed";
  return `${path.observed} · ${path.observer || path.kind}${standing.isClaimantsWordOnly ? ", the work's own word" : ""}${standing.paths.length > 1 ? ` · ${standing.paths.length} paths` : ""}`;
}

function EvidenceDrawer({ standing, onClose }: { standing: Standing; onClose: () => void }) {
  return (
    <Drawer title={<><h2 class="cut">{standing.expectation}</h2><OutcomeWord outcome={standing.outcome} impact={standing.impact} isOwnWord={standing.isClaimantsWordOnly} /></>} onClose={onClose}>
      <p><span class={`label i-${standing.impact}`}>{standing.impact}</span> <span class="muted">{kImpactWords[standing.impact]}</span></p>
      {standing.paths.length > 1 && <p class="muted">{plural(standing.paths.length, "path")}: any of them may prove it.</p>}
      {standing.paths.map((path, i) => <Path key={i} path={path} impact={standing.outcome === "holds" ? "none" : standing.impact} />)}
    </Drawer>
  );
}

function Path({ path, impact }: { path: Observation; impact: Impact | "none" }) {
  return (
    <section class="card path">
      <dl class="pairs">
        <dt>Condition</dt><dd class="strong">{path.condition || path.kind}</dd>
        <dt>Outcome</dt><dd><OutcomeWord outcome={path.outcome} impact={impact} isOwnWord={path.is_claimants_word} /></dd>
        <dt>Observed</dt><dd>{path.observed || <span class="muted">nothing</span>}{path.value !== undefined && <span class="muted"> (measured {path.value})</span>}</dd>
        <dt>When</dt><dd>{dateTime(path.time_ms, utc.value, true)}, <Ago ms={path.time_ms} /></dd>
        <dt>By whom</dt><dd>{path.observer || path.kind}{path.is_claimants_word && <> <span class="label" title="It supports, and alone proves nothing">the work's own word</span></>}</dd>
      </dl>
    </section>
  );
}

function Claims({ claims }: { claims: Claim[] }) {
  return (
    <section class="card">
      <header><h2>Claims</h2><span class="muted small">words; they prove nothing</span></header>
      <ul class="known">
        {claims.map((claim, i) => (
          <li key={i} class="s-unknown"><Icon name="message" /><span class="strong">{claimWords(claim)}</span><span class="muted nowrap"><Ago ms={claim.time_ms} /></span>{claim.text && <span class="why">{claim.text}</span>}</li>
        ))}
      </ul>
    </section>
  );
}

// A provider's identifier is proof; a state without one is not.
function Deliveries({ deliveries }: { deliveries: Delivery[] }) {
  return (
    <section class="card">
      <header><h2>Deliveries</h2></header>
      <ul class="known">
        {deliveries.map((each) => {
          const isProven = each.state === "delivered" && !!each.receipt?.identifier;
          const state = isProven ? "passing" : each.state === "failed" || each.state === "dead" ? "failed" : "unknown";
          return (
            <li key={each.id} class={`s-${state}`}>
              <Icon name={state} />
              <span class="strong">{each.channel}: {words(each.state)}{each.attempts > 1 ? `, ${each.attempts} attempts` : ""}</span>
              <span class="muted nowrap"><Ago ms={each.receipt?.time_ms ?? each.created_ms} /></span>
              <span class="why">
                {each.receipt
                  ? <>receipt of {each.receipt.provider}: <code>{each.receipt.identifier || "no identifier"}</code>{each.receipt.place ? ` in ${each.receipt.place}` : ""}{each.receipt.detail ? `, ${each.receipt.detail}` : ""}</>
                  : "no receipt"}
                {each.why && ` · ${each.why}`}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

// --- Attempts ---

function Attempts({ run }: { run: OccurrenceDetail }) {
  if (run.attempts.length === 0) {
    return <section class="card"><header><h2>Attempts</h2></header><div class="body muted">{run.phase === "planned" ? "None yet." : run.verdict === "missed" || run.verdict === "skipped" ? "None: it was never started." : "None of ours: this work runs elsewhere."}</div></section>;
  }
  return (
    <section class="card">
      <header><h2>{plural(run.attempts.length, "attempt")}</h2></header>
      <div class="scroll-x">
        <table class="table">
          <thead><tr><th>#</th><th>Started</th><th>Ended</th><th class="num">Took</th><th class="num">CPU</th><th class="num">Memory</th><th class="num">Output</th></tr></thead>
          <tbody>{run.attempts.map((each) => <AttemptRow key={each.attempt} attempt={each} />)}</tbody>
        </table>
      </div>
      {run.attempts.map((each) => <Output key={each.attempt} id={run.id} attempt={each} isOnly={run.attempts.length === 1} />)}
    </section>
  );
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  const { execution } = attempt;
  const started = execution && execution.started_us > 0 ? execution.started_us / 1000 : attempt.claimed_ms;
  const dropped = execution?.output_dropped_bytes ?? 0;
  return (
    <tr>
      <td title={`fencing token ${attempt.fence}`}>{attempt.attempt}</td>
      <td class="nowrap" title={dateTime(started, utc.value, true)}>{clockTime(started, utc.value)}</td>
      <td class={execution && !execution.succeeded ? "has-errors ending" : "ending"}>{execution ? endingOf(execution) : <span class="muted">not ended</span>}</td>
      <td class="num nowrap">{execution ? duration(tookUs(execution)) : <For ms={started} />}</td>
      <td class="num nowrap">{execution?.cpu_ms === undefined ? "–" : duration(execution.cpu_ms * 1000)}</td>
      <td class="num nowrap">{bytes(execution?.memory_peak_bytes)}</td>
      <td class="num nowrap">{execution ? bytes(execution.output_bytes ?? 0) : "–"}{dropped > 0 && <div class="has-errors small">{bytes(dropped)} dropped</div>}</td>
    </tr>
  );
}

const kTail = 64 * 1024;

// What it wrote: asked for when looked at, shown from its end.
function Output({ id, attempt, isOnly }: { id: string; attempt: Attempt; isOnly: boolean }) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState("");
  const [isWhole, setWhole] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    let isOurs = true;
    api.output(id, attempt.attempt).then((answer) => isOurs && (setText(answer), setError("")), (failure: unknown) => isOurs && setError(messageOf(failure)));
    return () => {
      isOurs = false;
    };
  }, [isOpen, id, attempt.attempt, attempt.execution === null]);
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const tail = text === null ? null : tailOf(text, isWhole ? Infinity : kTail);
  const dropped = attempt.execution?.output_dropped_bytes ?? 0;
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Output{isOnly ? "" : ` of attempt ${attempt.attempt}`}</summary>
      <div class="body">
        {error && <p class="muted">{error}</p>}
        {!error && tail === null && <p class="faint">…</p>}
        {tail && (
          <>
            {(dropped > 0 || tail.cut > 0) && (
              <p class="small muted">{dropped > 0 && `${bytes(dropped)} beyond the limit were dropped. `}{tail.cut > 0 && <>The last {bytes(tail.text.length)} are shown. <button class="button small" onClick={() => setWhole(true)}>Show all that is kept</button></>}</p>
            )}
            {tail.text === "" ? <p class="muted">It wrote nothing.</p> : <pre ref={box} class="mono output" tabIndex={0} aria-label="Output">{tail.text}</pre>}
          </>
        )}
      </div>
    </details>
  );
}

// --- A person's word ---

const kLasts: [string, string][] = [["1h", "an hour"], ["24h", "a day"], ["7d", "a week"], ["30d", "thirty days"]];

function OverrideForm({ run, onClose, onDone }: { run: OccurrenceDetail; onClose: () => void; onDone: () => void }) {
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const verdict = String(data.get("verdict"));
    setBusy(true);
    try {
      await api.override(run.id, verdict, String(data.get("reason")).trim(), String(data.get("for")));
      toast(`Your word stands: ${verdictWords(verdict)}`);
      onDone();
      onClose();
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  };
  return (
    <Modal label="Override the verdict" onClose={onClose}>
      <form onSubmit={submit}>
        <h2>Override the verdict?</h2>
        <p class="muted">The ledger keeps {run.verdict ? `"${verdictWords(run.verdict)}"` : "its verdict"}; your word stands over it with your name and reason until it ends.</p>
        <label>Verdict
          <select class="input" name="verdict">{kVerdicts.map((each) => <option key={each} value={each}>{verdictWords(each)}</option>)}</select>
        </label>
        <label>Reason<input class="input" name="reason" autofocus required maxLength={500} placeholder="What you know that the evidence does not say" /></label>
        <label>For
          <select class="input" name="for">{kLasts.map(([value, title]) => <option key={value} value={value} selected={value === "24h"}>{title}</option>)}</select>
        </label>
        {error && <div class="note s-error" role="alert"><Icon name="error" />{error}</div>}
        <div class="actions"><button type="button" class="button" onClick={onClose}>Cancel</button><button class="button primary" disabled={isBusy}>Override</button></div>
      </form>
    </Modal>
  );
}
