import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { AlertRule } from "../api/incident_types.ts";
import type { Agent, Attention, StateName, Totals } from "../api/types.ts";
import { liveState } from "../live/client.ts";
import { fleet, fleetVersion, isFleetKnown } from "../live/fleet.ts";
import { areIncidentsKnown, details, incidents, useDetails } from "../live/incidents.ts";
import { calmSince, leftover, queue } from "../live/urgent.ts";
import { now, serverNow } from "../lib/clock.ts";
import { count, money, plural, rate, span } from "../lib/format.ts";
import { incidentPath, navigate, withSearch } from "../lib/router.ts";
import { askAbort, askDismiss, messageOf } from "../ui/dialogs.tsx";
import { Ago, For, State } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { useKeys } from "../ui/keys.ts";
import { Sparkline } from "../ui/sparkline.tsx";
import { indication } from "../ui/connection.tsx";
import { Ticker } from "../ui/ticker.tsx";
import { coveredBy, holderOf, isCovered, primaryOf } from "./incidents_rows.ts";
import { Alarm, targetOf } from "./now_attention.tsx";
import { Folded, IncidentCard, runPrimary } from "./now_queue.tsx";
import { foldText, isFoldHarmless, lookOf, type Looked } from "./now_rows.ts";

// The landing page: the incidents, by what they mean to those who depend on the work; then what else needs attention; then how much is
// going on; and by whom all this is known.

const kCardsAtOnce = 20;
const kRulesAgainMs = 10_000;
// Everything appears at once, so that nothing that is being read moves; but nobody waits longer than this for the evidence.
const kWaitMs = 2500;

const rules = signal<{ items: AlertRule[] | null; error: string } | null>(null);
const isReady = signal(false);

async function loadRules(): Promise<void> {
  try {
    rules.value = { items: (await api.alertRules()).items, error: "" };
  } catch (error) {
    rules.value = { items: rules.peek()?.items ?? null, error: messageOf(error) };
  }
}

function useRules(): void {
  useEffect(() => {
    void loadRules();
    const timer = setInterval(() => document.hidden || void loadRules(), kRulesAgainMs);
    return () => clearInterval(timer);
  }, []);
}

function useReady(ids: readonly string[]): boolean {
  const isKnown = isFleetKnown.value && areIncidentsKnown.value;
  const isAnswered = rules.value !== null && ids.every((id) => details.value.has(id));
  if (isKnown && isAnswered) isReady.value = true;
  useEffect(() => {
    if (!isFleetKnown.value) return;
    const timer = setTimeout(() => void (isReady.value = true), kWaitMs);
    return () => clearTimeout(timer);
  }, [isFleetKnown.value]);
  return isReady.value && isFleetKnown.value;
}

export function Now() {
  void fleetVersion.value;
  const [cards, setCards] = useState(kCardsAtOnce);
  const shown = queue.value.urgent.slice(0, cards);
  const ids = shown.map((each) => each.id);
  useRules();
  useDetails(ids);
  if (!useReady(ids)) return <main class="page"><div class="headline"><h1>Now</h1><p>Waiting for the first picture of the fleet.</p></div></main>;
  const others = leftover.value;
  const looked = lookOf(rules.value?.items ?? null, rules.value?.error ?? "", fleet.sources.values(), now.value);
  return (
    <main class="page">
      <div class="now">
        <div>
          <Headline others={others.length} />
          {queue.value.urgent.length === 0 && others.length === 0 && <Calm looked={looked} />}
          <Items shown={shown} others={others} looked={looked} onMore={() => setCards(cards + kCardsAtOnce)} />
          <Folded title={plural(queue.value.silenced.length, "silenced incident")} items={queue.value.silenced} />
          <Folded title={`${plural(queue.value.quiet.length, "incident")} for information`} items={queue.value.quiet} />
          <TotalsCard totals={fleet.totals} />
        </div>
        <div>
          <KnownBy />
          <Ticker />
        </div>
      </div>
    </main>
  );
}

function Headline({ others }: { others: number }) {
  const { urgent } = queue.value;
  if (urgent.length === 0 && others === 0) return <h1 class="sr-only">Now</h1>;
  const critical = urgent.filter((each) => each.severity === "critical").length;
  const free = urgent.filter((each) => holderOf(each).isNobody).length;
  const notes = [critical > 0 ? `${critical} critical` : "", free > 0 ? `${free} that nobody has` : ""].filter(Boolean);
  return (
    <div class="headline">
      <h1>{urgent.length === 0 ? (others === 1 ? "1 thing needs attention" : `${others} things need attention`) : plural(urgent.length, "incident")}</h1>
      {notes.length > 0 && <p>{notes.join(", ")}</p>}
    </div>
  );
}

type Selected = { kind: "incident"; id: string } | { kind: "attention"; id: string };

// The cards and the items below them are one list for the keyboard.
function Items({ shown, others, looked, onMore }: { shown: typeof queue.value.urgent; others: readonly Attention[]; looked: Looked; onMore: () => void }) {
  const [selected, setSelected] = useState<string | null>(null);
  const all: Selected[] = [...shown.map((each) => ({ kind: "incident" as const, id: each.id })), ...others.map((each) => ({ kind: "attention" as const, id: each.id }))];
  const at = all.findIndex((each) => each.id === selected);
  const move = (to: number) => {
    const item = all[Math.max(0, Math.min(all.length - 1, to))];
    if (!item) return;
    setSelected(item.id);
    document.getElementById(`item-${item.id}`)?.scrollIntoView({ block: "nearest" });
  };
  const incident = shown.find((each) => each.id === selected);
  const item = others.find((each) => each.id === selected);
  useKeys({
    j: () => move(at + 1),
    k: () => move(at - 1),
    ...(incident
      ? { Enter: () => navigate(incidentPath(incident.id)), a: () => runPrimary(incident, primaryOf(incident, details.peek().get(incident.id)?.incident?.runbooks ?? [])) }
      : {}),
    ...(item
      ? {
          Enter: () => navigate(targetOf(item)),
          ...(item.session && item.actions.includes("abort") ? { x: () => askAbort(item.session ?? "") } : {}),
          ...(item.actions.includes("dismiss") ? { d: () => askDismiss(item.id, item.title) } : {}),
        }
      : {}),
  });
  const hidden = queue.value.urgent.length - shown.length;
  return (
    <>
      {shown.length > 0 && <ul class="attention queue" aria-label="Incidents">{shown.map((each) => <IncidentCard key={each.id} incident={each} isSelected={each.id === selected} attention={attentionOf(each.id)} />)}</ul>}
      {hidden > 0 && <div><button class="button small" onClick={onMore}>Show more of the {hidden} below</button></div>}
      {(shown.length > 0 || others.length > 0) && <LookLine looked={looked} hasIncidents={shown.length > 0} />}
      {others.length > 0 && shown.length > 0 && <h2 class="between">{others.length === 1 ? "1 more thing needs attention" : `${others.length} more things need attention`}</h2>}
      {others.length > 0 && <ul class="attention" aria-label="Needs attention">{others.map((each) => <Alarm key={each.id} item={each} isSelected={each.id === selected} />)}</ul>}
    </>
  );
}

// What the fleet says of an incident's sessions and agents: its evidence belongs on the card.
function attentionOf(id: string): Attention[] {
  const brief = incidents.value.get(id);
  if (!brief) return [];
  const covered = coveredBy([brief]);
  return [...fleet.attention.values()].filter((item) => isCovered(item, covered));
}

function LookLine({ looked, hasIncidents }: { looked: Looked; hasIncidents: boolean }) {
  return (
    <div class={`look s-${looked.isGood ? "idle" : "unknown"}`} data-look>
      <Icon name={looked.isGood ? "stale" : "unknown"} size={14} />
      <span>{hasIncidents ? "" : "No incident is open. "}{looked.text}{looked.problems.length > 0 && <>; {looked.problems.slice(0, 3).join("; ")}{looked.problems.length > 3 && ` and ${looked.problems.length - 3} more`}</>}. <a href="/alerts?view=rules">Rules</a></span>
    </div>
  );
}

interface SourceLine { name: string; agents: number; lastMs: number }

// Which telemetry sources the picture of the fleet rests on, as its agents name them.
export function telemetrySources(agents: Iterable<Agent>): SourceLine[] {
  const lines = new Map<string, SourceLine>();
  for (const agent of agents) {
    const line = lines.get(agent.source) ?? { name: agent.source, agents: 0, lastMs: 0 };
    line.agents += 1;
    line.lastMs = Math.max(line.lastMs, agent.last_event_ms);
    lines.set(agent.source, line);
  }
  return [...lines.values()].sort((a, b) => a.name.localeCompare(b.name));
}

// Nothing needs a person: a claim, so it says what was looked at and when, since when, and on whose word.
function Calm({ looked }: { looked: Looked }) {
  const since = calmSince.value;
  const sources = telemetrySources(fleet.agents.values());
  const isBlind = fleet.agents.size === 0;
  const { isCurrent } = indication.value;
  const folded = foldText(queue.value);
  if (isBlind) {
    return (
      <div class="card calm s-unknown">
        <Icon name="unknown" size={20} />
        <div>
          <h2>Nothing has reported yet</h2>
          <p class="muted">Whether anything needs attention is unknown until an agent sends telemetry. Point one's OTLP exporter at this machine, port 4318, or try <code>nightshift demo</code>.</p>
          <p class="muted" data-look>{looked.text}{looked.problems.length > 0 && `; ${looked.problems.slice(0, 5).join("; ")}`}.</p>
        </div>
      </div>
    );
  }
  const isGood = isCurrent && looked.isGood && isFoldHarmless(queue.value);
  return (
    <div class={`card calm ${isGood ? "s-passing" : "s-unknown"}`}>
      <Icon name={isGood ? "passing" : "unknown"} size={20} />
      <div>
        <h2>{isGood ? "Nothing wrong that we can see" : looked.problems.length > 0 ? "Whether anything is wrong is not fully known" : "Nothing known needs attention"}</h2>
        <p class="muted" data-look>
          {looked.text}{folded && `; ${folded}, below`}.{" "}
          {since !== null && <>For the {span(now.value - since)} this screen has watched, </>}
          by the word of {plural(fleet.agents.size, "agent")} through {plural(sources.length, "source")}.
        </p>
        {looked.problems.length > 0 && <ul class="problems">{looked.problems.map((each) => <li key={each}><Icon name="unknown" size={14} /><span>{each}</span></li>)}</ul>}
        <ul>
          {sources.map((source) => (
            <li key={source.name} class="muted"><span style={{ color: "var(--text)" }}>{source.name}</span>: {plural(source.agents, "agent")}, last event <Ago ms={source.lastMs} /></li>
          ))}
        </ul>
      </div>
    </div>
  );
}

// One source is talking if its newest event is recent; silence alone is not failure, so it is grey, not red.
const kTalkingMs = 5 * 60_000;

function KnownBy() {
  const { label, isCurrent } = indication.value;
  const live = liveState.peek();
  const connections = [...fleet.sources.values()].sort((a, b) => rankOf(a.state.value) - rankOf(b.state.value) || a.name.localeCompare(b.name));
  const telemetry = telemetrySources(fleet.agents.values()).filter((line) => !fleet.sources.has(line.name));
  return (
    <section class="card">
      <header><h2>Known by</h2><a class="push small" href="/system">System</a></header>
      <ul class="known">
        {connections.map((source) => (
          <li key={source.name} class={`s-${source.state.value}`}>
            <Icon name={source.state.value} />
            <span class="strong cut">{source.name}</span>
            <span class="muted nowrap">{source.state.value}, <For ms={source.state.since_ms} /></span>
            <span class="why">{source.state.why || "no reason given"} · as of <Ago ms={source.state.as_of_ms} /></span>
          </li>
        ))}
        {telemetry.map((line) => {
          const isTalking = now.value - line.lastMs < kTalkingMs;
          return (
            <li key={line.name} class={isTalking ? "s-passing" : "s-unknown"}>
              <Icon name={isTalking ? "passing" : "unknown"} />
              <span class="strong cut">{line.name}</span>
              <span class="muted nowrap">{isTalking ? "talking" : "quiet"}</span>
              <span class="why">{plural(line.agents, "agent")}, last event <Ago ms={line.lastMs} />{isTalking ? "" : "; idle or gone, unknown"}</span>
            </li>
          );
        })}
        {connections.length + telemetry.length === 0 && (
          <li class="s-unknown"><Icon name="unknown" /><span class="strong">no source yet</span><span class="muted">unknown</span><span class="why">Nothing has told Nightshift anything.</span></li>
        )}
        <li class={isCurrent ? "s-passing" : "s-unknown"}>
          <Icon name={isCurrent ? "passing" : "unknown"} />
          <span class="strong">this screen</span>
          <span class="muted nowrap">{label}</span>
          <span class="why">{live.phase === "open" ? <>for {span(Date.now() - live.phaseSince)} by {live.transport === "sse" ? "Server-Sent Events" : "WebSocket"}, last frame <Ago ms={live.lastFrameAt === null ? null : live.lastFrameAt + serverNow() - Date.now()} /></> : live.why}</span>
        </li>
      </ul>
    </section>
  );
}

function rankOf(state: string): number {
  return ["failing", "stale", "unknown", "passing"].indexOf(state);
}

// Tokens of each of the last sixty minutes, from the recorder.
const perMinute = signal<{ values: number[]; total: number } | null>(null);

export async function loadPerMinute(): Promise<void> {
  const to = Math.floor(serverNow() / 60_000) * 60_000;
  const from = to - 60 * 60_000;
  // Before the first event nothing is known, which is not zero.
  const first = (await api.events({ order: "asc", limit: 1 })).items[0];
  const known = first ? Math.floor((first.time_us / 1000 - from) / 60_000) : 60;
  const result = await api.query({ from_ms: from, to_ms: to, where: "kind = model_call", group_by: ["time(1m)"], aggregates: ["sum(total_tokens)"], limit: 100 });
  const values = Array.from({ length: 60 }, (_, i) => (i < known ? NaN : 0));
  const time = result.columns.findIndex((column) => column.startsWith("time"));
  let total = 0;
  for (const row of result.rows) {
    const at = Math.floor((Number(row[time]) - from) / 60_000);
    const value = Number(row[1 - time] ?? 0);
    if (at >= 0 && at < 60) values[at] = value;
    total += value;
  }
  perMinute.value = { values, total };
}

function TotalsCard({ totals }: { totals: Totals | null }) {
  useEffect(() => {
    const load = () => void loadPerMinute().catch(() => undefined);
    load();
    const timer = setInterval(() => document.hidden || load(), 30_000);
    return () => clearInterval(timer);
  }, []);
  const history = perMinute.value;
  return (
    <section class="card" style={{ overflow: "hidden" }} aria-label="Totals">
      <div class="tiles">
        <div class="tile wide">
          <span class="name">Tokens per minute</span>
          <span class="figure">{totals ? count(totals.tokens_per_minute) : "–"} <small>{history ? `${count(history.total)} in the last hour` : ""}</small></span>
          <span class="spark">{history && <Sparkline values={history.values} label="Tokens of each of the last sixty minutes" />}</span>
        </div>
        <div class="tile"><span class="name">Spend</span><span class="figure">{totals ? money(totals.usd_per_hour) : "–"} <small>an hour</small></span><span class="muted small">{totals ? money(totals.cost_today_usd) : "–"} today</span></div>
        <div class="tile"><span class="name">Errors</span><span class="figure">{totals ? rate(totals.errors_per_minute) : "–"} <small>a minute</small></span></div>
        <div class="tile wide"><Census name="Agents" counts={totals?.agents} view="agents" /></div>
        <div class="tile wide"><Census name="Sessions" counts={totals?.sessions} view="sessions" /></div>
      </div>
    </section>
  );
}

const kOrder: StateName[] = ["failed", "looping", "stalled", "rate_limited", "waiting_approval", "working", "idle", "offline", "unknown"];

// How many are in each state, as one bar and as words.
function Census({ name, counts, view }: { name: string; counts: Totals["agents"] | undefined; view: string }) {
  const parts = kOrder.map((state) => ({ state, n: counts?.[state] ?? 0 })).filter((part) => part.n > 0);
  const total = parts.reduce((sum, part) => sum + part.n, 0);
  return (
    <div class="census">
      <span class="name">{counts ? plural(total, name.slice(0, -1).toLowerCase()) : name}</span>
      <div class="bar" role="presentation">{parts.map((part) => <i key={part.state} class={`s-${part.state}`} style={{ flexGrow: String(part.n) }} />)}</div>
      <div class="legend">
        {parts.map((part) => (
          <a key={part.state} class="row" style={{ gap: "5px" }} href={withSearch("/fleet", { view: view === "agents" ? undefined : view, state: part.state })}>
            <State value={part.state} /> {count(part.n)}
          </a>
        ))}
        {parts.length === 0 && <span class="muted">{counts ? "none" : "unknown"}</span>}
      </div>
    </div>
  );
}
