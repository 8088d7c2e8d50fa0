import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Incident } from "../api/incident_types.ts";
import { remember, useIncidentChanges } from "../live/incidents.ts";
import { now, serverNow } from "../lib/clock.ts";
import { count, dateTime, money, span } from "../lib/format.ts";
import { incidentPath, place } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { Ago, For, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { ConclusionChip, LabelChips, SeverityChip, SubjectLink } from "../ui/incident_words.tsx";
import { useKeys } from "../ui/keys.ts";
import { acknowledge, askHandOver, askNote, askReopen, askResolve, diagnose, separate } from "./incident_actions.tsx";
import { DiagnosisCard } from "./incident_diagnosis.tsx";
import { Members, Notifications, PostMortem, Runbooks, SameCause, StakesCard, Timeline } from "./incident_parts.tsx";
import { conclusionOf, holderOf, isUnderWay, judgementOf } from "./incidents_rows.ts";
import "../styles/jobs.css";
import "../styles/incident_page.css";

// One incident: what is wrong and on what evidence, who was told, what was done, and what may be done.

const kSettleMs = 400;
const kUnderWayMs = 4000;        // receipts come without a word on the topic
const kAgainMs = 20_000;

interface Loaded { incident: Incident | null; asOfMs: number; error: string }

function useIncident(id: string) {
  const [state, setState] = useState<Loaded>({ incident: null, asOfMs: 0, error: "" });
  const [round, setRound] = useState(0);
  const soon = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const reload = () => setRound((before) => before + 1);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (incident: Incident | null) => {
      timer = setTimeout(reload, incident && isUnderWay(incident.notifications) ? kUnderWayMs : kAgainMs);
    };
    api.incident(id, abort.signal).then(
      (incident) => {
        remember(incident);
        setState({ incident, asOfMs: serverNow(), error: "" });
        again(incident);
      },
      (failure: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ ...before, error: messageOf(failure) }));
        again(null);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, round]);
  useIncidentChanges(id, () => {
    soon.current ??= setTimeout(() => {
      soon.current = undefined;
      reload();
    }, kSettleMs);
  });
  useEffect(() => () => clearTimeout(soon.current), []);
  // An action answers without what only the page asks for; it is shown at once, and asked again.
  const took = (incident: Incident) => {
    setState((before) => ({ incident: { ...incident, runbooks: incident.runbooks ?? before.incident?.runbooks ?? [] }, asOfMs: serverNow(), error: "" }));
    reload();
  };
  return { ...state, reload, took };
}

export function IncidentPage() {
  const { route } = place.value;
  return route.page === "incident" ? <IncidentView key={route.id} id={route.id} /> : null;
}

function IncidentView({ id }: { id: string }) {
  const { incident, asOfMs, error, reload, took } = useIncident(id);
  const isOver = incident?.state === "resolved";
  useKeys(
    incident
      ? {
          n: () => askNote(incident, took),
          i: () => void diagnose(incident, took),
          e: () => (isOver ? askReopen(incident, took) : askResolve(incident, took)),
          ...(incident.state === "open" && !incident.part_of ? { a: () => void acknowledge(incident, took) } : {}),
          ...(isOver || incident.part_of ? {} : { h: () => askHandOver(incident, took) }),
        }
      : {},
  );
  return (
    <main class="page">
      {error && <div class="note s-error" role="alert"><Icon name="error" /><span>{incident ? "Not current: " : ""}{error} <button class="button small" onClick={reload}>Try again</button></span></div>}
      {!incident && <div class="hero"><h1>{id}</h1>{!error && <p class="muted">Asking for the incident…</p>}</div>}
      {incident && (
        <>
          <Hero incident={incident} asOfMs={asOfMs} took={took} />
          <div class="two-columns">
            <div class="stack">
              <DiagnosisCard incident={incident} />
              <Runbooks incident={incident} onDone={reload} />
              <Members incident={incident} />
              <SameCause incident={incident} />
              <PostMortem incident={incident} />
            </div>
            <div class="stack">
              <Notifications incident={incident} />
              <StakesCard incident={incident} />
              <Timeline incident={incident} />
            </div>
          </div>
        </>
      )}
    </main>
  );
}

function Hero({ incident, asOfMs, took }: { incident: Incident; asOfMs: number; took: (incident: Incident) => void }) {
  return (
    <div class="hero">
      <div class="row wrap">
        <h1>{incident.title}</h1>
      </div>
      <div class="row wrap" data-state={incident.state}>
        <SeverityChip severity={incident.severity} />
        <ConclusionChip conclusion={conclusionOf(incident)} isDiagnosed={incident.diagnosis !== null} />
        <StateWord incident={incident} />
        <Actions incident={incident} took={took} />
      </div>
      <div class="facts">
        {incident.severity_why && <span>{incident.severity}: {incident.severity_why}</span>}
        {incident.subject.name && <SubjectLink subject={incident.subject} />}
        <span>{incident.state === "resolved" ? <>lasted {span((incident.resolved_ms ?? asOfMs) - incident.started_ms)}, until <Ago ms={incident.resolved_ms} /></> : <>for <For ms={incident.started_ms} /></>}</span>
        {incident.rule && <span>rule <a href={`/alerts?view=rules&q=${encodeURIComponent(incident.rule)}`}>{incident.rule}</a></span>}
        {incident.tokens > 0 && <span>{count(incident.tokens)} tokens, {money(incident.cost_usd)}</span>}
        <span>revision {incident.revision}, read <Ago ms={asOfMs} /></span>
        <span class="mono small">{incident.id}</span>
      </div>
      <LabelChips labels={incident.labels} />
      {incident.part_of && (
        <div class="note s-info" data-part-of={incident.part_of}>
          <Icon name="info" />
          <span>Told with <a href={incidentPath(incident.part_of)}>another incident</a>, as they have the same cause: {incident.part_of_why}. <button class="button small" onClick={() => void separate(incident, took)}>It is something else</button></span>
        </div>
      )}
      <Notes incident={incident} />
    </div>
  );
}

function StateWord({ incident }: { incident: Incident }) {
  if (incident.state === "resolved") return <span class="state s-idle"><Icon name="ok" size={14} />resolved</span>;
  const { text, isNobody } = holderOf(incident);
  return <span class={`state s-${isNobody ? "warning" : "waiting_approval"}`}><Icon name={isNobody ? "unknown" : "waiting_approval"} size={14} />{incident.state}: {text}</span>;
}

function Actions({ incident, took }: { incident: Incident; took: (incident: Incident) => void }) {
  const isOver = incident.state === "resolved";
  return (
    <span class="row push wrap">
      {incident.state === "open" && !incident.part_of && <button class="button small primary" onClick={() => void acknowledge(incident, took)}>Acknowledge<kbd>a</kbd></button>}
      {!isOver && !incident.part_of && <button class="button small" onClick={() => askHandOver(incident, took)}>Hand over<kbd>h</kbd></button>}
      <button class="button small" onClick={() => askNote(incident, took)}>Note<kbd>n</kbd></button>
      <button class="button small" onClick={() => void diagnose(incident, took)}>Diagnose again<kbd>i</kbd></button>
      {isOver
        ? <button class="button small" onClick={() => askReopen(incident, took)}>Reopen<kbd>e</kbd></button>
        : <button class="button small" onClick={() => askResolve(incident, took)}>Resolve<kbd>e</kbd></button>}
    </span>
  );
}

function Notes({ incident }: { incident: Incident }) {
  return (
    <>
      {incident.is_suppressed && <div class="note s-unknown"><Icon name="stalled" /><span>Nobody is told: {incident.suppressed_why || "its alert is silenced"}.</span></div>}
      {incident.told_by && <div class="note s-info"><Icon name="info" /><span>Node <b>{incident.told_by}</b> deals with it and tells people; this one would when it does not answer any more.</span></div>}
      {incident.is_flapping && <div class="note s-warning"><Icon name="looping" /><span>It flaps: its alert comes and goes, so it is not resolved by itself.</span></div>}
      {incident.state === "open" && incident.next_step_ms !== null && (
        <div class="note s-warning"><Icon name="stale" /><span>Without an acknowledgement the next people are told {incident.next_step_ms > now.value ? <>in {span(incident.next_step_ms - now.value)}</> : "now"} ({dateTime(incident.next_step_ms, utc.value)}); step {incident.step} has been reached.</span></div>
      )}
      {incident.state === "resolved" && <div class="note"><Icon name="ok" /><span>Resolved {dateTime(incident.resolved_ms ?? 0, utc.value)}{incident.resolved_why ? `: ${incident.resolved_why}` : ""}.</span></div>}
      {incident.judged && <div class="note s-waiting_approval" data-judged><Icon name="waiting_approval" /><span><b>{incident.judged_by || "A person"}</b> says: <b>{judgementOf(incident.judged)}</b>{incident.diagnosis && incident.diagnosis.conclusion !== incident.judged ? `; diagnosed as ${words(incident.diagnosis.conclusion)}` : ""}.</span></div>}
    </>
  );
}
