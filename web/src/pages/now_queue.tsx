import { useState } from "preact/hooks";
import type { Check, DiagnosisBrief, Incident, IncidentBrief } from "../api/incident_types.ts";
import type { Attention } from "../api/types.ts";
import { fleet } from "../live/fleet.ts";
import { details } from "../live/incidents.ts";
import { count, money, plural, span } from "../lib/format.ts";
import { now } from "../lib/clock.ts";
import { incidentPath, navigate } from "../lib/router.ts";
import { Evidence } from "../ui/evidence.tsx";
import { Ago, For } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { ConclusionChip, FindingWord, Ref, SeverityChip, SubjectLink } from "../ui/incident_words.tsx";
import { acknowledge, askRunbook } from "./incident_actions.tsx";
import { conclusionOf, factsOf, holderOf, kModeWords, primaryOf, receiptsOf, type Primary } from "./incidents_rows.ts";

// The queue of incidents on the landing page: a card each, with what a person needs to decide, and one thing to do.

const kFactsMax = 3;

export function IncidentCard({ incident, isSelected, attention }: { incident: IncidentBrief; isSelected: boolean; attention: readonly Attention[] }) {
  const detail = details.value.get(incident.id);
  const whole = detail?.incident ?? null;
  const { diagnosis } = incident;
  return (
    <li id={`item-${incident.id}`} class={`card incident s-${incident.severity}`} data-incident={incident.id} data-selected={isSelected}>
      <Icon name={incident.severity} size={18} />
      <div class="what">
        <h3><a href={incidentPath(incident.id)}>{incident.title}</a></h3>
        {attention.some((item) => item.agent && fleet.agents.get(item.agent)?.simulated) && <span class="label">simulated</span>}
      </div>
      <div class="do"><PrimaryButton incident={incident} primary={primaryOf(incident, whole?.runbooks ?? [])} /></div>
      <div class="meta">
        <span class="row"><SeverityChip severity={incident.severity} />{incident.severity_why && <span>{incident.severity_why}</span>}</span>
        {incident.subject.name && <SubjectLink subject={incident.subject} />}
        <span>for <For ms={incident.started_ms} /></span>
        <Holder incident={incident} />
        {incident.is_flapping && <span>flapping</span>}
        {incident.parts_open > 0 && <span class="strong">{plural(incident.parts_open, "more incident")} with the same cause</span>}
        {incident.firing > 1 && <span>{plural(incident.firing, "alert")} firing</span>}
      </div>
      <p class="verdict-line">
        <ConclusionChip conclusion={conclusionOf(incident)} isDiagnosed={diagnosis !== null} />
        <span>{diagnosis ? diagnosis.summary : "The facts are being gathered; what is wrong is not known yet."}{diagnosis && !diagnosis.is_complete && <span class="muted"> Some facts did not come in time.</span>}</span>
      </p>
      <div class="proofs-of">
        <Facts checks={factsOf(whole?.diagnosis ?? null)} incident={incident} error={detail?.error ?? ""} isAsked={detail !== undefined} />
        <Works works={diagnosis?.works ?? []} />
        {diagnosis?.next_action && <Next diagnosis={diagnosis} />}
        <Told incident={incident} whole={whole} />
        {(incident.tokens > 0 || diagnosis?.is_burning) && <Burnt incident={incident} />}
      </div>
      {attention.filter((item) => item.detection).slice(0, 1).map((item) => item.detection && <Evidence key={item.id} detection={item.detection} />)}
    </li>
  );
}

function Holder({ incident }: { incident: IncidentBrief }) {
  const { text, isNobody } = holderOf(incident);
  return <span class={isNobody ? "strong nobody" : ""}>{text}{incident.acknowledged_ms !== null && !isNobody && <>, <Ago ms={incident.acknowledged_ms} /></>}</span>;
}

export function runPrimary(incident: IncidentBrief, primary: Primary): void {
  if (primary.kind === "acknowledge") void acknowledge(incident);
  else if (primary.kind === "runbook") askRunbook(incident, primary.runbook, primary.mode);
  else navigate(incidentPath(incident.id));
}

function PrimaryButton({ incident, primary }: { incident: IncidentBrief; primary: Primary }) {
  const [isBusy, setBusy] = useState(false);
  if (primary.kind === "open") return <a class="button small" href={incidentPath(incident.id)} aria-label={`Open ${incident.title}`}>Open</a>;
  if (primary.kind === "runbook") {
    return <button class="button small" onClick={() => runPrimary(incident, primary)} aria-label={`${kModeWords[primary.mode]} ${primary.runbook.name}`} title={primary.runbook.description}><Icon name="play" size={13} />{kModeWords[primary.mode]} {primary.runbook.name}</button>;
  }
  const take = async () => {
    setBusy(true);
    await acknowledge(incident);
    setBusy(false);
  };
  return <button class="button small primary" disabled={isBusy} onClick={() => void take()} aria-label={`Acknowledge ${incident.title}`}>Acknowledge</button>;
}

function Facts({ checks, incident, error, isAsked }: { checks: readonly Check[]; incident: IncidentBrief; error: string; isAsked: boolean }) {
  const shown = checks.slice(0, kFactsMax);
  return (
    <div class="part">
      <h4>Evidence</h4>
      {shown.length > 0 && (
        <ul>
          {shown.map((check) => (
            <li key={check.name}><FindingWord finding={check.finding} /><span><b>{check.name}</b>: <span>{check.says}</span> {check.evidence.slice(0, 2).map((ref) => <Ref key={ref} to={ref} />)}</span></li>
          ))}
        </ul>
      )}
      {checks.length > shown.length && <a class="small" href={incidentPath(incident.id)}>{plural(checks.length - shown.length, "more check")}</a>}
      {incident.diagnosis && <span class="muted small">as of <Ago ms={incident.diagnosis.time_ms} /></span>}
      {checks.length === 0 && <span class="muted">{error ? `could not be read: ${error}` : !isAsked ? "being read" : incident.diagnosis ? "no check said anything" : "not gathered yet"}</span>}
    </div>
  );
}

function Works({ works }: { works: readonly string[] }) {
  return (
    <div class="part">
      <h4>Still works</h4>
      {works.length > 0 ? <ul>{works.map((each) => <li key={each} class="s-passing"><Icon name="passing" size={14} /><span>{each}</span></li>)}</ul> : <span class="muted">nothing is known to</span>}
    </div>
  );
}

function Next({ diagnosis }: { diagnosis: DiagnosisBrief }) {
  return (
    <div class="part">
      <h4>Next</h4>
      <span>{diagnosis.next_action}{diagnosis.response_window && <span class="muted"> · {diagnosis.response_window}</span>}</span>
    </div>
  );
}

function Told({ incident, whole }: { incident: IncidentBrief; whole: Incident | null }) {
  const receipts = receiptsOf(whole?.notifications ?? []);
  return (
    <div class="part">
      <h4>Told</h4>
      {receipts.length > 0
        ? <ul>{receipts.map((each) => <li key={each.channel} class={`s-${each.tone}`}><Icon name={each.tone} size={14} /><span><b>{each.channel}</b>: {each.text}</span></li>)}</ul>
        : <span class="muted">{incident.is_suppressed ? `nobody: ${incident.suppressed_why || "it is silenced"}` : incident.notified_ms === null ? "nobody yet" : whole ? "who was told is not kept any more" : "being read"}</span>}
      {incident.next_step_ms !== null && incident.state === "open" && <span class="muted small">next step {incident.next_step_ms > now.value ? `in ${span(incident.next_step_ms - now.value)}` : "now"}</span>}
    </div>
  );
}

function Burnt({ incident }: { incident: IncidentBrief }) {
  return (
    <div class="part">
      <h4>Cost</h4>
      <span class={incident.diagnosis?.is_burning ? "has-errors" : ""}>
        {incident.diagnosis?.is_burning ? "burning now" : "spent"}
        {incident.tokens > 0 ? `: ${count(incident.tokens)} tokens, ${money(incident.cost_usd)}` : ": how much is not counted yet"}
      </span>
    </div>
  );
}

// What is kept quiet: folded, counted, and never gone.
export function Folded({ title, items }: { title: string; items: readonly IncidentBrief[] }) {
  if (items.length === 0) return null;
  return (
    <details class="card fold folded">
      <summary><h2>{title}</h2></summary>
      <ul class="known">
        {items.map((incident) => (
          <li key={incident.id} class={`s-${incident.severity}`}>
            <Icon name={incident.severity} />
            <a class="strong" href={incidentPath(incident.id)}>{incident.title}</a>
            <span class="muted nowrap"><For ms={incident.started_ms} /></span>
            <span class="why">{incident.is_suppressed ? `nobody is told: ${incident.suppressed_why || "it is silenced"} · ` : ""}{incident.diagnosis ? `${incident.diagnosis.conclusion.replaceAll("_", " ")}: ${incident.diagnosis.summary}` : "not diagnosed"}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
