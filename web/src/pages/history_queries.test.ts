import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryResult } from "../api/types.ts";
import { alignRange, both, bucketOf, exportUrl, groupsOverTime, lonePoints, overTime, quote, seriesOf, sinceKnown } from "./history_queries.ts";

const minute = 60e3;
const answer = (columns: string[], rows: QueryResult["rows"]): QueryResult => ({ columns, rows, is_truncated: false, from_rollup: true, rows_scanned: 0, elapsed_us: 1 });

test("takes minutes for hours and hours for days", () => {
  assert.equal(bucketOf(alignRange({ from: 30e3, to: 30e3 + 6 * 3600e3 })).text, "1m");
  assert.equal(bucketOf({ from: 0, to: 86400e3 }).text, "1h");
  assert.equal(bucketOf({ from: 0, to: 90 * 86400e3 }).text, "1d");
});

test("aligns a range to whole buckets", () => {
  assert.deepEqual(alignRange({ from: 90e3, to: 200e3 }), { from: 60e3, to: 180e3 });
  assert.deepEqual(alignRange({ from: 90e3, to: 100e3 }), { from: 60e3, to: 120e3 });
  const day = alignRange({ from: 1800e3, to: 25.5 * 3600e3 });
  assert.deepEqual(day, { from: 0, to: 26 * 3600e3 });
  assert.equal(bucketOf(day).text, "1h");
});

test("keeps the person's filter in parentheses of its own", () => {
  assert.equal(both("kind = tool_call", "a = 1 or b = 2"), "(kind = tool_call) and (a = 1 or b = 2)");
  assert.equal(overTime("tool_call", { from: 0, to: minute }, "").where, "kind = tool_call");
});

test("quotes names that try to break out", () => {
  assert.equal(quote('a"b\\c'), '"a\\"b\\\\c"');
  assert.match(groupsOverTime("agent", ['x") or true'], { from: 0, to: minute }, "").where ?? "", /agent in \("x\\"\) or true"\)/);
});

test("fills empty buckets: zero for counts, nothing for percentiles", () => {
  const range = { from: 0, to: 3 * minute };
  const result = answer(["time", "count", "p95(duration)"], [[minute, 4, 900]]);
  assert.deepEqual(seriesOf(result, "count", range), [0, 4, 0]);
  assert.deepEqual(seriesOf(result, "p95(duration)", range), [null, 900, null]);
});

test("shows nothing, rather than zero, before anything was recorded", () => {
  const range = { from: 0, to: 3 * minute };
  assert.deepEqual(sinceKnown([0, 0, 5], range, minute + 1), [null, 0, 5]);
  assert.deepEqual(sinceKnown([0, 0, 5], range, null), [0, 0, 5]);
});

test("picks one group's rows and ignores times out of range", () => {
  const range = { from: 0, to: 2 * minute };
  const result = answer(["agent", "time", "count"], [["a", 0, 1], ["b", 0, 2], ["a", 9 * minute, 3], [null, 0, 7]]);
  assert.deepEqual(seriesOf(result, "count", range, { column: "agent", value: "a" }), [1, 0]);
});

test("exports the same range and filter", () => {
  assert.equal(exportUrl("csv", { from: 1, to: 2 }, 'agent = "a b"'), "/api/v1/events?from_ms=1&to_ms=2&format=csv&order=asc&where=agent+%3D+%22a+b%22");
});

test("finds the points that no line would show", () => {
  assert.deepEqual(lonePoints([null, 3, null, 1, 2, null, 0]), [1, 6]);
  assert.deepEqual(lonePoints([5]), [0]);
  assert.deepEqual(lonePoints([1, 2, 3]), []);
  assert.deepEqual(lonePoints([]), []);
});
