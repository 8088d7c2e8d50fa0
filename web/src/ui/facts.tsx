import type { Fact, Worker } from "../api/types.ts";
import { now } from "../lib/clock.ts";
import { ago, dateTime, span } from "../lib/format.ts";
import { utc } from "../lib/settings.ts";
import { Icon } from "./icons.tsx";

// How facts are shown: value, since when, as of when, by which source. Nothing is shown without the last two.

const kWords: Record<string, string> = {
  waiting_approval: "waiting approval", rate_limited: "rate limited", same_call: "same call again", ping_pong: "ping-pong",
  same_error: "same error again", token_velocity: "token velocity", no_new_information: "nothing new", model_call: "model call",
  tool_call: "tool call", source_failing: "source failing", route_down: "no model answers",
};

export function words(name: string): string {
  return kWords[name] ?? name.replaceAll("_", " ");
}

export function State({ value, isChip = false }: { value: string; isChip?: boolean }) {
  return (
    <span class={`state s-${value}${isChip ? " chip" : ""}`}>
      <Icon name={value} size={14} />
      {words(value)}
    </span>
  );
}

// "4 m ago", with the full time on hover.
export function Ago({ ms }: { ms: number | null | undefined }) {
  if (!ms) return <span class="faint">never</span>;
  return <time dateTime={new Date(ms).toISOString()} title={dateTime(ms, utc.value, true)}>{ago(now.value - ms)}</time>;
}

// "for 4 m", likewise.
export function For({ ms }: { ms: number | null | undefined }) {
  if (!ms) return <span class="faint">–</span>;
  return <time dateTime={new Date(ms).toISOString()} title={`since ${dateTime(ms, utc.value, true)}`}>{span(now.value - ms)}</time>;
}

export function factTitle(fact: Fact<unknown>): string {
  const parts = [
    `${words(String(fact.value))}${fact.why ? ` — ${fact.why}` : ""}`,
    `since ${dateTime(fact.since_ms, utc.value, true)}`,
    `as of ${dateTime(fact.as_of_ms, utc.value, true)} (${ago(now.value - fact.as_of_ms)})`,
    `by ${fact.source}`,
  ];
  return parts.join("\n");
}

// The visible short form of a fact's provenance: "2 s ago · otlp/claude-code".
export function Provenance({ at, source }: { at: number; source: string }) {
  return (
    <span class="cut" title={`${source}, as of ${dateTime(at, utc.value, true)}`}>
      {ago(now.value - at)} · {source}
    </span>
  );
}

export function FactState({ fact }: { fact: Fact }) {
  return (
    <span title={factTitle(fact)}>
      <State value={fact.value} />
    </span>
  );
}

export function Simulated({ worker }: { worker: { simulated?: boolean } }) {
  return worker.simulated ? <span class="label" title="Made up by nightshift demo; no real agent did this">simulated</span> : null;
}

export function costWords(worker: Pick<Worker, "cost_source">): string {
  switch (worker.cost_source) {
    case "reported": return "as reported by the source";
    case "priced": return "priced by Nightshift from list prices";
    case "mixed": return "partly reported, partly priced from list prices";
    default: return "no price is known";
  }
}

// A fact in full: for drawers, where there is room.
export function FactRow({ name, fact }: { name: string; fact: Fact }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <div class="strong">{name === "State" ? <State value={fact.value} /> : fact.value}</div>
        {fact.why && <div>{fact.why}</div>}
        <div class="muted small">
          for <For ms={fact.since_ms} /> · as of <Ago ms={fact.as_of_ms} /> · {fact.source}
        </div>
      </dd>
    </>
  );
}
