import { useEffect, useRef } from "preact/hooks";
import { isDark } from "../lib/settings.ts";

// A small area chart without axes. NaN is a hole, not a zero.
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const dark = isDark();
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const draw = () => drawSparkline(canvas, values);
    const observer = new ResizeObserver(draw);
    observer.observe(canvas);
    return () => observer.disconnect();
  }, [values, dark]);
  return <canvas ref={ref} role="img" aria-label={label} />;
}

function drawSparkline(canvas: HTMLCanvasElement, values: readonly number[]): void {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const g = canvas.getContext("2d");
  if (!g || values.length < 2) return;
  g.scale(ratio, ratio);
  const top = Math.max(...values.filter(Number.isFinite), 1e-9);
  const x = (i: number) => (i / (values.length - 1)) * (width - 3) + 1;
  const y = (v: number) => height - 2 - (v / top) * (height - 5);
  const colour = getComputedStyle(canvas).getPropertyValue("color");
  if (!colour) return;  // not in the page yet, or not any more
  g.lineWidth = 1.5;
  g.lineJoin = "round";
  g.strokeStyle = colour;
  const line = new Path2D();
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) return;
    if (i === 0 || !Number.isFinite(values[i - 1] ?? NaN)) line.moveTo(x(i), y(v));
    else line.lineTo(x(i), y(v));
  });
  const start = Math.max(0, values.findIndex(Number.isFinite));
  const area = new Path2D(line);
  area.lineTo(x(values.length - 1), height);
  area.lineTo(x(start), height);
  const fill = g.createLinearGradient(0, 0, 0, height);
  fill.addColorStop(0, colour);
  fill.addColorStop(1, "transparent");
  g.globalAlpha = 0.16;
  g.fillStyle = fill;
  g.fill(area);
  g.globalAlpha = 1;
  g.stroke(line);
  const last = values.at(-1) ?? NaN;
  if (!Number.isFinite(last)) return;
  g.beginPath();
  g.arc(x(values.length - 1) - 1, y(last), 2, 0, 7);
  g.fillStyle = colour;
  g.fill();
}
