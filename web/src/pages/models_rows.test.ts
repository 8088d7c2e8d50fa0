import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway, GatewayKey, GatewayTarget } from "../api/types.ts";
import { bestKey, headline, reasonWords, standingOf } from "./models_rows.ts";

const none = { p50: null, p95: null, p99: null };
const key = (changes: Partial<GatewayKey> = {}): GatewayKey => ({
  standing: "good", obstacle: "", breaker: "closed", last_success_ago_ms: 2000, last_failure_ago_ms: null, breaker_again_in_ms: 0, cooldown_ms: 0, key_aside_ms: 0, recent_failures: 0, recent_successes: 0, requests_left: null,
  tokens_left: null, attempts: 0, failures: 0, success_rate: null, took_ms: none, first_token_ms: none, input_tokens: 0, output_tokens: 0, cost_usd: 0, ...changes,
});
const target = (state: string, keys: GatewayKey[]): GatewayTarget => ({ provider: "p", kind: "openai", model: "m", tier: 0, weight: 1, window: 0, price: null, state, keys });
const gateway = (...states: string[][]): Gateway => ({
  is_enabled: true, routes: states.map((each, at) => ({ name: `r${at}`, last_resort: "fail", targets: each.map((state) => target(state, [key()])) })),
});

test("says what stands against a key, and for how long", () => {
  assert.deepEqual(standingOf(key({ obstacle: "breaker_open", breaker: "open", breaker_again_in_ms: 4000 })), { tone: "failing", word: "breaker open", why: "tries again in 4 s" });
  assert.equal(standingOf(key({ obstacle: "cooldown", cooldown_ms: 30_000 })).why, "for 30 s more");
  assert.equal(standingOf(key({ obstacle: "key_set_aside" })).word, "key refused");
});

test("does not take a key for good that nobody has called", () => {
  assert.deepEqual(standingOf(key({ standing: "unproven", last_success_ago_ms: null })), { tone: "unknown", word: "unproven", why: "no call has shown that it answers" });
  assert.deepEqual(standingOf(key()), { tone: "passing", word: "good", why: "answered 2 s ago" });
  assert.equal(standingOf(key({ last_failure_ago_ms: 60_000 })).why, "answered 2 s ago, failed 1 m ago");
  assert.equal(standingOf(key({ standing: "on_trial", breaker: "half_open", attempts: 9 })).word, "on trial");
});

test("takes the key that works for a target's", () => {
  const good = key({ attempts: 1 });
  assert.equal(bestKey(target("good", [key({ standing: "cooldown", obstacle: "cooldown" }), good])), good);
});

test("is green only when every target has answered", () => {
  assert.equal(headline(gateway(["good"], ["good", "good"])).tone, "passing");
  assert.equal(headline(gateway(["good"], ["unproven", "good"])).tone, "unknown");
  assert.equal(headline(gateway(["good"], ["cooldown", "good"])).tone, "warning");
  assert.equal(headline(gateway(["on_trial", "breaker_open"])).tone, "failing");
  assert.deepEqual(headline(gateway(["breaker_open"], ["good"])), { tone: "failing", text: "Nobody can answer for r0" });
});

test("has words for reasons it does not know", () => {
  assert.equal(reasonWords("rate_limit"), "was rate limited");
  assert.equal(reasonWords("some_new_reason"), "some new reason");
});
