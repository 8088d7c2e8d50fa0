import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Incident, IncidentBrief } from "../api/incident_types.ts";
import { serverNow } from "../lib/clock.ts";
import { isUnderWay } from "../pages/incidents_rows.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { listen } from "./client.ts";
import type { Delta, Snapshot } from "./protocol.ts";

// The incidents as the live topic tells them: in brief. What a card shows beyond that (the evidence, the receipts, the runbooks) is
// asked for, for the cards that are shown, when the topic says that something changed and now and then anyway.

export const incidents = signal<ReadonlyMap<string, IncidentBrief>>(new Map());
export const areIncidentsKnown = signal(false);

export interface Detail { incident: Incident | null; of: IncidentBrief | undefined; error: string; askedMs: number; asOfMs: number }

export const details = signal<ReadonlyMap<string, Detail>>(new Map());

export function withFrame(before: ReadonlyMap<string, IncidentBrief>, frame: Snapshot | Delta): Map<string, IncidentBrief> {
  const next = new Map(frame.type === "snapshot" ? [] : before);
  const { items, put, remove } = frame as { items?: unknown[]; put?: unknown[]; remove?: string[] };
  for (const item of [...(items ?? []), ...(put ?? [])] as IncidentBrief[]) if (typeof item.id === "string") next.set(item.id, item);
  for (const id of remove ?? []) next.delete(id);
  return next;
}

export function startIncidents(): void {
  listen("incidents", (frame) => {
    incidents.value = withFrame(incidents.peek(), frame);
    areIncidentsKnown.value = true;
  });
}

const kSettleMs = 1500;          // a storm of changes asks no more often than this
const kUnderWayMs = 4000;        // a receipt may come without a word on the topic
const kAgainMs = 20_000;
const kAskedAtOnceMax = 4;
const kKeptMax = 200;

let wanted: readonly string[] = [];
const asking = new Set<string>();

function isOld(id: string): boolean {
  const known = details.peek().get(id);
  if (!known) return true;
  const age = Date.now() - known.askedMs;
  if (known.of !== incidents.peek().get(id)) return age > kSettleMs;
  return age > (isUnderWay(known.incident?.notifications ?? []) ? kUnderWayMs : kAgainMs);
}

function keep(id: string, detail: Detail): void {
  const next = new Map(details.peek());
  next.delete(id);
  next.set(id, detail);
  for (const old of next.keys()) {
    if (next.size <= kKeptMax) break;
    next.delete(old);
  }
  details.value = next;
}

async function ask(id: string): Promise<void> {
  asking.add(id);
  const of = incidents.peek().get(id);
  const askedMs = Date.now();
  try {
    keep(id, { incident: await api.incident(id), of, error: "", askedMs, asOfMs: serverNow() });
  } catch (error) {
    const before = details.peek().get(id);
    keep(id, { incident: before?.incident ?? null, of, error: messageOf(error), askedMs, asOfMs: before?.asOfMs ?? 0 });
  }
  asking.delete(id);
  look();
}

function look(): void {
  if (document.hidden) return;
  for (const id of wanted) {
    if (asking.size >= kAskedAtOnceMax) return;
    if (!asking.has(id) && isOld(id)) void ask(id);
  }
}

// Keeps the details of these incidents current while a component is mounted.
export function useDetails(ids: readonly string[]): void {
  useEffect(() => {
    wanted = ids;
    look();
    const timer = setInterval(look, 500);
    return () => {
      clearInterval(timer);
      wanted = [];
    };
  }, [ids.join("\n")]);
}

// What a page of its own has read anyway.
export function remember(incident: Incident): void {
  keep(incident.id, { incident, of: incidents.peek().get(incident.id), error: "", askedMs: Date.now(), asOfMs: serverNow() });
}

// What an action answered is newer than anything the topic has said; runbooks are told only when asked for.
export function learn(answer: Incident): void {
  const incident = { ...answer, runbooks: answer.runbooks ?? details.peek().get(answer.id)?.incident?.runbooks ?? [] };
  if (incidents.peek().has(incident.id)) incidents.value = new Map(incidents.peek()).set(incident.id, incident);
  remember(incident);
}

export function useIncidentChanges(id: string, hear: () => void): void {
  useEffect(
    () =>
      listen("incidents", (frame) => {
        const { items, put } = frame as { items?: IncidentBrief[]; put?: IncidentBrief[] };
        if ([...(items ?? []), ...(put ?? [])].some((item) => item.id === id)) hear();
      }),
    [id],
  );
}
