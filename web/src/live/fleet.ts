import { signal } from "@preact/signals";
import type { Agent, Attention, Session, Source, Totals } from "../api/types.ts";
import { listen } from "./client.ts";
import type { Delta, Snapshot } from "./protocol.ts";

// The fleet as the live topic tells it. The maps change in place, at most once per animation frame; whoever reads them in a
// component also reads `fleetVersion`, which counts those changes.

export interface Fleet {
  agents: Map<string, Agent>;
  sessions: Map<string, Session>;
  attention: Map<string, Attention>;
  sources: Map<string, Source>;
  totals: Totals | null;
}

interface Item {
  key: string;
  agent?: Agent;
  session?: Session;
  attention?: Attention;
  source?: Source;
  totals?: Totals;
}

export function emptyFleet(): Fleet {
  return { agents: new Map(), sessions: new Map(), attention: new Map(), sources: new Map(), totals: null };
}

function put(fleet: Fleet, item: Item): void {
  if (item.agent) fleet.agents.set(item.agent.id, item.agent);
  else if (item.session) fleet.sessions.set(item.session.id, item.session);
  else if (item.attention) fleet.attention.set(item.attention.id, item.attention);
  else if (item.source) fleet.sources.set(item.source.name, item.source);
  else if (item.totals) fleet.totals = item.totals;
}

function remove(fleet: Fleet, key: string): void {
  const slash = key.indexOf("/");
  const id = key.slice(slash + 1);
  const maps: Record<string, Map<string, unknown>> = {
    agent: fleet.agents, session: fleet.sessions, attention: fleet.attention, source: fleet.sources,
  };
  maps[key.slice(0, slash)]?.delete(id);
}

export function applyTo(fleet: Fleet, frame: Snapshot | Delta): void {
  if (frame.type === "snapshot") {
    Object.assign(fleet, emptyFleet());
    for (const item of frame.items) put(fleet, item as Item);
    return;
  }
  if ("put" in frame) for (const item of frame.put ?? []) put(fleet, item as Item);
  if ("remove" in frame) for (const key of frame.remove ?? []) remove(fleet, key);
}

export const fleet = emptyFleet();
export const fleetVersion = signal(0);
export const isFleetKnown = signal(false);

export function startFleet(): void {
  listen("fleet", (frame) => {
    applyTo(fleet, frame);
    isFleetKnown.value = true;
    fleetVersion.value += 1;
  });
}
