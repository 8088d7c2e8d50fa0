import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { IncidentBrief, IncidentStatistics, Percentiles } from "../api/incident_types.ts";
import { count, dateTime, duration, plural, span } from "../lib/format.ts";
import { incidentPath } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { ConclusionChip } from "../ui/incident_words.tsx";
import { ReadError, usePolled } from "../ui/polled.tsx";
import { share } from "./alerts_rows.ts";
import { conclusionOf } from "./incidents_rows.ts";

// What was, and how often it was what it was said to be.
export function Past() {
  const known = usePolled((signal) => api.incidentStatistics(signal));
  return (
    <>
      <ReadError what="The statistics" isKnown={known.value !== null} error={known.error} onAgain={known.reload} />
      {known.value && <Statistics statistics={known.value} />}
      <Resolved />
    </>
  );
}

// Below a second counts too: a diagnosis should take no longer.
const took = (ms: number | null | undefined) => (ms === null || ms === undefined ? "–" : duration(ms * 1000));

function Time({ name, of }: { name: string; of: Percentiles | undefined }) {
  return <div class="tile"><span class="name">{name}</span><span class="figure">{took(of?.p50_ms)}</span><span class="muted small">p95 {took(of?.p95_ms)}</span></div>;
}

function Statistics({ statistics }: { statistics: IncidentStatistics }) {
  return (
    <section class="card statistics" aria-label="Statistics">
      <div class="tiles six">
        <div class="tile"><span class="name">Incidents</span><span class="figure">{count(statistics.incidents)}</span><span class="muted small">in 30 days, {count(statistics.unresolved)} not resolved{statistics.left_out > 0 && `; ${count(statistics.left_out)} more not counted`}</span></div>
        <div class="tile"><span class="name">False alarms</span><span class="figure">{count(statistics.false_alarms)}</span><span class="muted small">{share(statistics.incidents > 0 ? statistics.false_alarms / statistics.incidents : null)}, by the word of people or else the diagnosis</span></div>
        <Time name="Noticed after" of={statistics.detect} />
        <Time name="Diagnosed after" of={statistics.diagnose} />
        <Time name="Taken after" of={statistics.acknowledge} />
        <Time name="Resolved after" of={statistics.resolve} />
      </div>
      {statistics.rules.length > 0 && (
        <table class="table">
          <thead><tr><th scope="col">Rule</th><th scope="col" class="num">Incidents</th><th scope="col" class="num">False alarms</th><th scope="col" class="num">Rate</th></tr></thead>
          <tbody>
            {statistics.rules.map((each) => (
              <tr key={each.rule} data-rule={each.rule}>
                <td><span class="row wrap"><a href={`/alerts?view=rules&q=${encodeURIComponent(each.rule)}`}>{each.rule || "alerts of others"}</a>{each.is_often_wrong && <span class="state s-warning"><Icon name="warning" size={14} />often wrong</span>}</span></td>
                <td class="num">{count(each.incidents)}</td>
                <td class="num">{count(each.false_alarms)}</td>
                <td class={`num${each.is_often_wrong ? " has-errors" : ""}`}>{share(each.false_alarm_rate)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const kPage = 25;

interface Page { items: IncidentBrief[]; older: string | null; total: number; error: string }

function Resolved() {
  const [page, setPage] = useState<Page | null>(null);
  const load = (cursor: string | undefined, signal?: AbortSignal) =>
    api.incidents({ state: "resolved", limit: kPage, cursor }, signal).then(
      (answer) => setPage((before) => ({ items: [...(cursor && before ? before.items : []), ...answer.items], older: answer.next_cursor, total: answer.total, error: "" })),
      (failure: unknown) => signal?.aborted || setPage((before) => ({ items: before?.items ?? [], older: before?.older ?? null, total: before?.total ?? 0, error: messageOf(failure) })),
    );
  useEffect(() => {
    const abort = new AbortController();
    void load(undefined, abort.signal);
    return () => abort.abort();
  }, []);
  return (
    <section class="card" aria-label="Resolved incidents">
      <header><h2>Resolved</h2>{page && <span class="muted small">{plural(page.total, "incident")}</span>}</header>
      {page?.error && <div class="note s-error" role="alert"><Icon name="error" />{page.error}</div>}
      {page && page.items.length === 0 && !page.error && <div class="empty">No incident has been resolved yet.</div>}
      <ul class="known resolved">{(page?.items ?? []).map((each) => <ResolvedRow key={each.id} incident={each} />)}</ul>
      {page?.older && <div class="body"><button class="button small" onClick={() => void load(page.older ?? undefined)}>Load older</button></div>}
    </section>
  );
}

function ResolvedRow({ incident }: { incident: IncidentBrief }) {
  const ended = incident.resolved_ms ?? incident.opened_ms;
  return (
    <li class={`s-${incident.severity}`}>
      <Icon name={incident.severity} />
      <a class="strong" href={incidentPath(incident.id)}>{incident.title}</a>
      <ConclusionChip conclusion={incident.judged ?? conclusionOf(incident)} isDiagnosed={incident.judged !== null || incident.diagnosis !== null} />
      <span class="why">{dateTime(incident.opened_ms, utc.value)}, lasted {span(ended - incident.started_ms)} · {incident.resolved_why || "no reason given"}{incident.judged ? ` · ${incident.judged_by || "a person"} says ${words(incident.judged)}` : ""}</span>
    </li>
  );
}
