import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Event, Session } from "../api/types.ts";
import { listen } from "../live/client.ts";
import { fleet, fleetVersion, isFleetKnown } from "../live/fleet.ts";
import { now } from "../lib/clock.ts";
import { clockTime, count, dateTime, duration, money, plural, rate, span } from "../lib/format.ts";
import { sessionPath, withSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { askAbort, messageOf } from "../ui/dialogs.tsx";
import { EventDrawer } from "../ui/event_drawer.tsx";
import { Evidence } from "../ui/evidence.tsx";
import { Ago, costWords, factTitle, For, Provenance, Simulated, State, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { VirtualList } from "../ui/virtual.tsx";
import { Waterfall } from "../waterfall/waterfall.tsx";
import { EventLog } from "./session_events.ts";

const kPage = 500;
const kPagesAtStart = 4;
const kChildrenShown = 4;
const kLiveWaitMs = 1000;

interface Loaded { events: readonly Event[]; isLoading: boolean; error: string; older: string | null; dropped: number; loadOlder: () => void }

// The newest pages from the recorder, then whatever the live topic brings; after a hole, the recorder is asked again.
function useEvents(id: string): Loaded {
  const log = useRef(new EventLog());
  const [state, setState] = useState<Omit<Loaded, "loadOlder">>({ events: [], isLoading: true, error: "", older: null, dropped: 0 });
  const show = (change: Partial<Loaded>) => setState((before) => ({ ...before, ...change, events: log.current.list() }));
  const load = async (cursor: string | undefined, pages: number, signal?: AbortSignal) => {
    show({ isLoading: true, error: "" });
    try {
      let next = cursor;
      for (let page = 0; page < pages; page += 1) {
        const result = await api.events({ session: id, order: "desc", limit: kPage, cursor: next }, signal);
        log.current.add(result.items);
        next = result.next_cursor ?? undefined;
        show({ older: next ?? null });
        if (!next) break;
      }
      show({ isLoading: false });
    } catch (error) {
      if (!signal?.aborted) show({ isLoading: false, error: messageOf(error) });
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    // Asking the recorder only once the topic is ours leaves no hole between the two; without a live connection we ask anyway.
    let hasAsked = false;
    const ask = (pages: number) => {
      hasAsked = true;
      void load(undefined, pages, abort.signal);
    };
    const timer = setTimeout(() => hasAsked || ask(kPagesAtStart), kLiveWaitMs);
    const stop = listen(`session:${id}`, (frame) => {
      const items = ("items" in frame ? frame.items : []) as Event[];
      const hasChanged = log.current.add(items);
      const dropped = frame.type === "delta" && "dropped" in frame ? (frame.dropped ?? 0) : 0;
      // A later snapshot means that the connection could not resume: there may be a hole before its tail.
      if (!hasAsked) ask(kPagesAtStart);
      else if (dropped > 0 || frame.type === "snapshot") ask(1);
      if (hasChanged || dropped > 0) setState((before) => ({ ...before, events: log.current.list(), dropped: before.dropped + dropped }));
    });
    return () => {
      clearTimeout(timer);
      abort.abort();
      stop();
    };
  }, [id]);
  return { ...state, loadOlder: () => void (state.older && load(state.older, 1)) };
}

export function SessionPage({ id }: { id: string }) {
  void fleetVersion.value;
  const session = fleet.sessions.get(id);
  const loaded = useEvents(id);
  const [openId, setOpenId] = useState<string | null>(null);
  const events = useMemo(() => [...loaded.events], [loaded.events]);
  const open = openId === null ? undefined : events.find((event) => event.id === openId);
  return (
    <main class="page">
      <Hero id={id} session={session} first={events[0]} />
      {session && <Totals session={session} />}
      {session?.detections.map((detection) => (
        <section key={detection.id} class="card alarm s-looping" aria-label="Detection">
          <Icon name="looping" size={18} />
          <div class="what"><h3>{words(detection.kind)}</h3><span class="muted">detected, since <Ago ms={detection.since_ms} /></span></div>
          <span />
          <Evidence detection={detection} />
        </section>
      ))}
      <Waterfall events={events} detections={session?.detections ?? []} selected={openId} onSelect={(event) => setOpenId(event.id)} />
      <EventList loaded={loaded} events={events} openId={openId} onOpen={(event) => setOpenId(event.id)} />
      {open && <EventDrawer key={open.id} event={open} onClose={() => setOpenId(null)} />}
    </main>
  );
}

// Only some sources can stop a session; whoever says that something needs attention knows whether its source can.
function canAbort(session: Session): boolean {
  if (session.source.startsWith("openclaw")) return true;
  for (const item of fleet.attention.values()) if (item.session === session.id && item.actions.includes("abort")) return true;
  return false;
}

function Hero({ id, session, first }: { id: string; session: Session | undefined; first: Event | undefined }) {
  if (!session) {
    return (
      <div class="hero">
        <div class="row wrap"><h1>{id}</h1><State value="unknown" isChip /></div>
        <p class="muted">{!isFleetKnown.value ? "Waiting for the first picture of the fleet." : first ? "This session is over and no longer in the live picture; below is what the recorder has." : "Nothing is known of this session now. Below is what the recorder has, if anything."}</p>
      </div>
    );
  }
  const agent = fleet.agents.get(session.agent);
  const { state, tool } = session;
  const children = [...new Set([...session.children, ...[...fleet.sessions.values()].filter((each) => each.parent === id).map((each) => each.id)])];
  return (
    <div class="hero">
      <div class="row wrap">
        <h1>{id}</h1>
        <span title={factTitle(state)}><State value={state.value} isChip /></span>
        <Simulated worker={session} />
        {session.ended_ms === null && canAbort(session) && <button class="button small danger push" onClick={() => askAbort(id)}><Icon name="stop" size={13} />Abort session</button>}
      </div>
      <div class="facts">
        <span>{words(state.value)} for <For ms={state.since_ms} />{state.why ? `: ${state.why}` : ""}</span>
        <Provenance at={state.as_of_ms} source={state.source} />
        {tool && <span title={factTitle(tool)}>runs <b style={{ color: "var(--text)" }}>{tool.value}</b> for <For ms={tool.since_ms} /></span>}
      </div>
      <div class="facts">
        <span>agent <a href={withSearch("/fleet", { open: session.agent })}>{agent?.name || session.agent}</a></span>
        {session.model && <span>{session.model}</span>}
        {session.parent && <span>child of <a href={sessionPath(session.parent)}>{session.parent}</a></span>}
        {children.length > 0 && (
          <span>
            {children.length === 1 ? "child " : `${children.length} children: `}
            {children.slice(-kChildrenShown).map((child, i) => <>{i > 0 && ", "}<a key={child} href={sessionPath(child)}>{child}</a></>)}
            {children.length > kChildrenShown && ` and ${children.length - kChildrenShown} before`}
          </span>
        )}
        <a href={withSearch("/history", { where: `session = "${id}"` })}>history</a>
      </div>
    </div>
  );
}

const kCostNotes: Record<string, string> = { reported: "as reported", priced: "list prices", mixed: "part list prices", none: "no price known" };

function Totals({ session }: { session: Session }) {
  const { tokens } = session;
  const fresh = Math.max(0, tokens.input - tokens.cache_read - tokens.cache_write);
  const tiles: [string, string, string][] = [
    ["Tokens/min", rate(session.tokens_per_minute), ""],
    ["Input", count(tokens.input), tokens.cache_read ? `${count(fresh)} of it fresh` : ""],
    ["Output", count(tokens.output), tokens.reasoning ? `${count(tokens.reasoning)} reasoning` : ""],
    ["Spend", session.cost_source === "none" ? "–" : money(session.cost_usd), kCostNotes[session.cost_source] ?? ""],
    ["Turns", count(session.turns), ""],
    ["Model calls", count(session.model_calls), ""],
    ["Tool calls", count(session.tool_calls), ""],
    ["Errors", count(session.errors), ""],
    ["Lasts", span((session.ended_ms ?? now.value) - session.started_ms), session.ended_ms ? "ended" : `since ${clockTime(session.started_ms, utc.value)}`],
  ];
  return (
    <section class="card totals" aria-label="Running totals">
      {tiles.map(([name, figure, note]) => (
        <div key={name} class="tile">
          <span class="name">{name}</span>
          <span class={`figure${name === "Errors" && session.errors > 0 ? " has-errors" : ""}`}>{figure}</span>
          {note && <span class="faint small" title={name === "Spend" ? costWords(session) : undefined}>{note}</span>}
        </div>
      ))}
    </section>
  );
}

const kKinds = ["all", "model_call", "tool_call", "message", "errors"] as const;

function EventList({ loaded, events, openId, onOpen }: { loaded: Loaded; events: readonly Event[]; openId: string | null; onOpen: (event: Event) => void }) {
  const [kind, setKind] = useState<(typeof kKinds)[number]>("all");
  const [text, setText] = useState("");
  const [selected, setSelected] = useState<string | null>(null);
  const shown = useMemo(() => {
    const low = text.toLowerCase();
    return events
      .filter((event) => kind === "all" || (kind === "errors" ? event.status === "error" || event.status === "timeout" : event.kind === kind))
      .filter((event) => low === "" || `${event.name} ${event.model ?? ""} ${event.error_type ?? ""} ${event.kind} ${JSON.stringify(event.attributes ?? {})}`.toLowerCase().includes(low))
      .reverse();
  }, [events, kind, text]);
  return (
    <section class="card grid events" role="table" aria-label="Events" aria-rowcount={shown.length + 1}>
      <header>
        <h2>Events</h2>
        <span class="muted small">{plural(shown.length, "event")}, newest first{loaded.older ? "; older ones are in the recorder" : ""}</span>
        {loaded.older && <button class="button small" disabled={loaded.isLoading} onClick={loaded.loadOlder}>Load older</button>}
        <div class="row wrap push">
          <div class="segments" role="group" aria-label="Kind">
            {kKinds.map((each) => <button key={each} aria-pressed={kind === each} onClick={() => setKind(each)}>{each === "all" ? "All" : words(each)}</button>)}
          </div>
          <div class="field"><Icon name="search" size={14} /><input class="input" type="search" data-filter aria-label="Filter events" placeholder="Filter" value={text} onInput={(e) => setText(e.currentTarget.value)} /><kbd>/</kbd></div>
        </div>
      </header>
      {loaded.error && <div class="note s-error" role="alert"><Icon name="error" />The recorder did not answer: {loaded.error}</div>}
      <div class="head" role="row" aria-rowindex={1}>
        {["Time", "Kind", "What", "Result", "Took", "Tokens", "Cost"].map((name, i) => <span key={name} role="columnheader" class={i > 3 ? "num" : ""}>{name}</span>)}
      </div>
      {shown.length === 0
        ? <div class="empty">{loaded.isLoading ? "Asking the recorder…" : events.length ? "No event matches." : "No events of this session are recorded."}</div>
        : <VirtualList items={shown} rowHeight={32} rowHeightNarrow={50} keyOf={(event) => event.id} selected={openId ?? selected} onSelect={(id) => { setSelected(id); if (openId) { const event = events.find((each) => each.id === id); if (event) onOpen(event); } }} onOpen={onOpen} label="Events; j and k move, Enter opens" row={(event, props) => <EventLine key={event.id} event={event} props={props} onOpen={() => onOpen(event)} />} />}
    </section>
  );
}

export function resultOf(event: Event): string {
  if (event.error_type) return event.error_type;
  if (event.status !== "unset" && event.status !== "ok") return event.status;
  const a = event.attributes ?? {};
  const text = a["summary"] ?? a["message"] ?? a["body"] ?? a["input"] ?? "";
  return typeof text === "string" ? text : JSON.stringify(text);
}

function EventLine({ event, props, onOpen }: { event: Event; props: Record<string, unknown>; onOpen: () => void }) {
  const tokens = (event.input_tokens ?? 0) + (event.output_tokens ?? 0);
  const isBad = event.status === "error" || event.status === "timeout";
  const what = event.kind === "model_call" ? event.model || event.name : event.name || event.kind;
  return (
    <div class="line" {...props} onClick={onOpen}>
      <span class="mono muted c-time" role="cell" title={dateTime(event.time_us / 1000, utc.value, true)}>{clockTime(event.time_us / 1000, utc.value)}</span>
      <span class={`row c-state s-${isBad ? "error" : "idle"}`} role="cell" style={{ color: "var(--tone)", gap: "6px" }}><Icon name={event.kind} size={13} /><span class="cut">{words(event.kind)}</span></span>
      <span class="cut strong c-name" role="cell">{what}</span>
      <span class={`cut c-result ${isBad ? "has-errors" : "muted"}`} role="cell">{resultOf(event)}</span>
      <span class="num c-took" role="cell">{event.status === "running" && event.duration_us === undefined ? "running" : duration(event.duration_us)}</span>
      <span class="num muted c-tokens" role="cell">{tokens > 0 ? count(tokens) : ""}</span>
      <span class="num muted c-cost" role="cell">{event.cost_usd ? money(event.cost_usd) : ""}</span>
      <span class="mobile" aria-hidden="true">
        <span class="mono">{clockTime(event.time_us / 1000, utc.value)}</span>
        <span class={`cut ${isBad ? "has-errors" : ""}`}>{resultOf(event)}</span>
        <span class="push nowrap">{duration(event.duration_us)}</span>
      </span>
    </div>
  );
}

