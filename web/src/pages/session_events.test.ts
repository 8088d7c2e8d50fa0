import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../api/types.ts";
import { EventLog, kEventsMax } from "./session_events.ts";

const event = (id: string, time_us: number, sequence?: number): Event =>
  ({ id, time_us, kind: "log", status: "ok", name: id, tenant: "d", source: "s", ...(sequence === undefined ? {} : { sequence }) });

test("merges live and recorded events by id, in order of time", () => {
  const log = new EventLog();
  assert.equal(log.add([event("c", 30), event("b", 20)]), true);
  assert.equal(log.add([event("a", 10), event("b", 20)]), true);
  assert.equal(log.add([event("a", 10)]), false);
  assert.deepEqual(log.list().map((e) => e.id), ["a", "b", "c"]);
});

test("keeps the source's order within one instant", () => {
  const log = new EventLog();
  log.add([event("x", 10, 2), event("y", 10, 1)]);
  assert.deepEqual(log.list().map((e) => e.id), ["y", "x"]);
});

test("keeps the newest when there are too many", () => {
  const log = new EventLog();
  log.add(Array.from({ length: kEventsMax + 10 }, (_, i) => event(`e${i}`, i)));
  assert.equal(log.size, kEventsMax);
  assert.equal(log.list()[0]?.id, "e10");
});
