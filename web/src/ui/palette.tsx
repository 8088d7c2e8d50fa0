import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { fleet } from "../live/fleet.ts";
import { incidents } from "../live/incidents.ts";
import { api } from "../api/client.ts";
import { incidentPath, navigate, sessionPath, withSearch } from "../lib/router.ts";
import { toggleTheme, utc } from "../lib/settings.ts";
import { Modal } from "./dialogs.tsx";
import { words } from "./facts.tsx";
import { Icon } from "./icons.tsx";

export const isPaletteOpen = signal(false);
export const isHelpOpen = signal(false);

interface Entry { icon: string; text: string; hint: string; run: () => void }

const kShown = 40;

const commands: Entry[] = [
  { icon: "now", text: "Now", hint: "g n", run: () => navigate("/") },
  { icon: "alerts", text: "Alerts", hint: "g a", run: () => navigate("/alerts") },
  { icon: "fleet", text: "Fleet", hint: "g f", run: () => navigate("/fleet") },
  { icon: "jobs", text: "Jobs", hint: "g j", run: () => navigate("/jobs") },
  { icon: "models", text: "Models", hint: "g m", run: () => navigate("/models") },
  { icon: "history", text: "History", hint: "g h", run: () => navigate("/history") },
  { icon: "system", text: "System", hint: "g s", run: () => navigate("/system") },
  { icon: "alerts", text: "Alert rules", hint: "alerts", run: () => navigate("/alerts?view=rules") },
  { icon: "stalled", text: "Silences", hint: "alerts", run: () => navigate("/alerts?view=silences") },
  { icon: "history", text: "Past incidents and how often rules were wrong", hint: "alerts", run: () => navigate("/alerts?view=past") },
  { icon: "looping", text: "Sessions that loop, stall or failed", hint: "filter", run: () => navigate("/fleet?view=sessions&state=looping,stalled,failed") },
  { icon: "waiting_approval", text: "Sessions that wait for a person", hint: "filter", run: () => navigate("/fleet?view=sessions&state=waiting_approval") },
  { icon: "moon", text: "Switch between light and dark", hint: "", run: toggleTheme },
  { icon: "globe", text: "Switch between UTC and local time", hint: "", run: () => void (utc.value = !utc.value) },
  { icon: "keyboard", text: "Keyboard", hint: "?", run: () => void (isHelpOpen.value = true) },
  { icon: "out", text: "Sign out", hint: "", run: () => void signOut() },
];

export async function signOut(): Promise<void> {
  await api.logout().catch(() => undefined);
  location.assign("/");
}

// Every word typed must occur; what starts with the text comes first.
export function matches(text: string, query: string): number {
  const low = text.toLowerCase();
  const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!parts.every((part) => low.includes(part))) return 0;
  return low.startsWith(parts[0] ?? "") ? 2 : 1;
}

function entriesFor(query: string): Entry[] {
  const found = commands.filter((entry) => matches(entry.text, query) > 0);
  if (query.trim() === "") return found;
  const scored: [number, Entry][] = [];
  for (const incident of incidents.value.values()) {
    const score = matches(incident.title, query);
    if (score) scored.push([score + 2, { icon: incident.severity, text: incident.title, hint: `incident · ${words(incident.state)}`, run: () => navigate(incidentPath(incident.id)) }]);
  }
  for (const agent of fleet.agents.values()) {
    const score = matches(`${agent.name || agent.id} ${agent.id}`, query);
    if (score) scored.push([score, { icon: agent.state.value, text: agent.name || agent.id, hint: `agent · ${words(agent.state.value)}`, run: () => navigate(withSearch("/fleet", { open: agent.id })) }]);
  }
  for (const session of fleet.sessions.values()) {
    const score = matches(session.id, query);
    if (score) scored.push([score, { icon: session.state.value, text: session.id, hint: `session of ${session.agent}`, run: () => navigate(sessionPath(session.id)) }]);
    if (scored.length > 2000) break;
  }
  scored.sort((a, b) => b[0] - a[0]);
  return [...found, ...scored.map(([, entry]) => entry)].slice(0, kShown);
}

export function Palette() {
  return isPaletteOpen.value ? <PaletteDialog /> : null;
}

function PaletteDialog() {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const entries = entriesFor(query);
  const close = () => {
    isPaletteOpen.value = false;
  };
  const run = (entry: Entry | undefined) => {
    close();
    entry?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) setAt((entries.length + at + step) % Math.max(1, entries.length));
    else if (event.key === "Enter") run(entries[at]);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <Modal label="Go to or do" className="palette" onClose={close}>
      <div class="field">
        <Icon name="search" />
        <input
          class="input" autofocus value={query} placeholder="Go to a page, an incident, an agent, a session; or do something" role="combobox" aria-expanded="true" aria-controls="palette-list"
          aria-activedescendant={`palette-${at}`} spellcheck={false} onInput={(e) => { setQuery(e.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown}
        />
      </div>
      <ul role="listbox" id="palette-list" ref={list}>
        {entries.map((entry, i) => (
          <li key={`${i}\n${entry.text}`} id={`palette-${i}`} role="option" aria-selected={i === at} onMouseMove={() => setAt(i)} onClick={() => run(entry)}>
            <Icon name={entry.icon} />
            <span class="cut">{entry.text}</span>
            <span class="push">{entry.hint}</span>
          </li>
        ))}
        {entries.length === 0 && <div class="empty">Nothing by that name</div>}
      </ul>
    </Modal>
  );
}

const kHelp: [string, string][] = [
  ["g n", "Now"], ["g a", "Alerts"], ["g f", "Fleet"], ["g j", "Jobs"], ["g m", "Models"], ["g h", "History"], ["g s", "System"], ["/", "Filter"], ["j  k", "Next, previous"], ["Enter", "Open"],
  ["→  ←", "Expand, collapse"], ["Esc", "Close, leave field"], ["⌘K  Ctrl K", "Go to anything"], ["a", "Acknowledge, act (on Now, an incident)"], ["h", "Hand over (on an incident)"], ["n", "Note (on an incident)"], ["e", "Resolve, reopen (on an incident)"], ["i", "Diagnose again (on an incident)"], ["s", "Silence (on Alerts)"], ["x", "Abort (on Now)"], ["d", "Dismiss (on Now)"], ["r", "Run now (on Jobs)"], ["p", "Pause, resume (on Jobs)"], ["o", "Override (on a run)"], ["?", "This help"],
];

export function Help() {
  if (!isHelpOpen.value) return null;
  const close = () => {
    isHelpOpen.value = false;
  };
  return (
    <Modal label="Keyboard" onClose={close}>
      <div class="sheet">
        <h2>Keyboard</h2>
        <div class="keys">
          {kHelp.map(([keys, what]) => (
            <div key={keys}><span class="muted">{what}</span><span class="row">{keys.split("  ").map((key) => <kbd key={key}>{key}</kbd>)}</span></div>
          ))}
        </div>
        <div class="actions"><button class="button" autofocus onClick={close}>Close</button></div>
      </div>
    </Modal>
  );
}
