import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Incident, Runbook } from "../api/incident_types.ts";
import { clockTime, dateTime, duration, plural } from "../lib/format.ts";
import { incidentPath } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { Ago, For, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { LabelChips, Ref } from "../ui/incident_words.tsx";
import { askRunbook } from "./incident_actions.tsx";
import { entryTone, modeOf, receiptOf } from "./incidents_rows.ts";

// Who was told, over which channel, and whether it arrived.
export function Notifications({ incident }: { incident: Incident }) {
  const all = [...incident.notifications].reverse();
  return (
    <section class="card" aria-label="Who was told">
      <header><h2>Told</h2><span class="muted small">only what names its message has surely arrived</span></header>
      {all.length === 0 && <div class="body muted">{incident.is_suppressed ? "Nobody, as it is silenced." : "Nobody yet."}</div>}
      <ul class="known told">
        {all.map((each) => {
          const receipt = receiptOf(each);
          return (
            <li key={each.delivery} class={`s-${receipt.tone}`} data-state={each.state}>
              <Icon name={receipt.tone} />
              <span><b>{each.channel}</b>: {receipt.text}</span>
              <span class="muted nowrap"><Ago ms={each.settled_ms ?? each.sent_ms} /></span>
              <span class="why">{words(each.what)} of step {each.step}, told {each.told_severity} and {each.told_state} · <span class="mono">{each.delivery}</span></span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function StakesCard({ incident }: { incident: Incident }) {
  const { stakes } = incident;
  const said: [string, string][] = [
    ["Impact", stakes.impact], ["Owner", stakes.owner], ["Customers", stakes.customers],
    ["Deadline", stakes.deadline_ms === null ? "" : dateTime(stakes.deadline_ms, utc.value)],
    ["Other ways", stakes.redundancy === null ? "" : stakes.redundancy === 0 ? "none is left" : plural(stakes.redundancy, "other way works", "other ways work")],
    ["Asked for", [stakes.asked ? `${stakes.asked} by the rule` : "", stakes.raised ? `${stakes.raised} by ${stakes.raised_by}` : ""].filter(Boolean).join(", ")],
  ];
  return (
    <section class="card" aria-label="Who is affected">
      <header><h2>Who is affected</h2><span class="muted small">what makes it {incident.severity}</span></header>
      <div class="body">
        <dl class="pairs">
          <dt>Because</dt><dd class="strong">{incident.severity_why || "nobody says"}</dd>
          {said.map(([name, value]) => <><dt key={name}>{name}</dt><dd>{value || <span class="faint">nobody says</span>}</dd></>)}
          <dt>The work</dt><dd>{stakes.is_verified_otherwise ? "is verified as done, by another way" : "is not verified as done"}</dd>
        </dl>
      </div>
    </section>
  );
}

export function Timeline({ incident }: { incident: Incident }) {
  const first = incident.timeline[0]?.time_ms ?? 0;
  return (
    <section class="card" aria-label="Timeline">
      <header><h2>Timeline</h2><span class="muted small">since {dateTime(first || incident.opened_ms, utc.value)}</span></header>
      {incident.timeline.length > 0 && <ol class="timeline story">
        {incident.timeline.map((entry, i) => (
          <li key={i} class={`s-${entryTone(entry.kind)}`}>
            <time class="mono muted" dateTime={new Date(entry.time_ms).toISOString()} title={dateTime(entry.time_ms, utc.value, true)}>{clockTime(entry.time_ms, utc.value)}</time>
            <i class="vmark v-note" />
            <div><span class="strong">{words(entry.kind)}</span> <span class="muted">by {entry.who || "nobody named"}</span><div>{entry.text}</div><Ref to={entry.ref} /></div>
            <span class="faint small num">{entry.time_ms > first ? `+${duration((entry.time_ms - first) * 1000)}` : ""}</span>
          </li>
        ))}
      </ol>}
      {incident.timeline.length === 0 && <div class="body muted">Nothing is written down yet.</div>}
    </section>
  );
}

export function Members({ incident }: { incident: Incident }) {
  const hidden = incident.total - incident.members.length;
  return (
    <section class="card" aria-label="Alerts">
      <header><h2>{plural(incident.total, "alert")}</h2><span class="muted small">{incident.firing} firing{hidden > 0 ? `; ${hidden} not kept here` : ""}</span></header>
      <ul class="known members">
        {incident.members.map((each) => (
          <li key={each.fingerprint} class={`s-${each.is_firing ? "failed" : "idle"}`}>
            <Icon name={each.is_firing ? "failed" : "ok"} />
            <span class="strong">{each.summary || each.labels["alertname"]}</span>
            <span class="muted nowrap">{each.is_firing ? <>firing, <For ms={each.started_ms} /></> : <>ended <Ago ms={each.ended_ms} /></>}</span>
            <span class="why"><LabelChips labels={each.labels} /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}

// The other incidents that this one tells people of.
export function SameCause({ incident }: { incident: Incident }) {
  const { parts, parts_total: total, parts_open: open } = incident;
  if (total === 0) return null;
  return (
    <section class="card" aria-label="Same cause">
      <header><h2>{plural(total, "more incident")} with the same cause</h2><span class="muted small">{open > 0 ? `${open} going on` : "all over"}{total > parts.length ? `; ${total - parts.length} not listed here` : ""}</span></header>
      <ul class="known members">
        {parts.map((each) => (
          <li key={each.id} class={`s-${each.is_over ? "idle" : each.severity}`} data-part={each.id}>
            <Icon name={each.is_over ? "ok" : each.severity} />
            <a class="strong" href={incidentPath(each.id)}>{each.title}</a>
            <span class="muted nowrap">{each.is_over ? "over" : each.severity}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const kDecisions: Record<string, string> = { run: "may run", dry_run: "dry run only", ask: "needs your approval", refuse: "refused", verify_again: "has acted: whether it helped is being looked at", escalate: "did not help: a person must look" };

export function Runbooks({ incident, onDone }: { incident: Incident; onDone: () => void }) {
  const runbooks = incident.runbooks ?? [];
  if (runbooks.length === 0) return null;
  return (
    <section class="card" aria-label="Runbooks">
      <header><h2>What can be done</h2><span class="muted small">every step is written down; what the policy refuses cannot be run from here</span></header>
      <ul class="runbooks">
        {runbooks.map((each) => <RunbookRow key={each.name} incident={incident} runbook={each} onDone={onDone} />)}
      </ul>
    </section>
  );
}

function RunbookRow({ incident, runbook, onDone }: { incident: Incident; runbook: Runbook; onDone: () => void }) {
  const mode = modeOf(runbook.decision);
  return (
    <li data-runbook={runbook.name}>
      <div class="row wrap">
        <span class="strong">{runbook.name}</span>
        <span class={`label d-${mode ?? "refuse"}`}>{kDecisions[runbook.decision] ?? words(runbook.decision)}</span>
        <span class="row push">
          {mode !== null && <button class="button small" onClick={() => askRunbook(incident, runbook, "dry_run", onDone)} aria-label={`Dry run ${runbook.name}`}>Dry run</button>}
          {mode === "run" && <button class="button small" onClick={() => askRunbook(incident, runbook, "run", onDone)} aria-label={`Run ${runbook.name}`}><Icon name="play" size={13} />Run</button>}
          {mode === "approve" && <button class="button small" onClick={() => askRunbook(incident, runbook, "approve", onDone)} aria-label={`Approve ${runbook.name}`}><Icon name="play" size={13} />Approve</button>}
        </span>
      </div>
      {runbook.description && <p>{runbook.description}</p>}
      {runbook.steps.length > 0 && <ol class="steps muted">{runbook.steps.map((step, i) => <li key={i}>{step}</li>)}</ol>}
      <p class="muted small">{runbook.why}{runbook.last && <>{runbook.why ? " · " : ""}last: {words(runbook.last.state)} <Ago ms={runbook.last.at_ms} />{runbook.last.says ? `, ${runbook.last.says}` : ""}</>}</p>
    </li>
  );
}

// What to learn from it, as a document; made anew from the timeline each time.
export function PostMortem({ incident }: { incident: Incident }) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  useEffect(() => {
    if (!isOpen) return;
    const abort = new AbortController();
    api.postmortem(incident.id, abort.signal).then(
      (answer) => {
        setText(answer);
        setError("");
      },
      (failure: unknown) => abort.signal.aborted || setError(messageOf(failure)),
    );
    return () => abort.abort();
  }, [isOpen, incident.revision]);
  return (
    <details class="card fold" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><h2>Post-mortem</h2><a class="push small row" href={api.postmortemPath(incident.id)} download={`${incident.id}.md`}><Icon name="download" size={13} />Download</a></summary>
      <div class="body">
        {error && <div class="note s-error" role="alert"><Icon name="error" />{error}</div>}
        {text ? <pre class="mono output" tabIndex={0} aria-label="Post-mortem">{text}</pre> : !error && <p class="muted">Asking for it…</p>}
      </div>
    </details>
  );
}
