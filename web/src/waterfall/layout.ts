import type { Event } from "../api/types.ts";

// Where each call of a session is drawn: a bar per event that takes time, nested below its parent span, and a mark per instant.
// Times are Unix microseconds. Pure; the canvas is in waterfall.tsx.

export interface Bar {
  event: Event;
  start: number;
  end: number;
  row: number;
  isRunning: boolean;
}

export interface Mark {
  event: Event;
  time: number;
}

export interface Layout {
  bars: Bar[];   // by start
  marks: Mark[]; // by time
  rows: number;
  from: number;
  to: number;
}

export const kRowsMax = 400;

const kTimed = new Set(["turn", "model_call", "tool_call", "retrieval", "approval", "hook", "workflow", "job"]);

function isBar(event: Event): boolean {
  return (event.duration_us !== undefined && event.duration_us >= 0 && kTimed.has(event.kind)) || (event.status === "running" && kTimed.has(event.kind));
}

// A source may tell of a call twice: as it starts and when it has ended. The ended one is the whole story.
function withoutSuperseded(events: readonly Event[]): Event[] {
  const ended = new Set<string>();
  for (const event of events) if (event.span && event.status !== "running" && isBar(event)) ended.add(event.span);
  return events.filter((event) => !(event.status === "running" && event.span && ended.has(event.span)));
}

export function layOut(events: readonly Event[], nowUs: number): Layout {
  const bars: Bar[] = [];
  const marks: Mark[] = [];
  for (const event of withoutSuperseded(events)) {
    if (!isBar(event)) {
      if (event.kind !== "sample") marks.push({ event, time: event.time_us });
      continue;
    }
    const isRunning = event.duration_us === undefined || event.duration_us < 0;
    const end = isRunning ? Math.max(nowUs, event.time_us) : event.time_us + (event.duration_us ?? 0);
    bars.push({ event, start: event.time_us, end, row: 0, isRunning });
  }
  marks.sort((a, b) => a.time - b.time);
  const rows = assignRows(bars);
  let from = Infinity;
  let to = -Infinity;
  for (const bar of bars) {
    from = Math.min(from, bar.start);
    to = Math.max(to, bar.end);
  }
  for (const mark of marks) {
    from = Math.min(from, mark.time);
    to = Math.max(to, mark.time);
  }
  if (from > to) [from, to] = [nowUs - 60e6, nowUs];
  return { bars, marks, rows, from, to };
}

// Parents go before their children even when a clock says otherwise, so that a child never lands above its parent.
function assignRows(bars: Bar[]): number {
  const bySpan = new Map<string, Bar>();
  const byTurn = new Map<string, Bar>();
  for (const bar of bars) {
    if (bar.event.span) bySpan.set(bar.event.span, bar);
    if (bar.event.kind === "turn" && bar.event.turn) byTurn.set(bar.event.turn, bar);
  }
  const parentOf = (bar: Bar): Bar | undefined => {
    const parent = bar.event.parent_span ? bySpan.get(bar.event.parent_span) : undefined;
    if (parent) return parent;
    const turn = bar.event.kind !== "turn" && bar.event.turn ? byTurn.get(bar.event.turn) : undefined;
    return turn === bar ? undefined : turn;
  };
  const depths = new Map<Bar, number>();
  const depthOf = (bar: Bar): number => {
    const chain: Bar[] = [];
    let at: Bar | undefined = bar;
    // Spans that name each other as parents must not hold us for ever.
    while (at && !depths.has(at) && chain.length < kRowsMax && !chain.includes(at)) {
      chain.push(at);
      at = parentOf(at);
    }
    let depth = at ? (depths.get(at) ?? -1) : -1;
    for (const each of chain.reverse()) depths.set(each, (depth += 1));
    return depths.get(bar) ?? 0;
  };
  bars.forEach(depthOf);
  bars.sort((a, b) => a.start - b.start || (depths.get(a) ?? 0) - (depths.get(b) ?? 0) || b.end - a.end);

  const busyUntil: number[] = [];
  const placed = new Set<Bar>();
  for (const bar of bars) {
    const parent = parentOf(bar);
    let row = parent && placed.has(parent) ? parent.row + 1 : 0;
    while (row < kRowsMax - 1 && (busyUntil[row] ?? -Infinity) > bar.start) row += 1;
    bar.row = Math.min(row, kRowsMax - 1);
    busyUntil[bar.row] = Math.max(busyUntil[bar.row] ?? -Infinity, bar.end);
    placed.add(bar);
  }
  let rows = 0;
  for (const bar of bars) rows = Math.max(rows, bar.row + 1);
  return rows;
}

// Round distances between labels of a time axis, in microseconds.
const kSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((n) => [n, n * 1000])
  .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map((s) => s * 1e6))
  .sort((a, b) => a - b);

export function axisStep(spanUs: number, labelsMax: number): number {
  const least = spanUs / Math.max(1, labelsMax);
  return kSteps.find((size) => size >= least) ?? Math.ceil(least / 86400e6) * 86400e6;
}

export function axisTicks(from: number, to: number, labelsMax: number): number[] {
  const size = axisStep(to - from, labelsMax);
  const ticks: number[] = [];
  for (let t = Math.ceil(from / size) * size; t <= to && ticks.length <= labelsMax + 1; t += size) ticks.push(t);
  return ticks;
}

// The bar under a point, or the nearest one within `slackUs`: calls of a millisecond are hard to hit.
export function barAt(layout: Layout, row: number, time: number, slackUs: number): Bar | null {
  let best: Bar | null = null;
  let bestDistance = slackUs;
  for (const bar of layout.bars) {
    if (bar.row !== row) continue;
    if (bar.start > time + slackUs) break;
    const distance = time < bar.start ? bar.start - time : time > bar.end ? time - bar.end : 0;
    if (distance <= bestDistance) {
      best = bar;
      bestDistance = distance;
    }
  }
  return best;
}
