import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Event } from "../api/types.ts";
import { listen } from "../live/client.ts";
import { clockTime, count, duration } from "../lib/format.ts";
import { sessionPath } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { Icon } from "./icons.tsx";

// The latest events of all agents: a sign of life, not a record. What did not fit is in the recorder, and is counted.
const kKept = 14;
const latest = signal<Event[]>([]);
const skipped = signal(0);

const nameOf = (event: Event) => (event.kind === "model_call" ? event.model : "") || event.name || event.kind;

export function Ticker() {
  useEffect(
    () =>
      listen("events", (frame) => {
        const items = ("items" in frame ? frame.items : []) as Event[];
        const shown = items.filter((event) => event.kind !== "sample").slice(-kKept);
        if (frame.type === "delta" && "dropped" in frame) skipped.value += frame.dropped ?? 0;
        latest.value = (frame.type === "snapshot" ? shown : [...latest.peek(), ...shown]).slice(-kKept);
      }),
    [],
  );
  const rows = [...latest.value].sort((a, b) => b.time_us - a.time_us);
  return (
    <section class="card">
      <header><h2>Latest events</h2>{skipped.value > 0 && <span class="push small faint" title="Too many at once to show; all are recorded">{count(skipped.value)} not shown</span>}</header>
      <ul class="ticker">
        {rows.map((event) => (
          <li key={event.id} class={`s-${event.status === "ok" || event.status === "unset" ? "idle" : event.status}`}>
            <span class="faint mono">{clockTime(event.time_us / 1000, utc.value)}</span>
            <Icon name={event.kind} size={13} />
            <span class="cut">
              {event.session ? <a style={{ color: "inherit" }} href={sessionPath(event.session)}>{nameOf(event)}</a> : nameOf(event)}
              <span class="faint"> {event.agent}</span>
            </span>
            <span class="faint nowrap">{event.status === "error" ? event.error_type || "error" : duration(event.duration_us)}</span>
          </li>
        ))}
        {rows.length === 0 && <li class="s-unknown" style={{ display: "block" }}><span class="faint">None since this screen connected.</span></li>}
      </ul>
    </section>
  );
}
