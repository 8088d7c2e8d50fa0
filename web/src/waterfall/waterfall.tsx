import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Detection, Event } from "../api/types.ts";
import { now } from "../lib/clock.ts";
import { count, duration, money, plural, span } from "../lib/format.ts";
import { isDark, utc } from "../lib/settings.ts";
import { words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { draw, heightOf, kAxis, kMarks, kRow } from "./draw.ts";
import { barAt, layOut, type Bar, type Layout } from "./layout.ts";

// A session's calls over time. Wheel with Ctrl or pinch zooms, dragging moves, "Follow" keeps the newest in view.

interface Window { from: number; to: number }

const kMinSpanUs = 1000;
const kLongUs = 45 * 60e6;   // longer sessions open at their newest quarter of an hour

export function Waterfall({ events, detections, selected, onSelect }: {
  events: readonly Event[]; detections: readonly Detection[]; selected: string | null; onSelect: (event: Event) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(800);
  const [fixed, setFixed] = useState<Window | null>(null);   // null: follows
  const [chosenMs, setFollowMs] = useState<number | null>(null); // 0: all of it; null: what suits
  const [hover, setHover] = useState<{ bar: Bar; x: number; y: number } | null>(null);
  const dark = isDark();
  const nowUs = now.value * 1000;
  const hasRunning = useMemo(() => events.some((event) => event.status === "running"), [events]);
  const layout = useMemo(() => layOut(events, nowUs), [events, hasRunning ? nowUs : 0]);
  const followMs = chosenMs ?? (layout.to - layout.from > kLongUs ? 15 * 60_000 : 0);
  const view = fixed ?? follow(layout, followMs);

  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const height = heightOf(layout);
  useEffect(() => {
    const element = canvas.current;
    const g = element?.getContext("2d");
    if (!element || !g) return;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    element.style.height = `${height}px`;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(g, layout, detections, { ...view, width, height, selected, hovered: hover?.bar.event.id ?? null, utc: utc.value });
  }, [layout, width, height, view.from, view.to, selected, hover?.bar, detections, dark, utc.value]);

  const timeAt = (px: number) => view.from + (px / width) * (view.to - view.from);
  const zoom = (factor: number, aroundPx: number) => {
    const around = timeAt(aroundPx);
    const length = Math.max(kMinSpanUs, (view.to - view.from) * factor);
    const from = around - (around - view.from) * (length / (view.to - view.from));
    setFixed({ from, to: from + length });
  };
  useZoomGestures(canvas, zoom, (px) => setFixed({ from: view.from + (px / width) * (view.to - view.from), to: view.to + (px / width) * (view.to - view.from) }));

  const find = (event: MouseEvent): Bar | null => {
    const row = Math.floor((event.offsetY - kAxis - kMarks) / kRow);
    return row < 0 ? null : barAt(layout, row, timeAt(event.offsetX), (4 / width) * (view.to - view.from));
  };
  const step = (direction: number) => {
    const at = layout.bars.findIndex((bar) => bar.event.id === selected);
    const bar = layout.bars[Math.max(0, Math.min(layout.bars.length - 1, at + direction))];
    if (!bar) return;
    if (bar.start < view.from || bar.end > view.to) setFixed(around(bar, view));
    onSelect(bar.event);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "+" || event.key === "=") zoom(0.6, width / 2);
    else if (event.key === "-") zoom(1 / 0.6, width / 2);
    else if (event.key === "0") setFixed(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const spans: [string, number][] = [["All", 0], ["15 m", 15 * 60_000], ["1 m", 60_000]];
  return (
    <section class="card waterfall">
      <header>
        <h2>Timeline</h2>
        <div class="legend-row">
          <Key tone="model" text="model" /><Key tone="tool" text="tool" /><Key tone="person" text="approval" /><Key tone="bad" text="error" />
        </div>
        <div class="row push">
          <div class="segments" role="group" aria-label="Time shown">
            {spans.map(([name, ms]) => <button key={name} aria-pressed={fixed === null && followMs === ms} onClick={() => { setFixed(null); setFollowMs(ms); }}>{name}</button>)}
          </div>
          <button class="button plain icon small" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoom(1.8, width / 2)}><Icon name="minus" size={14} /></button>
          <button class="button plain icon small" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(1 / 1.8, width / 2)}><Icon name="plus" size={14} /></button>
        </div>
      </header>
      <div class="scroll">
        <canvas
          ref={canvas} tabIndex={0} role="img" aria-label={describe(layout)} onKeyDown={onKeyDown}
          onMouseMove={(event) => { const bar = find(event); setHover(bar ? { bar, x: event.offsetX, y: event.offsetY } : null); }}
          onMouseLeave={() => setHover(null)}
          onClick={(event) => { const bar = find(event); if (bar) onSelect(bar.event); }}
        />
      </div>
      {hover && <Tip bar={hover.bar} x={Math.min(hover.x + 14, Math.max(8, width - 300))} y={Math.min(hover.y + 62, 380)} />}
    </section>
  );
}

function follow(layout: Layout, followMs: number): Window {
  const end = layout.to;
  const from = followMs > 0 ? Math.max(layout.from, end - followMs * 1000) : layout.from;
  const pad = Math.max(kMinSpanUs, (end - from) * 0.015);
  return { from: from - pad, to: end + pad };
}

function around(bar: Bar, view: Window): Window {
  const length = Math.max(view.to - view.from, (bar.end - bar.start) * 1.2);
  const middle = (bar.start + bar.end) / 2;
  return { from: middle - length / 2, to: middle + length / 2 };
}

function describe(layout: Layout): string {
  const errors = layout.bars.filter((bar) => bar.event.status === "error").length;
  return `${plural(layout.bars.length, "call")} over ${span((layout.to - layout.from) / 1000)}, ${plural(errors, "error")}. Left and right arrows step through them; the list below has them all.`;
}

function Key({ tone, text }: { tone: string; text: string }) {
  return <span><i style={{ background: `var(--${tone})` }} />{text}</span>;
}

function Tip({ bar, x, y }: { bar: Bar; x: number; y: number }) {
  const { event } = bar;
  const tokens = (event.input_tokens ?? 0) + (event.output_tokens ?? 0);
  return (
    <div class="tip" style={{ left: `${x}px`, top: `${y}px` }}>
      <div class="strong">{event.name || event.model || event.kind}</div>
      <div class="muted">
        {words(event.kind)} · {bar.isRunning ? `running for ${duration(bar.end - bar.start)}` : duration(event.duration_us)} · {event.status}
        {event.error_type ? ` (${event.error_type})` : ""}
      </div>
      {tokens > 0 && <div class="muted">{count(event.input_tokens ?? 0)} in, {count(event.output_tokens ?? 0)} out{event.cost_usd ? `, ${money(event.cost_usd)}` : ""}{event.ttft_us ? `, first token after ${duration(event.ttft_us)}` : ""}</div>}
    </div>
  );
}

// Wheel and drag need listeners that may prevent scrolling, so they are not passive; the newest closures are used.
function useZoomGestures(canvas: { current: HTMLCanvasElement | null }, zoom: (factor: number, px: number) => void, pan: (px: number) => void): void {
  const latest = useRef({ zoom, pan });
  latest.current = { zoom, pan };
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let dragFrom: number | null = null;
    const wheel = (event: WheelEvent) => {
      if (event.ctrlKey || event.metaKey) latest.current.zoom(Math.exp(event.deltaY * 0.004), event.offsetX);
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) latest.current.pan(event.deltaX);
      else return;
      event.preventDefault();
    };
    const down = (event: PointerEvent) => {
      if (event.pointerType === "mouse" && event.button === 0) dragFrom = event.clientX;
    };
    const moveBy = (event: PointerEvent) => {
      if (dragFrom === null || Math.abs(event.clientX - dragFrom) < 3) return;
      latest.current.pan(dragFrom - event.clientX);
      dragFrom = event.clientX;
    };
    const up = () => {
      dragFrom = null;
    };
    element.addEventListener("wheel", wheel, { passive: false });
    element.addEventListener("pointerdown", down);
    addEventListener("pointermove", moveBy);
    addEventListener("pointerup", up);
    return () => {
      element.removeEventListener("wheel", wheel);
      element.removeEventListener("pointerdown", down);
      removeEventListener("pointermove", moveBy);
      removeEventListener("pointerup", up);
    };
  }, []);
}
