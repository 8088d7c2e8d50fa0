import type { QueryRequest, QueryResult } from "../api/types.ts";

// What History asks the recorder, and how the answers become chart columns. Pure.

export interface Range { from: number; to: number }          // Unix milliseconds
export type GroupBy = "" | "agent" | "model" | "name";

export const kRanges: [string, string, number][] = [
  ["15m", "15 m", 15 * 60e3], ["1h", "1 h", 3600e3], ["6h", "6 h", 6 * 3600e3], ["24h", "24 h", 24 * 3600e3], ["7d", "7 d", 7 * 86400e3], ["30d", "30 d", 30 * 86400e3],
];
export const kGroupsMax = 8;

export function bucketOf(range: Range): { text: string; ms: number } {
  const length = range.to - range.from;
  if (length <= 7 * 3600e3) return { text: "1m", ms: 60e3 };
  if (length <= 32 * 86400e3) return { text: "1h", ms: 3600e3 };
  return { text: "1d", ms: 86400e3 };
}

// Round to whole buckets. What is counted for a minute that is not over looks like a drop, so that minute is left out; an hour or
// a day is too much to leave out, so the chart says that its last point still grows.
export function alignRange(range: Range): Range {
  const { ms } = bucketOf(range);
  const end = ms === 60e3 ? Math.floor(range.to / ms) : Math.ceil(range.to / ms);
  return { from: Math.floor(range.from / ms) * ms, to: Math.max(end * ms, (Math.floor(range.from / ms) + 1) * ms) };
}

export function isLastGrowing(range: Range, now: number): boolean {
  return range.to > now;
}

export function both(a: string, b: string): string {
  return a && b ? `(${a}) and (${b})` : a || b;
}

const kModelAggregates = ["count", "errors", "sum(input_tokens)", "sum(cache_read_tokens)", "sum(output_tokens)", "sum(cost)", "p50(duration)", "p95(duration)", "p99(duration)"];
const kToolAggregates = ["count", "errors", "p50(duration)", "p95(duration)", "p99(duration)"];

export function overTime(kind: "model_call" | "tool_call", range: Range, where: string): QueryRequest {
  return {
    from_ms: range.from, to_ms: range.to, where: both(`kind = ${kind}`, where), group_by: [`time(${bucketOf(range).text})`],
    aggregates: kind === "model_call" ? kModelAggregates : kToolAggregates, order_by: "time", limit: 10_000,
  };
}

// Agents and models are known by their model calls, tools by their own.
function kindOf(group: Exclude<GroupBy, "">): string {
  return group === "name" ? "tool_call" : "model_call";
}

const kGroupAggregates = ["count", "errors", "sum(total_tokens)", "sum(cost)", "p50(duration)", "p95(duration)", "p99(duration)"];

export function topGroups(group: Exclude<GroupBy, "">, range: Range, where: string): QueryRequest {
  return { from_ms: range.from, to_ms: range.to, where: both(`kind = ${kindOf(group)}`, where), group_by: [group], aggregates: kGroupAggregates, order_by: "-count", limit: 100 };
}

export function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

export function groupsOverTime(group: Exclude<GroupBy, "">, names: readonly string[], range: Range, where: string): QueryRequest {
  const only = `${group} in (${names.map(quote).join(", ")})`;
  return {
    from_ms: range.from, to_ms: range.to, where: both(both(`kind = ${kindOf(group)}`, only), where), group_by: [group, `time(${bucketOf(range).text})`],
    aggregates: ["count", "errors", "sum(total_tokens)", "sum(cost)", "p95(duration)"], limit: 10_000,
  };
}

export type Series = (number | null)[];

export function columnOf(result: QueryResult, name: string): number {
  return result.columns.findIndex((column) => column === name || (name === "time" && column.startsWith("time")));
}

export function timesOf(range: Range): number[] {
  const { ms } = bucketOf(range);
  const times: number[] = [];
  for (let t = range.from; t < range.to; t += ms) times.push(t);
  return times;
}

// One value per bucket. A bucket without events counts zero of what is counted, and nothing of what is measured.
export function seriesOf(result: QueryResult, column: string, range: Range, only?: { column: string; value: string }): Series {
  const { ms } = bucketOf(range);
  const isMeasured = /^(p\d+|avg|min|max)\(/.test(column);
  const series: Series = timesOf(range).map(() => (isMeasured ? null : 0));
  const time = columnOf(result, "time");
  const value = columnOf(result, column);
  const filter = only ? columnOf(result, only.column) : -1;
  for (const row of result.rows) {
    if (only && row[filter] !== only.value) continue;
    const at = Math.floor((Number(row[time]) - range.from) / ms);
    const cell = row[value];
    if (at >= 0 && at < series.length && typeof cell === "number") series[at] = cell;
  }
  return series;
}

// Before the first event was recorded nothing is known, and that is not zero.
export function sinceKnown(series: Series, range: Range, firstMs: number | null): Series {
  const { ms } = bucketOf(range);
  if (firstMs === null) return series;
  return series.map((value, i) => (range.from + (i + 1) * ms <= firstMs ? null : value));
}

export function exportUrl(format: "ndjson" | "csv", range: Range, where: string): string {
  const search = new URLSearchParams({ from_ms: String(range.from), to_ms: String(range.to), format, order: "asc" });
  if (where) search.set("where", where);
  return `/api/v1/events?${search.toString()}`;
}

// Points with nothing beside them: a line through them alone would draw nothing.
export function lonePoints(series: ArrayLike<number | null | undefined>): number[] {
  const has = (i: number) => i >= 0 && i < series.length && series[i] !== null && series[i] !== undefined;
  const lone: number[] = [];
  for (let i = 0; i < series.length; i += 1) if (has(i) && !has(i - 1) && !has(i + 1)) lone.push(i);
  return lone;
}
