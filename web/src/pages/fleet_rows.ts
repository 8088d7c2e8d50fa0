import type { Agent, Session, StateName } from "../api/types.ts";
import { span } from "../lib/format.ts";
import type { Fleet } from "../live/fleet.ts";

// Which rows the fleet page shows, in which order. Pure.

export interface Row {
  key: string;                // "agent/<id>" or "session/<id>"
  depth: number;
  isExpandable: boolean;
  isExpanded: boolean;
}

export interface Filter {
  view: "agents" | "sessions";
  states: ReadonlySet<string>;
  agent: string;
  text: string;
  sort: string;               // a column; a leading "-" turns it round
  expanded: ReadonlySet<string>;
}

// What most wants a look comes first.
const kUrgency: Record<StateName, number> = {
  failed: 0, looping: 1, stalled: 2, waiting_approval: 3, rate_limited: 4, working: 5, idle: 6, unknown: 7, offline: 8,
};

type Worker = Agent | Session;

const kColumns: Record<string, (worker: Worker) => number | string> = {
  state: (w) => kUrgency[w.state.value] ?? 9,
  name: (w) => ("name" in w && w.name ? w.name : w.id).toLowerCase(),
  tool: (w) => w.tool?.value ?? "\uffff",
  model: (w) => w.model ?? "\uffff",
  rate: (w) => -w.tokens_per_minute,
  hour: (w) => ("usd_per_hour" in w ? -w.usd_per_hour : 0),
  cost: (w) => -w.cost_usd,
  errors: (w) => -w.errors,
  last: (w) => -w.last_event_ms,
};

export function comparator(sort: string): (a: Worker, b: Worker) => number {
  const isReversed = sort.startsWith("-");
  const value = kColumns[isReversed ? sort.slice(1) : sort] ?? kColumns["state"];
  return (a, b) => {
    const x = value?.(a) ?? 0;
    const y = value?.(b) ?? 0;
    const order = x < y ? -1 : x > y ? 1 : 0;
    return (isReversed ? -order : order) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  };
}

export function matchesText(worker: Worker, text: string): boolean {
  if (text === "") return true;
  const agent = "name" in worker ? `${worker.name} ${worker.host ?? ""}` : worker.agent;
  const all = `${worker.id} ${agent} ${worker.model ?? ""} ${worker.source} ${worker.tool?.value ?? ""}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((part) => all.includes(part));
}

function passes(worker: Worker, filter: Filter): boolean {
  if (filter.states.size > 0 && !filter.states.has(worker.state.value)) return false;
  if (filter.agent && ("name" in worker ? worker.id : worker.agent) !== filter.agent) return false;
  return matchesText(worker, filter.text);
}

// Sessions by parent, so that the tree is found in one pass however many there are.
export function childrenOf(fleet: Fleet): { ofAgent: Map<string, Session[]>; ofSession: Map<string, Session[]> } {
  const ofAgent = new Map<string, Session[]>();
  const ofSession = new Map<string, Session[]>();
  const add = (map: Map<string, Session[]>, key: string, session: Session) => {
    const list = map.get(key);
    if (list) list.push(session);
    else map.set(key, [session]);
  };
  for (const session of fleet.sessions.values()) {
    if (session.parent && fleet.sessions.has(session.parent)) add(ofSession, session.parent, session);
    else add(ofAgent, session.agent, session);
  }
  return { ofAgent, ofSession };
}

const kDepthMax = 12;

export function rowsOf(fleet: Fleet, filter: Filter): Row[] {
  const compare = comparator(filter.sort);
  if (filter.view === "sessions") {
    return [...fleet.sessions.values()]
      .filter((session) => passes(session, filter))
      .sort(compare)
      .map((session) => ({ key: `session/${session.id}`, depth: 0, isExpandable: false, isExpanded: false }));
  }
  const rows: Row[] = [];
  const { ofAgent, ofSession } = childrenOf(fleet);
  const addSession = (session: Session, depth: number) => {
    const key = `session/${session.id}`;
    const children = ofSession.get(session.id) ?? [];
    const isExpanded = !filter.expanded.has(`-${key}`);
    rows.push({ key, depth, isExpandable: children.length > 0, isExpanded });
    if (isExpanded && depth < kDepthMax) for (const child of [...children].sort(compare)) addSession(child, depth + 1);
  };
  for (const agent of [...fleet.agents.values()].filter((each) => passes(each, filter)).sort(compare)) {
    const key = `agent/${agent.id}`;
    const children = ofAgent.get(agent.id) ?? [];
    const isExpanded = filter.expanded.has(key);
    rows.push({ key, depth: 0, isExpandable: children.length > 0, isExpanded });
    if (isExpanded) for (const child of [...children].sort(compare)) addSession(child, 1);
  }
  return rows;
}

export function countStates(workers: Iterable<Worker>): Map<StateName, number> {
  const counts = new Map<StateName, number>();
  for (const worker of workers) counts.set(worker.state.value, (counts.get(worker.state.value) ?? 0) + 1);
  return new Map([...counts].sort((a, b) => (kUrgency[a[0]] ?? 9) - (kUrgency[b[0]] ?? 9)));
}

const kSilentMs = 120_000;

// Silence that cannot be judged yet is said, not hidden: without a rhythm nobody knows whether it is late.
export function silenceInWords(worker: Worker, now: number): string | null {
  const silentMs = now - worker.last_event_ms;
  if (!("rhythm" in worker) || worker.rhythm !== null || silentMs < kSilentMs) return null;
  if (worker.state.value !== "unknown" && worker.state.value !== "working") return null;
  return `silent for ${span(silentMs)}; its rhythm is not known yet`;
}
