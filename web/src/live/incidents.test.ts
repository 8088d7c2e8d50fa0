import assert from "node:assert/strict";
import { test } from "node:test";
import type { IncidentBrief } from "../api/incident_types.ts";
import { withFrame } from "./incidents.ts";

const brief = (id: string, revision = 1) => ({ id, revision }) as IncidentBrief;

test("a snapshot replaces what was known; a delta changes it", () => {
  const first = withFrame(new Map([["gone", brief("gone")]]), { type: "snapshot", topic: "incidents", seq: 1, items: [brief("a"), brief("b")] });
  assert.deepEqual([...first.keys()], ["a", "b"]);
  const next = withFrame(first, { type: "delta", topic: "incidents", seq: 2, put: [brief("a", 2), brief("c")], remove: ["b", "never"] });
  assert.deepEqual([...next.values()].map((each) => `${each.id}${each.revision}`), ["a2", "c1"]);
  assert.equal(first.get("a")?.revision, 1, "what was given is left alone");
});

test("what is no incident is left out", () => {
  assert.equal(withFrame(new Map(), { type: "snapshot", topic: "incidents", seq: 1, items: [{ key: "x" }] }).size, 0);
});
