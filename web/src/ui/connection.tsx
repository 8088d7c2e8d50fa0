import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { liveState, retryLive } from "../live/client.ts";
import { indicate } from "../live/machine.ts";
import { now, serverNow } from "../lib/clock.ts";
import { ago, clockTime, span } from "../lib/format.ts";
import { utc } from "../lib/settings.ts";
import { Icon } from "./icons.tsx";

// Says whether what is on the screen is how things are. Judged by frames received, never by an open socket.

const tick = signal(0);
setInterval(() => {
  if (!document.hidden) tick.value += 1;
}, 250);

export function useIndication() {
  void tick.value;
  return indicate(liveState.value, Date.now(), navigator.onLine);
}

export function ConnectionPill() {
  const [isOpen, setOpen] = useState(false);
  const indication = useIndication();
  const state = liveState.value;
  const iconOf = { live: "passing", busy: "unknown", stale: "critical", paused: "stalled" } as const;
  return (
    <>
      <button class={`live l-${indication.tone}`} aria-expanded={isOpen} popovertarget="live-details" title={state.why || "The live connection"}>
        <span class="mark"><Icon name={iconOf[indication.tone]} size={14} /></span>
        <span>{indication.label}</span>
      </button>
      <div id="live-details" class="live-details" popover="auto" onToggle={(event) => setOpen((event as unknown as { newState: string }).newState === "open")}>
        {isOpen && <Details />}
      </div>
      <Announcer text={indication.tone === "live" ? "live" : indication.tone === "stale" ? "not live" : ""} />
    </>
  );
}

function Details() {
  const state = liveState.value;
  const indication = useIndication();
  const toServer = serverNow() - Date.now();
  const at = (ms: number | null) => (ms === null ? "never" : `${clockTime(ms + toServer, utc.value)}, ${ago(Date.now() - ms)}`);
  return (
    <>
      <h2>{indication.isCurrent ? "What you see is how things are" : "What you see may be old"}</h2>
      <dl class="pairs">
        <dt>Last frame</dt><dd>{at(state.lastFrameAt)}</dd>
        {state.staleSince !== null && <><dt>Stale since</dt><dd>{at(state.staleSince)}</dd></>}
        <dt>Connected</dt><dd>{state.phase === "open" ? `for ${span(Date.now() - state.phaseSince)} by ${state.transport === "sse" ? "Server-Sent Events" : "WebSocket"}` : "no"}</dd>
        <dt>Server</dt><dd>{state.version ? `${state.version}, run ${state.epoch.slice(0, 8)}` : "not heard of yet"}</dd>
        <dt>Reconnects</dt><dd>{state.reconnects}{state.gaps > 0 ? `, ${state.gaps} gaps mended` : ""}</dd>
        {state.why && <><dt>Last trouble</dt><dd>{state.why}</dd></>}
      </dl>
      {(state.phase === "waiting" || state.phase === "paused") && <button class="button" onClick={retryLive}>Reconnect now</button>}
    </>
  );
}

// Tells screen readers of a change at most each five seconds.
function Announcer({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), 5000);
    return () => clearTimeout(timer);
  }, [text]);
  return <span class="sr-only" role="status">{said && `Connection: ${said}`}</span>;
}

// Above every page while it may be old.
export function StaleBar() {
  const indication = useIndication();
  const state = liveState.value;
  if (indication.isCurrent || state.staleSince === null) return null;
  const age = now.value - (state.staleSince + serverNow() - Date.now());
  if (age < 1500) return null;
  return (
    <div class="stale-bar" role="status">
      <Icon name="critical" />
      <span>
        Not live. This is the state as of <b>{clockTime(state.staleSince + serverNow() - Date.now(), utc.value)}</b>, {span(age)} old
        {state.why ? `: ${state.why}` : ""}.
      </span>
    </div>
  );
}
