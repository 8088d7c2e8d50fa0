import { computed, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { liveState, retryLive } from "../live/client.ts";
import { indicate, type Indication } from "../live/machine.ts";
import { urgent } from "../live/urgent.ts";
import { now, serverNow } from "../lib/clock.ts";
import { ago, clockTime, span } from "../lib/format.ts";
import { utc } from "../lib/settings.ts";
import { Icon } from "./icons.tsx";

// Says whether what is on the screen is how things are. Judged by frames received, never by an open socket.

const tick = signal(0);
setInterval(() => {
  if (!document.hidden) tick.value += 1;
}, 250);

// The same object as long as it says the same, so that frames do not redraw whoever shows it.
let said: Indication | null = null;
export const indication = computed((): Indication => {
  void tick.value;
  const next = indicate(liveState.value, Date.now(), navigator.onLine);
  if (!said || said.label !== next.label || said.tone !== next.tone || said.isCurrent !== next.isCurrent) said = next;
  return said;
});
const why = computed(() => liveState.value.why);
const staleSince = computed(() => liveState.value.staleSince);
export const serverVersion = computed(() => liveState.value.version);

export function ConnectionPill() {
  const [isOpen, setOpen] = useState(false);
  const { tone, label } = indication.value;
  const iconOf = { live: "passing", busy: "unknown", stale: "critical", paused: "stalled" } as const;
  return (
    <>
      <button class={`live l-${tone}`} aria-expanded={isOpen} popovertarget="live-details" title={why.value || "The live connection"}>
        <span class="mark"><Icon name={iconOf[tone]} size={14} /></span>
        <span>{label}</span>
      </button>
      <div id="live-details" class="live-details" popover="auto" onToggle={(event) => setOpen((event as unknown as { newState: string }).newState === "open")}>
        {isOpen && <Details />}
      </div>
      <Announcer />
    </>
  );
}

function Details() {
  const state = liveState.value;
  const toServer = serverNow() - Date.now();
  const at = (ms: number | null) => (ms === null ? "never" : `${clockTime(ms + toServer, utc.value)}, ${ago(Date.now() - ms)}`);
  return (
    <>
      <h2>{indication.value.isCurrent ? "What you see is how things are" : "What you see may be old"}</h2>
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

// Tells screen readers what changed, at most each five seconds: whether this is live, and how much needs attention.
function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setInterval(() => {
      const { tone } = indication.peek();
      const connection = tone === "live" ? "Live." : tone === "stale" ? "Not live." : "";
      const waiting = urgent.peek().count;
      setText(connection && `${connection} ${waiting === 0 ? "Nothing known needs" : waiting === 1 ? "1 thing needs" : `${waiting} things need`} attention.`);
    }, 5000);
    return () => clearInterval(timer);
  }, []);
  return <span class="sr-only" role="status">{text}</span>;
}

// Whether to dim the page: not for the blink of a quick reconnect.
const kGraceMs = 1500;
export const isShownStale = computed(() => {
  const since = staleSince.value;
  void tick.value;
  return !indication.value.isCurrent && since !== null && Date.now() - since > kGraceMs;
});

// Above every page while it may be old.
export function StaleBar() {
  const since = staleSince.value;
  if (!isShownStale.value || since === null) return null;
  const age = now.value - (since + serverNow() - Date.now());
  return (
    <div class="stale-bar" role="status">
      <Icon name="critical" />
      <span>
        Not live. This is the state as of <b>{clockTime(since + serverNow() - Date.now(), utc.value)}</b>, {span(age)} old
        {why.value ? `: ${why.value}` : ""}.
      </span>
    </div>
  );
}
