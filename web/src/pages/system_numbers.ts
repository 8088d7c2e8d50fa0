import { bytes, count, duration, span } from "../lib/format.ts";

// /api/v1/system is numbers by name; a name's ending says its unit (docs/api.md). Pure.

export interface Line { name: string; text: string; rate: string; isBad: boolean; meter: number | null }

const kBad = /(^|_)(refused|dropped|drops|stalled|fell_behind|failed|failures|bad|is_failing|is_behind|rejected|folded|set_aside|gaps|errors|shed)(_|$)/;

const kLabels: Record<string, string> = { rss_bytes: "Memory, resident", cpu_seconds: "CPU time", is_failing: "Failing", is_behind: "Behind" };

export function label(key: string): string {
  if (kLabels[key]) return kLabels[key];
  const text = key.replace(/_(total|ms|us|seconds|usd)$/, "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function show(key: string, value: unknown): string {
  if (value === null || value === undefined) return "not reported";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value === "" ? "–" : value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((each) => (typeof each === "object" ? JSON.stringify(each) : String(each))).join("; ");
  if (typeof value !== "number") return JSON.stringify(value);
  if (/(_bytes(_max)?|^bytes_total|_bytes_total)$/.test(key)) return bytes(value);
  if (/_us$/.test(key)) return duration(value);
  if (/_ms$/.test(key)) return value > 1e12 ? new Date(value).toISOString().slice(0, 19).replace("T", " ") : value < 1000 ? `${Math.round(value)} ms` : span(value);
  if (/_seconds$/.test(key)) return value < 60 ? `${value.toFixed(1)} s` : span(value * 1000);
  if (!Number.isInteger(value)) return value.toFixed(2);
  return count(value);
}

// Flattens nested numbers to one list; counters also say how fast they grow since the sample before.
export function linesOf(now: Record<string, unknown>, before: Record<string, unknown> | undefined, seconds: number, prefix = ""): Line[] {
  const lines: Line[] = [];
  for (const [key, value] of Object.entries(now)) {
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      lines.push(...linesOf(value as Record<string, unknown>, before?.[key] as Record<string, unknown> | undefined, seconds, `${prefix}${key}_`));
      continue;
    }
    if (value === "" || (/_max$/.test(key) && key.replace(/_max$/, "") in now)) continue;
    const earlier = before?.[key];
    const perSecond = typeof value === "number" && typeof earlier === "number" && /_total$/.test(key) && seconds > 0 ? Math.max(0, value - earlier) / seconds : 0;
    const limit = now[`${key}_max`];
    const size = Array.isArray(value) ? value.length : Number(value);
    // A gauge and the counter of the same thing since the start stand side by side.
    const isBoth = /_total$/.test(key) && key.replace(/_total$/, "") in now;
    lines.push({
      name: label(prefix + key) + (isBoth ? ", since start" : ""),
      text: typeof limit === "number" && limit > 0 ? `${show(key, value)} of ${show(key, limit)}` : show(key, value),
      rate: perSecond > 0 ? `${perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)}/s` : "",
      isBad: kBad.test(key) && typeof value !== "string" && size > 0,
      meter: typeof value === "number" && typeof limit === "number" && limit > 0 ? Math.min(1, value / limit) : null,
    });
  }
  return lines;
}
