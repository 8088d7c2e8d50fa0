import type { Detection } from "../api/types.ts";
import { clockTime, duration, shortTime } from "../lib/format.ts";
import { colour } from "../lib/colours.ts";
import { axisStep, axisTicks, type Bar, type Layout } from "./layout.ts";

// Paints a layout. All sizes are CSS pixels.
export const kAxis = 24;
export const kMarks = 18;
export const kRow = 22;
const kBar = 17;

export interface View { from: number; to: number; width: number; height: number; selected: string | null; hovered: string | null; utc: boolean }

const kTones: Record<string, string> = { model_call: "model", tool_call: "tool", turn: "turn", retrieval: "c6", approval: "person", hook: "c7", workflow: "turn", job: "c8" };

export function toneOf(bar: Bar): string {
  if (bar.event.status === "error" || bar.event.status === "timeout") return "bad";
  return kTones[bar.event.kind] ?? "c8";
}

export function heightOf(layout: Layout): number {
  return kAxis + kMarks + Math.max(3, layout.rows) * kRow + 8;
}

export function draw(g: CanvasRenderingContext2D, layout: Layout, detections: readonly Detection[], view: View): void {
  const x = (t: number) => ((t - view.from) / (view.to - view.from)) * view.width;
  g.clearRect(0, 0, view.width, view.height);
  drawDetections(g, detections, view, x);
  drawAxis(g, view, x);
  drawMarks(g, layout, view, x);
  for (const bar of layout.bars) if (bar.end >= view.from && bar.start <= view.to) drawBar(g, bar, view, x);
}

function font(weight: number, size: number): string {
  return `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
}

function drawDetections(g: CanvasRenderingContext2D, detections: readonly Detection[], view: View, x: (t: number) => number): void {
  for (const detection of detections) {
    const left = Math.max(0, x(detection.since_ms * 1000));
    const right = Math.min(view.width, x(detection.last_ms * 1000));
    if (right < 0 || left > view.width || right <= left) continue;
    g.globalAlpha = 0.08;
    g.fillStyle = colour("bad");
    g.fillRect(left, kAxis, right - left, view.height);
    g.globalAlpha = 1;
    g.fillRect(left, kAxis, right - left, 2);
  }
}

function drawAxis(g: CanvasRenderingContext2D, view: View, x: (t: number) => number): void {
  const labels = Math.max(2, Math.floor(view.width / 110));
  const step = axisStep(view.to - view.from, labels);
  g.font = font(450, 11);
  g.textBaseline = "middle";
  g.textAlign = "left";
  for (const tick of axisTicks(view.from, view.to, labels)) {
    const at = Math.round(x(tick)) + 0.5;
    g.strokeStyle = colour("line");
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(at, kAxis);
    g.lineTo(at, view.height);
    g.stroke();
    g.fillStyle = colour("faint");
    const text = step >= 60e6 ? shortTime(tick / 1000, view.utc) : clockTime(tick / 1000, view.utc, step < 1e6);
    const width = g.measureText(text).width;
    g.fillText(text, Math.max(4, Math.min(view.width - width - 4, at - width / 2)), kAxis / 2 + 1);
  }
  g.strokeStyle = colour("line");
  g.beginPath();
  g.moveTo(0, kAxis - 0.5);
  g.lineTo(view.width, kAxis - 0.5);
  g.stroke();
}

function drawMarks(g: CanvasRenderingContext2D, layout: Layout, view: View, x: (t: number) => number): void {
  let last = -10;
  for (const mark of layout.marks) {
    if (mark.time < view.from || mark.time > view.to) continue;
    const at = Math.round(x(mark.time));
    const isSpecial = mark.event.id === view.selected || mark.event.status === "error";
    if (at - last < 4 && !isSpecial) continue;
    last = at;
    const tone = mark.event.status === "error" ? "bad" : mark.event.kind === "message" ? "c1" : mark.event.kind === "approval" ? "person" : mark.event.kind === "session" ? "c3" : "faint";
    g.fillStyle = colour(tone);
    const middle = kAxis + kMarks / 2;
    g.beginPath();
    if (mark.event.kind === "log") g.rect(at - 0.75, middle - 3, 1.5, 6);
    else {
      g.moveTo(at, middle - 4);
      g.lineTo(at + 4, middle);
      g.lineTo(at, middle + 4);
      g.lineTo(at - 4, middle);
    }
    g.fill();
  }
}

function drawBar(g: CanvasRenderingContext2D, bar: Bar, view: View, x: (t: number) => number): void {
  const left = Math.max(-4, x(bar.start));
  const right = Math.min(view.width + 4, x(bar.end));
  const width = Math.max(2.5, right - left - 1);
  const top = kAxis + kMarks + bar.row * kRow + 2;
  const isSelected = bar.event.id === view.selected;
  g.beginPath();
  g.roundRect(left, top, width, kBar, Math.min(3.5, width / 2));
  g.fillStyle = colour(toneOf(bar));
  g.globalAlpha = bar.event.kind === "turn" || bar.event.kind === "workflow" ? 0.75 : bar.isRunning ? 0.62 : 0.92;
  g.fill();
  g.globalAlpha = 1;
  if (bar.event.ttft_us && width > 8) {
    // Until the first token the model thinks; after it, it speaks.
    const first = x(bar.start + bar.event.ttft_us) - left;
    g.save();
    g.clip();
    g.globalAlpha = 0.3;
    g.fillStyle = colour("surface");
    g.fillRect(left, top, Math.min(first, width), kBar);
    g.restore();
    g.globalAlpha = 1;
  }
  if (isSelected || bar.event.id === view.hovered) {
    g.lineWidth = isSelected ? 2 : 1;
    g.strokeStyle = colour("text");
    g.stroke();
  }
  const visible = Math.min(right, view.width) - Math.max(left, 0);
  if (visible < 34) return;
  g.save();
  g.beginPath();
  g.rect(Math.max(left, 0) + 5, top, visible - 9, kBar);
  g.clip();
  g.font = font(540, 11);
  g.textBaseline = "middle";
  g.textAlign = "left";
  g.fillStyle = bar.event.kind === "turn" || bar.event.kind === "workflow" ? colour("text") : colour("bar-text");
  const name = bar.event.kind === "model_call" ? (bar.event.model ?? bar.event.name) : bar.event.name || bar.event.kind;
  const text = visible > 110 ? `${name}  ${bar.isRunning ? "running" : duration(bar.event.duration_us)}` : name;
  g.fillText(text, Math.max(left, 0) + 6, top + kBar / 2 + 1);
  g.restore();
}
