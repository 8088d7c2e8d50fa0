import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Labels } from "../api/incident_types.ts";
import { place, setSearch } from "../lib/router.ts";
import { Icon } from "../ui/icons.tsx";
import { useKeys } from "../ui/keys.ts";
import { usePolled } from "../ui/polled.tsx";
import { CurrentAlerts } from "./alerts_current.tsx";
import { Past } from "./alerts_past.tsx";
import { Rules } from "./alerts_rules.tsx";
import { SilenceForm, Silences } from "./alerts_silences.tsx";
import "../styles/alerts.css";

// Alerts: what fires now and who is kept from hearing of it, the rules that look, the silences, and how often rules were right.

const kViews = [["", "Alerts"], ["rules", "Rules"], ["silences", "Silences"], ["past", "Past"]] as const;

export function AlertsPage() {
  const wanted = place.value.search.get("view") ?? "";
  const view = kViews.find(([name]) => name === wanted)?.[0] ?? "";
  const [silencing, setSilencing] = useState<Labels | null>(null);
  const silences = usePolled((signal) => api.silences(signal));
  useKeys({ s: () => setSilencing({}) });
  const show = (name: string) => setSearch({ view: name || undefined, q: undefined });
  return (
    <main class="page">
      <h1 class="sr-only">Alerts</h1>
      <div class="filters">
        <div class="segments" role="tablist" aria-label="View">
          {kViews.map(([name, title]) => <button key={name} role="tab" aria-selected={view === name} onClick={() => show(name)}>{title}</button>)}
        </div>
        {(view === "" || view === "rules") && <Filter />}
        <button class="button small push" onClick={() => setSilencing({})}><Icon name="stalled" size={13} />Silence<kbd>s</kbd></button>
      </div>
      {view === "" && <CurrentAlerts onSilence={setSilencing} />}
      {view === "rules" && <Rules />}
      {view === "silences" && <Silences known={silences} />}
      {view === "past" && <Past />}
      {silencing && <SilenceForm labels={silencing} onClose={() => setSilencing(null)} onDone={silences.reload} />}
    </main>
  );
}

function Filter() {
  const text = place.value.search.get("q") ?? "";
  return (
    <div class="field">
      <Icon name="search" size={14} />
      <input class="input" type="search" data-filter value={text} placeholder="Filter by name or label" aria-label="Filter" spellcheck={false} onInput={(e) => setSearch({ q: e.currentTarget.value })} />
      <kbd>/</kbd>
    </div>
  );
}
