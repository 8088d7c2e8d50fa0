import type { AlertRule } from "../api/incident_types.ts";
import type { Source } from "../api/types.ts";
import { lookedOf, problemsOf } from "./alerts_rows.ts";
import type { Queue } from "./incidents_rows.ts";

// What an empty queue may say of itself. Pure.

export interface Looked {
  isGood: boolean;               // everything that should look has looked, a moment ago
  text: string;                  // "17 rules looked 4 s ago"
  problems: string[];            // why it is not known that nothing is wrong
}

export function lookOf(rules: readonly AlertRule[] | null, error: string, sources: Iterable<Pick<Source, "name" | "state">>, now: number): Looked {
  const problems: string[] = [];
  for (const source of sources) {
    if (source.state.value !== "passing") problems.push(`${source.name} is ${source.state.value}${source.state.why ? `: ${source.state.why}` : ""}`);
  }
  if (!rules) return { isGood: false, text: "whether any rule looked is unknown", problems: [error ? `the rules could not be read: ${error}` : "the rules have not been read yet", ...problems] };
  if (error) problems.unshift(`the rules could not be read again: ${error}`);
  if (rules.length === 0) return { isGood: false, text: "no rule looks at anything", problems: ["no rule is configured", ...problems] };
  const bad = problemsOf(rules, now);
  return { isGood: bad.length + problems.length === 0, text: lookedOf(rules, now), problems: [...bad, ...problems] };
}

// What is folded away must be harmless, and proven to be, for the rest to be called good.
export function isFoldHarmless(queue: Queue): boolean {
  return queue.silenced.length === 0 && queue.quiet.every((each) => each.diagnosis?.conclusion === "false_alarm" || each.diagnosis?.conclusion === "enhancement");
}

export function foldText(queue: Queue): string {
  const parts: string[] = [];
  if (queue.silenced.length > 0) parts.push(`${queue.silenced.length} silenced`);
  if (queue.quiet.length > 0) parts.push(`${queue.quiet.length} for information`);
  return parts.join(", ");
}
