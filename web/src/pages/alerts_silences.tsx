import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Labels, Silence } from "../api/incident_types.ts";
import { now } from "../lib/clock.ts";
import { dateTime, plural, span } from "../lib/format.ts";
import { utc } from "../lib/settings.ts";
import { askFor, messageOf, Modal, toast } from "../ui/dialogs.tsx";
import { Ago } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { ReadError, type Polled } from "../ui/polled.tsx";
import { inSilenceOrder, kSilenceLasts, matchersOf, silenceState, trimMatchers, type SilenceState } from "./alerts_rows.ts";

const kTones: Record<SilenceState, string> = { active: "warning", planned: "stale", ended: "idle" };
const kIcons: Record<SilenceState, string> = { active: "stalled", planned: "stale", ended: "ok" };

// Whose word it is that nobody is told, why, until when, and of how much nobody was told.
export function Silences({ known }: { known: Polled<{ items: Silence[] }> }) {
  const items = inSilenceOrder(known.value?.items ?? [], now.value);
  const active = items.filter((each) => silenceState(each, now.value) === "active").length;
  return (
    <>
      <ReadError what="The silences" isKnown={known.value !== null} error={known.error} onAgain={known.reload} />
      {!known.value && !known.error && <div class="empty">Asking for the silences…</div>}
      {known.value && items.length === 0 && <div class="card empty"><h2>Nothing is silenced</h2><p>A silence keeps alerts from people for a while: with an author, a reason and an end. Incidents are opened and diagnosed all the same.</p></div>}
      {items.length > 0 && (
        <section class="card" aria-label="Silences">
          <header><h2>{plural(active, "silence")} in force</h2></header>
          <ul class="known silences">{items.map((each) => <Row key={each.id} silence={each} onDone={known.reload} />)}</ul>
        </section>
      )}
    </>
  );
}

function askEnd(silence: Silence, onDone: () => void): void {
  askFor({
    title: "End this silence?", body: `From now on people are told again of ${silence.matchers}.`, action: "End it", isDangerous: false, placeholder: "",
    run: async () => {
      await api.endSilence(silence.id);
      onDone();
      return "The silence has ended";
    },
  });
}

function Row({ silence, onDone }: { silence: Silence; onDone: () => void }) {
  const state = silenceState(silence, now.value);
  return (
    <li class={`s-${kTones[state]}`} data-silence={silence.id} data-state={state}>
      <Icon name={kIcons[state]} />
      <span class="title"><code class="matchers">{silence.matchers}</code><span>{silence.reason}</span></span>
      {state === "ended" ? <span class="muted nowrap">ended</span> : <button class="button small" onClick={() => askEnd(silence, onDone)} aria-label={`End ${silence.matchers} now`}>End now</button>}
      <span class="why">
        by {silence.author}, <Ago ms={silence.created_ms} /> · {state === "planned" ? `from ${dateTime(silence.starts_ms, utc.value)}, ` : ""}until {dateTime(silence.ends_ms, utc.value)}{state === "active" && ` (${span(silence.ends_ms - now.value)} left)`} · {silence.hushed === 0 ? `hushed nothing${state === "ended" ? "" : " yet"}` : `hushed ${plural(silence.hushed, "incident")}`}
      </span>
    </li>
  );
}

export function SilenceForm({ labels, onClose, onDone }: { labels: Labels; onClose: () => void; onDone: () => void }) {
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isPrefilled = Object.keys(labels).length > 0;
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError("");
    try {
      const silence = await api.createSilence(trimMatchers(String(data.get("matchers"))), Number(data.get("for")), String(data.get("reason")).trim());
      toast(`Silenced until ${dateTime(silence.ends_ms, utc.value)}`);
      onDone();
      onClose();
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  };
  return (
    <Modal label="Silence alerts" onClose={onClose}>
      <form onSubmit={submit}>
        <h2>Silence alerts</h2>
        <p class="muted">Nobody is told of what matches, until the end. It is still opened and diagnosed, and counted here.{isPrefilled && " Take a label out to silence more than this alert."}</p>
        <label>Matchers
          <textarea class="input mono" name="matchers" rows={isPrefilled ? 4 : 2} required maxLength={4000} spellcheck={false} autofocus={!isPrefilled} placeholder={'job="backup", severity=~"warning|info"'} defaultValue={matchersOf(labels)} />
        </label>
        <label>For
          <select class="input" name="for">{kSilenceLasts.map(([seconds, title]) => <option key={seconds} value={seconds}>{title}</option>)}</select>
        </label>
        <label>Reason<input class="input" name="reason" autofocus={isPrefilled} required maxLength={500} placeholder="Why nobody needs to hear of it" /></label>
        {error && <div class="note s-error" role="alert"><Icon name="error" />{error}</div>}
        <div class="actions"><button type="button" class="button" onClick={onClose}>Cancel</button><button class="button primary" disabled={isBusy}>Silence</button></div>
      </form>
    </Modal>
  );
}
