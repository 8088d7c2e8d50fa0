import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../api/types.ts";
import { axisStep, axisTicks, barAt, kRowsMax, layOut } from "./layout.ts";

let serial = 0;
function call(start: number, duration: number | undefined, more: Partial<Event> = {}): Event {
  serial += 1;
  const event: Event = { id: `e${serial}`, time_us: start, kind: "tool_call", status: "ok", name: "t", tenant: "d", source: "s", ...more };
  if (duration !== undefined) event.duration_us = duration;
  return event;
}

function rowsOf(events: Event[], now = 1000): Record<string, number> {
  return Object.fromEntries(layOut(events, now).bars.map((bar) => [bar.event.name, bar.row]));
}

test("puts one call after another on one row", () => {
  assert.deepEqual(rowsOf([call(0, 10, { name: "a" }), call(10, 10, { name: "b" }), call(25, 5, { name: "c" })]), { a: 0, b: 0, c: 0 });
});

test("puts parallel calls on rows of their own", () => {
  assert.deepEqual(rowsOf([call(0, 10, { name: "a" }), call(5, 10, { name: "b" }), call(12, 2, { name: "c" })]), { a: 0, b: 1, c: 0 });
});

test("nests by parent span, in whatever order events come", () => {
  const events = [
    call(20, 10, { name: "tool", span: "3", parent_span: "1" }),
    call(0, 100, { name: "turn", kind: "turn", span: "1" }),
    call(22, 3, { name: "sub", span: "4", parent_span: "3" }),
    call(0, 20, { name: "model", kind: "model_call", span: "2", parent_span: "1" }),
  ];
  assert.deepEqual(rowsOf(events), { turn: 0, model: 1, tool: 1, sub: 2 });
});

test("nests by turn when a source has no spans", () => {
  const events = [call(0, 100, { name: "turn", kind: "turn", turn: "r1" }), call(10, 5, { name: "tool", turn: "r1" })];
  assert.deepEqual(rowsOf(events), { turn: 0, tool: 1 });
});

test("lets a running call last until now", () => {
  const [bar] = layOut([call(100, undefined, { status: "running" })], 900).bars;
  assert.equal(bar?.end, 900);
  assert.equal(bar?.isRunning, true);
});

test("drops the start of a call whose end is known", () => {
  const layout = layOut([call(0, undefined, { status: "running", span: "1" }), call(0, 40, { span: "1" })], 900);
  assert.deepEqual(layout.bars.map((bar) => bar.end), [40]);
});

test("takes instants for marks and leaves samples out", () => {
  const layout = layOut([call(5, undefined, { kind: "message" }), call(3, undefined, { kind: "log" }), call(4, undefined, { kind: "sample" })], 900);
  assert.deepEqual(layout.marks.map((mark) => mark.time), [3, 5]);
  assert.deepEqual([layout.from, layout.to], [3, 5]);
});

test("survives spans that are each other's parents, and itself", () => {
  const events = [call(0, 5, { span: "a", parent_span: "b" }), call(0, 5, { span: "b", parent_span: "a" }), call(0, 5, { span: "c", parent_span: "c" })];
  assert.equal(layOut(events, 10).bars.length, 3);
});

test("keeps bars of one row apart and rows bounded under many parallel calls", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const events = Array.from({ length: 3000 }, () => call(Math.floor(random() * 1e6), Math.floor(random() * 5000)));
  const layout = layOut(events, 2e6);
  assert.ok(layout.rows < kRowsMax);
  const ends = new Map<number, number>();
  for (const bar of layout.bars) {
    assert.ok((ends.get(bar.row) ?? 0) <= bar.start, "overlap");
    ends.set(bar.row, bar.end);
  }
});

test("shows the last minute when there is nothing", () => {
  const layout = layOut([], 120e6);
  assert.deepEqual([layout.from, layout.to, layout.rows], [60e6, 120e6, 0]);
});

test("labels the axis at round times, few enough", () => {
  assert.equal(axisStep(60e6, 6), 10e6);
  assert.equal(axisStep(3600e6, 6), 600e6);
  assert.equal(axisStep(10 * 86400e6, 5), 2 * 86400e6);
  assert.deepEqual(axisTicks(5e6, 32e6, 3), [10e6, 20e6, 30e6]);
});

test("finds the bar under the pointer, and the nearest one near it", () => {
  const layout = layOut([call(0, 10, { name: "a" }), call(50, 10, { name: "b" })], 100);
  assert.equal(barAt(layout, 0, 55, 0)?.event.name, "b");
  assert.equal(barAt(layout, 0, 45, 6)?.event.name, "b");
  assert.equal(barAt(layout, 0, 30, 5), null);
  assert.equal(barAt(layout, 1, 5, 5), null);
});
