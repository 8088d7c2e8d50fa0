import type { Gateway, GatewayKey, GatewayTarget } from "../api/types.ts";
import { ago, plural, span } from "../lib/format.ts";

// What the Models page computes from GET /api/v1/gateway. Pure.

export interface Standing { tone: "passing" | "unknown" | "warning" | "failing"; word: string; why: string }

// How a key stands now, and until when something stands against it.
export function standingOf(key: GatewayKey): Standing {
  switch (key.obstacle) {
    case "breaker_open": return { tone: "failing", word: "breaker open", why: `tries again in ${span(key.breaker_again_in_ms)}` };
    case "cooldown": return { tone: "warning", word: "cools down", why: `for ${span(key.cooldown_ms)} more` };
    case "key_set_aside": return { tone: "failing", word: "key refused", why: `tried again in ${span(key.key_aside_ms)}` };
    case "rate_limit_near": return { tone: "warning", word: "at its limit", why: "by the provider's own count" };
    case "": break;
  }
  if (key.standing === "on_trial") return { tone: "warning", word: "on trial", why: "one call may show that it works again" };
  const answered = key.last_success_ago_ms === null ? "no call has shown that it answers" : `answered ${ago(key.last_success_ago_ms)}`;
  const why = key.last_failure_ago_ms === null ? answered : `${answered}, failed ${ago(key.last_failure_ago_ms)}`;
  return key.standing === "unproven" ? { tone: "unknown", word: "unproven", why } : { tone: "passing", word: "good", why };
}

// The best of its keys: one that works is enough.
export function bestKey(target: GatewayTarget): GatewayKey | undefined {
  return target.keys.find((key) => key.standing === "good") ?? target.keys.find((key) => key.obstacle === "") ?? target.keys[0];
}

const isProven = (target: GatewayTarget) => target.state === "good";
const mayBeAsked = (target: GatewayTarget) => isProven(target) || target.state === "unproven";

export function headline(gateway: Gateway): { tone: "passing" | "unknown" | "warning" | "failing"; text: string } {
  const routes = gateway.routes ?? [];
  const dead = routes.filter((route) => !route.targets.some(mayBeAsked));
  if (dead.length > 0) return { tone: "failing", text: `Nobody can answer for ${dead.map((route) => route.name).join(", ")}` };
  const impaired = routes.filter((route) => !route.targets.every(mayBeAsked));
  if (impaired.length > 0) return { tone: "warning", text: `${impaired.length} of ${routes.length} routes go on without some of their targets` };
  if (routes.length === 0) return { tone: "unknown", text: "No route is configured" };
  const unproven = routes.flatMap((route) => route.targets).filter((target) => !isProven(target)).length;
  if (unproven > 0) return { tone: "unknown", text: `Nothing is known against any target, but ${plural(unproven, "target has", "targets have")} not answered a call yet` };
  return { tone: "passing", text: "Every target has answered a call" };
}

const kReasons: Record<string, string> = {
  transient: "failed", rate_limit: "was rate limited", credential: "refused our key", bad_answer: "answered garbage", breaker_open: "has its breaker open",
  cooldown: "cools down", first_token_timeout: "did not begin in time", total_timeout: "took too long", connect_timeout: "could not be reached",
  context_too_long: "has too small a window", overloaded: "was overloaded", quota_exhausted: "has no quota left", model_missing: "does not have the model",
  key_set_aside: "refused our key before", rate_limit_near: "is at its limit",
};

export function reasonWords(reason: string): string {
  return kReasons[reason] ?? reason.replaceAll("_", " ");
}
