import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { clockTime, dateTime, shortTime } from "../lib/format.ts";
import { colour } from "../lib/colours.ts";
import { isDark, utc } from "../lib/settings.ts";
import { lonePoints } from "../pages/history_queries.ts";

// A line chart with our looks: thin lines, a quiet grid, one cursor over all charts, values in the legend.

export interface Line { name: string; values: (number | null)[]; isDashed?: boolean }

interface Props { title: string; note?: string; hint: string; times: number[]; lines: Line[]; format: (value: number | null | undefined) => string; isArea?: boolean }

const kHeight = 200;
const sync = uPlot.sync("history");

export function Chart({ title, note, hint, times, lines, format, isArea }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const dark = isDark();
  const zone = utc.value;
  const shape = lines.map((line) => line.name).join("\n");
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(optionsOf(element.clientWidth, lines, format, zone, !!isArea, setAt), [times.map((t) => t / 1000), ...lines.map((line) => line.values)], element);
    made.ctx.canvas.ariaHidden = "true";
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: kHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, dark, zone]);
  useEffect(() => {
    plot.current?.setData([times.map((t) => t / 1000), ...lines.map((line) => line.values)]);
  }, [times, lines]);
  const shownAt = at !== null && at < times.length ? at : null;
  return (
    <section class="card chart">
      <header><h2>{title}</h2>{note && <span class="muted small">{note}</span>}<span class="push faint small">{shownAt !== null ? dateTime(times[shownAt] ?? 0, zone).slice(5, 16) : hint}</span></header>
      <div class="plot" ref={box} role="img" aria-label={`${title} over time: ${lines.map((line) => line.name).join(", ")}`} />
      <div class="legend">
        {lines.map((line, i) => (
          <span key={line.name} class={`k${(i % 8) + 1}`}><i />{line.name} <b>{shownAt !== null ? format(line.values[shownAt]) : ""}</b></span>
        ))}
      </div>
    </section>
  );
}

const lonely: uPlot.Series.Points.Filter = (plot, series) => lonePoints(plot.data[series] ?? []);

function optionsOf(width: number, lines: Line[], format: Props["format"], zone: boolean, isArea: boolean, setAt: (at: number | null) => void): uPlot.Options {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis: uPlot.Axis = { stroke: colour("faint"), font, ticks: { show: false }, grid: { stroke: colour("line"), width: 1 } };
  return {
    width, height: kHeight, legend: { show: false }, padding: [10, 20, 0, 0],
    cursor: { sync: { key: sync.key }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
    // One point alone would get an axis of years around it.
    scales: { x: { range: (plot, min, max) => (plot.data[0].length > 1 ? [min, max] : [min - 300, min + 300]) }, y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      {
        ...axis, grid: { show: false }, space: 70, size: 28,
        values: (_plot, splits, _axis, _space, increment) => splits.map((s) => (increment >= 86400 ? dateTime(s * 1000, zone).slice(5, 10) : increment < 60 ? clockTime(s * 1000, zone) : shortTime(s * 1000, zone))),
      },
      { ...axis, size: 58, space: 34, values: (_plot, splits) => splits.map((v) => format(v)) },
    ],
    series: [
      {},
      ...lines.map((line, i): uPlot.Series => {
        const stroke = colour(`c${(i % 8) + 1}`);
        const fill = isArea ? stroke.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)") : undefined;
        return { label: line.name, stroke, width: 1.5, points: { show: false, size: 5, fill: stroke, filter: lonely }, spanGaps: false, ...(fill ? { fill } : {}), ...(line.isDashed ? { dash: [5, 4] } : {}) };
      }),
    ],
    hooks: { setCursor: [(u) => setAt(u.cursor.idx ?? null)] },
  };
}
