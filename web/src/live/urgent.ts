import { computed, effect, signal } from "@preact/signals";
import type { Attention, Severity } from "../api/types.ts";
import { serverNow } from "../lib/clock.ts";
import { byImportance, coveredBy, isCovered, queueOf } from "../pages/incidents_rows.ts";
import { fleet, fleetVersion, isFleetKnown } from "./fleet.ts";
import { areIncidentsKnown, incidents } from "./incidents.ts";

// What wants a person: the incidents, and what needs attention without being part of one.

export const queue = computed(() => queueOf(incidents.value.values()));
const covered = computed(() => coveredBy(incidents.value.values()));

export const leftover = computed((): Attention[] => {
  void fleetVersion.value;
  return [...fleet.attention.values()].filter((item) => !isCovered(item, covered.value)).sort(byImportance);
});

export interface Urgent { count: number; worst: Severity }

export const urgent = computed((): Urgent => {
  const severities = [...queue.value.urgent, ...leftover.value].map((each) => each.severity);
  return { count: severities.length, worst: severities.includes("critical") ? "critical" : severities.includes("warning") ? "warning" : "info" };
});

// Since when this screen has seen nothing that wants a person; null while something does.
export const calmSince = signal<number | null>(null);

export function startUrgent(): void {
  effect(() => {
    const isCalm = isFleetKnown.value && areIncidentsKnown.value && urgent.value.count === 0;
    if (!isCalm) calmSince.value = null;
    else if (calmSince.peek() === null) calmSince.value = serverNow();
  });
}
