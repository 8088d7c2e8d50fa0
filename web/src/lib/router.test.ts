import assert from "node:assert/strict";
import { test } from "node:test";
import { incidentPath, jobPath, parsePath, runPath, sessionPath, withSearch } from "./router.ts";

test("knows its pages", () => {
  assert.deepEqual(parsePath("/"), { page: "now" });
  assert.deepEqual(parsePath("/fleet"), { page: "fleet" });
  assert.deepEqual(parsePath("/fleet/"), { page: "fleet" });
  assert.deepEqual(parsePath("/history"), { page: "history" });
  assert.deepEqual(parsePath("/system"), { page: "system" });
  assert.deepEqual(parsePath("/models"), { page: "models" });
});

test("says so when it knows no such page", () => {
  for (const path of ["/nope", "/session", "/fleet/x", "/session/%E0%A4%A"]) assert.deepEqual(parsePath(path), { page: "lost", path });
});

test("brings every session id there and back, without a dot in the path", () => {
  for (const id of ["a", "claude.code/7", "agent:main:telegram:123", "ü ñ%20", "a?b#c", "..", "%2E"]) {
    const path = sessionPath(id);
    assert.ok(!path.includes("."), path);
    assert.deepEqual(parsePath(path), { page: "session", id });
  }
});

test("leaves empty parameters out of a link", () => {
  assert.equal(withSearch("/fleet", { state: "looping,failed", q: "", view: undefined }), "/fleet?state=looping%2Cfailed");
  assert.equal(withSearch("/fleet", {}), "/fleet");
});

test("brings jobs and their occurrences there and back", () => {
  assert.deepEqual(parsePath("/jobs"), { page: "jobs" });
  assert.deepEqual(parsePath(jobPath("molt.morning")), { page: "job", name: "molt.morning" });
  const id = "molt-morning@2026-11-22T07:00:00.000001Z";
  assert.ok(!runPath(id).includes("."));
  assert.deepEqual(parsePath(runPath(id)), { page: "run", id });
  assert.deepEqual(parsePath("/run"), { page: "lost", path: "/run" });
  assert.deepEqual(parsePath("/jobs/%E0%A4%A"), { page: "lost", path: "/jobs/%E0%A4%A" });
});

test("brings incidents there and back; the queue is their list", () => {
  assert.deepEqual(parsePath(incidentPath("inc_01.x/y")), { page: "incident", id: "inc_01.x/y" });
  assert.deepEqual(parsePath("/incidents"), { page: "now" });
  assert.deepEqual(parsePath("/alerts"), { page: "alerts" });
  assert.deepEqual(parsePath("/alerts/x"), { page: "lost", path: "/alerts/x" });
});
