import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Probe } from "../api/types.ts";
import { now } from "../lib/clock.ts";
import { messageOf, toast } from "../ui/dialogs.tsx";
import { Ago, For, State } from "../ui/facts.tsx";
import { ReadError, usePolled } from "../ui/polled.tsx";
import { inProbeOrder, paceOf, stateNow, tallyOf } from "./probes_rows.ts";

// Health checks that test an outcome: how each is, since when, and what it saw.
export function Probes() {
  const known = usePolled((signal) => api.probes(signal));
  const all = known.value?.items ?? [];
  return (
    <section class="card" aria-label="Probes">
      <header><h2>Probes</h2><span class="muted small">{all.length > 0 ? tallyOf(all, now.value) : "health checks that test an outcome"}</span></header>
      <ReadError what="The probes" isKnown={known.value !== null} error={known.error} onAgain={known.reload} />
      {known.value && all.length === 0 && <div class="empty">None is configured. They are listed under <code>probes:</code> in nightshift.yaml.</div>}
      {all.length > 0 && (
        <div class="scroll-x">
          <table class="table">
            <thead><tr><th>Probe</th><th>State</th><th>Evidence</th><th>About</th><th>Looked</th><th /></tr></thead>
            <tbody>{inProbeOrder(all, now.value).map((probe) => <Row key={probe.name} probe={probe} onLooked={known.reload} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ probe, onLooked }: { probe: Probe; onLooked: () => void }) {
  const [isLooking, setLooking] = useState(false);
  const state = stateNow(probe, now.value);
  const look = async () => {
    setLooking(true);
    try {
      const seen = await api.runProbe(probe.name);
      const last = seen.looks[0];
      toast(`${probe.name}: ${last ? last.says : "nobody has looked"}`, last?.outcome === "good" ? undefined : "error");
    } catch (failure) {
      toast(`${probe.name}: ${messageOf(failure)}`, "error");
    } finally {
      setLooking(false);
      onLooked();
    }
  };
  return (
    <tr data-probe={probe.name} data-state={state}>
      <td title={probe.description}><div class="strong">{probe.name}</div><div class="faint small">{probe.asks}</div></td>
      <td class="nowrap"><State value={state} /><div class="faint small">for <For ms={probe.state.since_ms} /></div></td>
      <td><div>{probe.state.why || "no reason given"}</div>
        <div class="faint small">as of <Ago ms={probe.state.as_of_ms} /> · expects {probe.expects}{probe.weakness && <> · <b>{probe.weakness}</b></>}</div>
      </td>
      <td>{probe.subject ?? <span class="faint">itself</span>}</td>
      <td><Ago ms={probe.looked_ms} /><div class="faint small">{paceOf(probe)}</div></td>
      <td class="num"><button class="button small" disabled={isLooking} aria-label={`Look at ${probe.name} now`} onClick={() => void look()}>Look now</button></td>
    </tr>
  );
}
