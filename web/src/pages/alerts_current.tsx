import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Alert, Labels } from "../api/incident_types.ts";
import { plural } from "../lib/format.ts";
import { place, setSearch } from "../lib/router.ts";
import { Ago, For } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { LabelChips } from "../ui/incident_words.tsx";
import { usePolled, ReadError } from "../ui/polled.tsx";
import { alertTitle, inAlertOrder, matchesAlert, suppressionOf, webLink } from "./alerts_rows.ts";

const kRowsAtOnce = 200;

// What fires now, or did until a moment ago; and by what each is kept from people, if it is.
export function CurrentAlerts({ onSilence }: { onSilence: (labels: Labels) => void }) {
  const known = usePolled((signal) => api.alerts(signal));
  const [rows, setRows] = useState(kRowsAtOnce);
  const text = place.value.search.get("q") ?? "";
  const all = known.value?.items ?? [];
  const found = inAlertOrder(all.filter((alert) => matchesAlert(alert, text)));
  const told = all.filter((alert) => alert.is_firing && !alert.suppressed_by).length;
  const hushed = all.filter((alert) => alert.is_firing && alert.suppressed_by).length;
  return (
    <>
      <ReadError what="The alerts" isKnown={known.value !== null} error={known.error} onAgain={known.reload} />
      {!known.value && !known.error && <div class="empty">Asking for the alerts…</div>}
      {known.value && all.length === 0 && <div class="card empty"><h2>No alert fires</h2><p>Whether the rules looked is under <a href="/alerts?view=rules">Rules</a>. Other systems may send theirs as they send to Alertmanager.</p></div>}
      {all.length > 0 && (
        <section class="card" aria-label="Alerts">
          <header><h2>{plural(told, "alert")} firing</h2><span class="muted small">{hushed > 0 ? `${hushed} more that nobody is told of; ` : ""}{text ? `${found.length} shown` : "newest first"}</span></header>
          <ul class="known alerts">{found.slice(0, rows).map((alert) => <Row key={alert.fingerprint} alert={alert} onSilence={onSilence} />)}</ul>
          {found.length === 0 && <div class="empty">Nothing matches. <button class="button small" onClick={() => setSearch({ q: undefined })}>Clear the filter</button></div>}
        </section>
      )}
      {found.length > rows && <div><button class="button small" onClick={() => setRows(rows + kRowsAtOnce)}>Show more of the {found.length - rows} below</button></div>}
    </>
  );
}

function Row({ alert, onSilence }: { alert: Alert; onSilence: (labels: Labels) => void }) {
  const suppression = suppressionOf(alert);
  const tone = !alert.is_firing ? "idle" : suppression ? "unknown" : "failed";
  const link = webLink(alert.generator);
  return (
    <li class={`s-${tone}`} data-fingerprint={alert.fingerprint}>
      <Icon name={!alert.is_firing ? "ok" : suppression ? "stalled" : "failed"} />
      <span class="title">
        <span class="strong">{alertTitle(alert)}</span>
        <span class="muted small">{alert.is_firing ? <>firing for <For ms={alert.starts_ms} /></> : <>ended <Ago ms={alert.ends_ms} /></>}{alert.is_flapping && ", flapping"}{suppression && <> · {suppression}</>}{link && <> · <a href={link} target="_blank" rel="noreferrer noopener">source</a></>}</span>
      </span>
      <button class="button small" onClick={() => onSilence(alert.labels)} aria-label={`Silence ${alertTitle(alert)}`}>Silence</button>
      <span class="why"><LabelChips labels={alert.labels} />{alert.annotations["description"] && <span>{alert.annotations["description"]}</span>}</span>
    </li>
  );
}
