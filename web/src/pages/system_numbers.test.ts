import assert from "node:assert/strict";
import { test } from "node:test";
import { label, linesOf, show } from "./system_numbers.ts";

test("reads the unit off the name", () => {
  assert.equal(show("rss_bytes", 2048), "2.00 KiB");
  assert.equal(show("commit_p99_us", 2500), "2.50 ms");
  assert.equal(show("lag_ms", 12), "12 ms");
  assert.equal(show("uptime_ms", 61_000), "1 m 1 s");
  assert.equal(show("cpu_seconds", 1.25), "1.3 s");
  assert.equal(show("is_failing", false), "no");
  assert.equal(show("set_aside", []), "none");
  assert.equal(label("queue_bytes"), "Queue bytes");
  assert.equal(label("events_total"), "Events");
});

test("never shows a number that was not reported as zero", () => {
  assert.equal(show("x", null), "not reported");
  assert.equal(show("x", undefined), "not reported");
});

test("shows a queue against its limit, once", () => {
  const lines = linesOf({ queue_bytes: 512, queue_bytes_max: 1024 }, undefined, 0);
  assert.deepEqual(lines, [{ name: "Queue bytes", text: "512 B of 1.00 KiB", rate: "", isBad: false, meter: 0.5 }]);
});

test("tells how fast a counter grows and marks losses", () => {
  const [events, dropped] = linesOf({ events_total: 300, dropped_total: 2 }, { events_total: 100, dropped_total: 2 }, 2);
  assert.equal(events?.rate, "100/s");
  assert.equal(events?.isBad, false);
  assert.equal(dropped?.isBad, true);
  assert.equal(dropped?.rate, "");
});

test("tells a gauge from the counter of the same thing, and marks a part that says it fails", () => {
  assert.deepEqual(linesOf({ clients: 1, clients_total: 9 }, undefined, 0).map((line) => line.name), ["Clients", "Clients, since start"]);
  assert.deepEqual(linesOf({ is_failing: true, is_behind: false }, undefined, 0).map((line) => [line.text, line.isBad]), [["yes", true], ["no", false]]);
  assert.equal(linesOf({ published_total: 5 }, undefined, 0)[0]?.isBad, false);
  assert.equal(show("bytes_total", 1024), "1.00 KiB");
});

test("flattens parts of parts", () => {
  assert.deepEqual(linesOf({ otlp: { spans_total: 3 } }, undefined, 0).map((line) => line.name), ["Otlp spans"]);
});
