import type { Probe } from "../api/types.ts";
import { plural, span } from "../lib/format.ts";

// What the section of probes shows, in which order and in which words. Pure.

export type ProbeState = Probe["state"]["value"];

// The answer we have may itself be old: what passed when it was given is not shown as passing for ever.
export function stateNow(probe: Pick<Probe, "state" | "stale_after_ms">, now: number): ProbeState {
  const { value, as_of_ms } = probe.state;
  return value === "passing" && now - as_of_ms > probe.stale_after_ms ? "stale" : value;
}

const kOrder: ProbeState[] = ["failing", "unknown", "stale", "passing"];

export function inProbeOrder(probes: readonly Probe[], now: number): Probe[] {
  const rank = (probe: Probe) => kOrder.indexOf(stateNow(probe, now));
  return [...probes].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

// "1 failing, 2 stale, 9 passing"; never only how many there are.
export function tallyOf(probes: readonly Probe[], now: number): string {
  const parts = kOrder.map((state) => [state, probes.filter((probe) => stateNow(probe, now) === state).length] as const);
  return parts.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`).join(", ");
}

export function paceOf(probe: Pick<Probe, "every_ms" | "fail_after" | "pass_after">): string {
  return `every ${span(probe.every_ms)}; failing at ${probe.fail_after}${probe.pass_after > 1 ? `, passing after ${plural(probe.pass_after, "good look")}` : ""}`;
}
