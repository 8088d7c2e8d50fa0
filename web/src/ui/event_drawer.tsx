import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Event } from "../api/types.ts";
import { count, dateTime, duration, money } from "../lib/format.ts";
import { sessionPath, withSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { copyText, Drawer, messageOf } from "./dialogs.tsx";
import { State, words } from "./facts.tsx";
import { Icon } from "./icons.tsx";

const kShownAbove = new Set(["id", "time_us", "duration_us", "ttft_us", "kind", "status", "name", "attributes", "agent", "session", "parent_session", "cost_usd", "cost_source"]);

// One event with all that is recorded of it, and its content where the configuration keeps content.
export function EventDrawer({ event, onClose }: { event: Event; onClose: () => void }) {
  const rest = Object.entries(event).filter(([key, value]) => !kShownAbove.has(key) && value !== undefined && value !== "");
  return (
    <Drawer title={<><Icon name={event.kind} /><h2 class="cut">{event.name || words(event.kind)}</h2></>} onClose={onClose}>
      <dl class="pairs">
        <dt>Status</dt><dd><State value={event.status} />{event.error_type ? ` ${event.error_type}` : ""}</dd>
        <dt>Kind</dt><dd>{words(event.kind)}</dd>
        <dt>Time</dt><dd>{dateTime(event.time_us / 1000, utc.value, true)}</dd>
        {event.duration_us !== undefined && <><dt>Took</dt><dd>{duration(event.duration_us)}{event.ttft_us ? `, first token after ${duration(event.ttft_us)}` : ""}</dd></>}
        {event.agent && <><dt>Agent</dt><dd><a href={withSearch("/fleet", { open: event.agent })}>{event.agent}</a></dd></>}
        {event.session && <><dt>Session</dt><dd><a href={sessionPath(event.session)}>{event.session}</a></dd></>}
        {event.parent_session && <><dt>Parent</dt><dd><a href={sessionPath(event.parent_session)}>{event.parent_session}</a></dd></>}
        {event.cost_usd !== undefined && event.cost_usd > 0 && <><dt>Cost</dt><dd>{money(event.cost_usd)}{event.cost_source ? ` (${event.cost_source})` : ""}</dd></>}
        {rest.map(([key, value]) => <Pair key={key} name={capital(words(key))} value={value} />)}
      </dl>
      <Attributes attributes={event.attributes ?? {}} />
      <Content event={event} />
      <div class="row"><span class="mono faint cut small">{event.id}</span><button class="button small push" onClick={() => void copyText(JSON.stringify(event, null, 2))}><Icon name="copy" size={13} />Copy as JSON</button></div>
    </Drawer>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Pair({ name, value }: { name: string; value: unknown }) {
  const text = typeof value === "number" ? (Number.isInteger(value) ? count(value) : String(value)) : String(value);
  return <><dt>{name}</dt><dd class={typeof value === "string" && /^[0-9a-f-]{16,}$/.test(value) ? "mono" : ""} title={typeof value === "number" ? value.toLocaleString("en-US") : undefined}>{text}</dd></>;
}

function Attributes({ attributes }: { attributes: Record<string, unknown> }) {
  const entries = Object.entries(attributes);
  return (
    <section>
      <h3>Attributes</h3>
      {entries.length === 0 ? <p class="muted">none</p> : <pre>{JSON.stringify(attributes, null, 2)}</pre>}
    </section>
  );
}

function Content({ event }: { event: Event }) {
  const [content, setContent] = useState<{ value?: unknown; error?: string } | null>(null);
  useEffect(() => {
    let isOurs = true;
    api.content(event).then((value) => isOurs && setContent({ value }), (error: unknown) => isOurs && setContent({ error: messageOf(error) }));
    return () => {
      isOurs = false;
    };
  }, [event.id]);
  return (
    <section>
      <h3>Content</h3>
      {content === null ? <p class="faint">…</p>
        : content.error ? <p class="muted">could not be read: {content.error}</p>
        : content.value === null || content.value === undefined ? <p class="muted">None is kept. Prompts and tool output are stored only when the configuration says so.</p>
        : <pre>{JSON.stringify(content.value, null, 2)}</pre>}
    </section>
  );
}
