import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Agent, Session } from "../api/types.ts";
import { fleet, fleetVersion, isFleetKnown } from "../live/fleet.ts";
import { now } from "../lib/clock.ts";
import { age, ago, count, dateTime, lasting, money, plural, rate } from "../lib/format.ts";
import { navigate, place, sessionPath, setSearch } from "../lib/router.ts";
import { utc } from "../lib/settings.ts";
import { costWords, factTitle, Provenance, Simulated, State, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { VirtualList } from "../ui/virtual.tsx";
import { AgentDrawer } from "./agent.tsx";
import { countStates, rowsOf, silenceInWords, type Filter, type Row } from "./fleet_rows.ts";

const kReorderMs = 1000;

// The order settles once a second so that rows can be read and clicked; what is in them is always the newest.
function useSettled(version: number, key: string): number {
  const [settled, setSettled] = useState(version);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (version === settled) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setSettled(fleetVersion.peek());
    }, settled === 0 ? 0 : kReorderMs);
  }, [version, settled]);
  useEffect(() => setSettled(fleetVersion.peek()), [key]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return settled;
}

function readFilter(search: URLSearchParams): Omit<Filter, "expanded"> {
  return {
    view: search.get("view") === "sessions" ? "sessions" : "agents",
    states: new Set((search.get("state") ?? "").split(",").filter(Boolean)),
    agent: search.get("agent") ?? "",
    text: search.get("q") ?? "",
    sort: search.get("sort") ?? "state",
  };
}

export function Fleet() {
  const { search } = place.value;
  const filter = readFilter(search);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<string | null>(null);
  const settled = useSettled(fleetVersion.value, search.toString());
  const key = [...search.entries()].filter(([name]) => name !== "open").join("&");
  const rows = useMemo(() => rowsOf(fleet, { ...filter, expanded }), [settled, key, expanded]);
  const counts = useMemo(() => countStates((filter.view === "agents" ? fleet.agents : fleet.sessions).values()), [settled, filter.view]);
  const total = filter.view === "agents" ? fleet.agents.size : fleet.sessions.size;
  const fastest = useMemo(() => Math.max(1, ...rows.slice(0, 2000).map((row) => workerOf(row.key)?.tokens_per_minute ?? 0)), [settled, rows]);

  const toggle = (row: Row) => {
    const name = row.key.startsWith("agent/") ? row.key : `-${row.key}`;
    const next = new Set(expanded);
    if (!next.delete(name)) next.add(name);
    setExpanded(next);
  };
  const open = (row: Row) => {
    const id = row.key.slice(row.key.indexOf("/") + 1);
    if (row.key.startsWith("agent/")) setSearch({ open: id });
    else navigate(sessionPath(id));
  };
  const openAgent = search.get("open");
  return (
    <main class="page fill">
      <h1 class="sr-only">Fleet</h1>
      <Filters filter={filter} counts={counts} shown={rows.length} total={total} />
      <div class="card grid" role="table" aria-label={filter.view === "agents" ? "Agents" : "Sessions"} aria-rowcount={rows.length + 1}>
        <Head sort={filter.sort} />
        {rows.length === 0 ? (
          <div class="empty">{emptyWords(filter, total)}</div>
        ) : (
          <VirtualList
            items={rows} rowHeight={46} rowHeightNarrow={70} keyOf={(row) => row.key} selected={selected} onSelect={setSelected} onOpen={open}
            onKey={(name, row) => row.isExpandable && row.isExpanded === (name === "ArrowLeft") && toggle(row)}
            label="j and k move, Enter opens"
            row={(row, props) => <Line key={row.key} row={row} props={props} fastest={fastest} onToggle={() => toggle(row)} onOpen={() => { setSelected(row.key); open(row); }} />}
          />
        )}
      </div>
      {openAgent && <AgentDrawer key={openAgent} id={openAgent} onClose={() => setSearch({ open: undefined })} />}
    </main>
  );
}

function emptyWords(filter: Omit<Filter, "expanded">, total: number): ComponentChildren {
  if (!isFleetKnown.value) return "Waiting for the first picture of the fleet.";
  if (total > 0) return <>Nothing matches. <button class="button small" onClick={() => setSearch({ state: undefined, q: undefined, agent: undefined })}>Clear filters</button></>;
  return filter.view === "agents" ? "No agent has reported yet." : "No session has reported yet.";
}

function workerOf(key: string): Agent | Session | undefined {
  const id = key.slice(key.indexOf("/") + 1);
  return key.startsWith("agent/") ? fleet.agents.get(id) : fleet.sessions.get(id);
}

function Filters({ filter, counts, shown, total }: { filter: Omit<Filter, "expanded">; counts: Map<string, number>; shown: number; total: number }) {
  const toggleState = (state: string) => {
    const next = new Set(filter.states);
    if (!next.delete(state)) next.add(state);
    setSearch({ state: [...next].join(",") });
  };
  return (
    <div class="filters">
      <div class="segments" role="tablist" aria-label="View">
        <button role="tab" aria-selected={filter.view === "agents"} onClick={() => setSearch({ view: undefined, state: undefined })}>Agents <span class="faint">{count(fleet.agents.size)}</span></button>
        <button role="tab" aria-selected={filter.view === "sessions"} onClick={() => setSearch({ view: "sessions", state: undefined })}>Sessions <span class="faint">{count(fleet.sessions.size)}</span></button>
      </div>
      <div class="field">
        <Icon name="search" size={14} />
        <input class="input" type="search" data-filter value={filter.text} placeholder="Filter by name, model, tool, source" aria-label="Filter" spellcheck={false} onInput={(e) => setSearch({ q: e.currentTarget.value })} />
        <kbd>/</kbd>
      </div>
      <div class="chips" role="group" aria-label="States">
        {[...counts].map(([state, n]) => (
          <button key={state} class={`s-${state}`} aria-pressed={filter.states.has(state)} onClick={() => toggleState(state)}>
            <Icon name={state} size={13} />{words(state)} <b>{count(n)}</b>
          </button>
        ))}
      </div>
      {filter.agent && <button class="button small" onClick={() => setSearch({ agent: undefined })}>{filter.agent} <Icon name="close" size={12} /></button>}
      {(filter.states.size > 0 || filter.text || filter.agent) && <span class="muted push">{count(shown)} of {count(total)}</span>}
    </div>
  );
}

const kHeads: [string, string, string][] = [
  ["state", "State", "c-state"], ["name", "Name", "c-name"], ["tool", "Doing", "c-tool"], ["model", "Model", "c-model"],
  ["rate", "Tokens/min", "c-rate num"], ["hour", "$/hour", "c-hour num"], ["cost", "Spend", "c-cost num"], ["errors", "Errors", "c-errors num"], ["last", "Last", "c-last num"],
];

function Head({ sort }: { sort: string }) {
  const column = sort.replace(/^-/, "");
  return (
    <div class="head" role="row" aria-rowindex={1}>
      {kHeads.map(([name, title, className]) => (
        <span key={name} class={className} role="columnheader" aria-sort={column !== name ? "none" : sort.startsWith("-") ? "descending" : "ascending"}>
          <button onClick={() => setSearch({ sort: sort === name ? `-${name}` : name === "state" ? undefined : name })}>
            {title}
            {column === name && <Icon name={sort.startsWith("-") ? "up" : "down"} size={11} />}
          </button>
        </span>
      ))}
    </div>
  );
}

interface LineProps {
  row: Row;
  props: Record<string, unknown> & { style: Record<string, string> };
  fastest: number;
  onToggle: () => void;
  onOpen: () => void;
}

function Line({ row, props, fastest, onToggle, onOpen }: LineProps) {
  const worker = workerOf(row.key);
  if (!worker) return <div class="line" {...props}><span class="faint c-name">gone</span></div>;
  const agent = "name" in worker ? worker : null;
  const session = agent ? null : (worker as Session);
  const t = now.value;
  const name = agent ? agent.name || agent.id : worker.id;
  const silence = silenceInWords(worker, t);
  const why = silence ?? worker.state.why;
  return (
    <div class="line" {...props} onClick={onOpen}>
      <span class="c-state" role="cell" title={factTitle(worker.state)}>
        <span class="two">
          <State value={worker.state.value} />
          <span class="cut" style={{ paddingLeft: "20px" }}>{lasting(t - worker.state.since_ms)}</span>
        </span>
      </span>
      <span class="c-name two" role="cell" style={{ paddingLeft: `${row.depth * 18}px` }}>
        <span class="who">
          <button class={`toggle${row.isExpandable ? "" : " none"}`} aria-expanded={row.isExpanded} aria-label={row.isExpanded ? "Collapse" : "Expand"} tabIndex={-1} onClick={(e) => { e.stopPropagation(); onToggle(); }}>
            <Icon name="chevron" size={12} />
          </button>
          {session ? <a class="cut strong" href={sessionPath(worker.id)} tabIndex={-1} style={{ color: "inherit" }} title={worker.id}>{name}</a> : <span class="cut strong" title={worker.id}>{name}</span>}
          <Simulated worker={worker} />
        </span>
        <span class="row" style={{ gap: "6px", paddingLeft: "24px" }}>
          <Provenance at={worker.state.as_of_ms} source={worker.state.source} />
          {agent && <span class="cut c-sessions" title={`${agent.sessions_working} of them working`}>{plural(agent.sessions, "session")}</span>}
          {session && session.detections.length > 0 && <span class="has-errors nowrap">{plural(session.detections.length, "detection")}</span>}
        </span>
      </span>
      <span class="c-tool two" role="cell">
        {worker.tool
          ? <><span class="cut" title={factTitle(worker.tool)}>{worker.tool.value}</span>{silence ? <span class="why" title={silence}>{silence}</span> : <span class="cut">{lasting(t - worker.tool.since_ms)}</span>}</>
          : <span class="why" title={[silence, worker.state.why].filter(Boolean).join("; ")}>{why || (session && session.turns > 0 ? plural(session.turns, "turn") : "–")}</span>}
      </span>
      <span class="c-model cut muted" role="cell" title={worker.model}>{worker.model ?? "–"}</span>
      <span class="c-rate gauge" role="cell">
        <span>{rate(worker.tokens_per_minute)}</span>
        {worker.tokens_per_minute > 0 && <i style={{ width: `${Math.min(88, (88 * worker.tokens_per_minute) / fastest)}px` }} />}
      </span>
      <span class="c-hour num" role="cell">{agent ? money(agent.usd_per_hour) : ""}</span>
      <span class="c-cost num" role="cell" title={costWords(worker)}>{worker.cost_source === "none" ? "–" : money(worker.cost_usd)}</span>
      <span class={`c-errors num${worker.errors > 0 ? " has-errors" : " faint"}`} role="cell">{count(worker.errors)}</span>
      <span class="c-last num muted" role="cell" title={`last event ${dateTime(worker.last_event_ms, utc.value)}`}>{age(t - worker.last_event_ms)}</span>
      <span class="mobile" aria-hidden="true">
        <span class="nowrap">{rate(worker.tokens_per_minute)}/min</span>
        <span class="nowrap">{worker.cost_source === "none" ? "no price" : money(worker.cost_usd)}</span>
        {worker.tool && <span class="cut">{worker.tool.value}</span>}
        {silence && <span class="cut">{silence}</span>}
        <span class="push nowrap">{ago(t - worker.last_event_ms)}</span>
      </span>
    </div>
  );
}
