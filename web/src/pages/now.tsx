import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Agent, Attention, Severity, StateName, Totals } from "../api/types.ts";
import { liveState } from "../live/client.ts";
import { calmSince, fleet, fleetVersion, isFleetKnown } from "../live/fleet.ts";
import { now, serverNow } from "../lib/clock.ts";
import { count, money, plural, rate, span } from "../lib/format.ts";
import { navigate, sessionPath, withSearch } from "../lib/router.ts";
import { Evidence } from "../ui/evidence.tsx";
import { askAbort, askDismiss } from "../ui/dialogs.tsx";
import { Ago, For, State, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";
import { useKeys } from "../ui/keys.ts";
import { Sparkline } from "../ui/sparkline.tsx";
import { indication } from "../ui/connection.tsx";
import { Ticker } from "../ui/ticker.tsx";

// The landing page: what needs a person, most important first; then how much is going on; and by whom all this is known.

const kRank: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

export function byImportance(a: Attention, b: Attention): number {
  return (kRank[a.severity] ?? 3) - (kRank[b.severity] ?? 3) || a.since_ms - b.since_ms;
}

export function Now() {
  void fleetVersion.value;
  // Everything appears at once, so that nothing that is being read moves.
  if (!isFleetKnown.value) return <main class="page"><div class="headline"><h1>Now</h1><p>Waiting for the first picture of the fleet.</p></div></main>;
  const items = [...fleet.attention.values()].sort(byImportance);
  return (
    <main class="page">
      <div class="now">
        <div>
          <Headline items={items} />
          {items.length === 0 && <Calm />}
          {items.length > 0 && <AttentionList items={items} />}
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

function Headline({ items }: { items: Attention[] }) {
  if (items.length === 0) return <h1 class="sr-only">Now</h1>;
  const critical = items.filter((item) => item.severity === "critical").length;
  return (
    <div class="headline">
      <h1>{items.length === 1 ? "1 thing needs attention" : `${items.length} things need attention`}</h1>
      {critical > 0 && critical < items.length && <p>{critical} critical</p>}
    </div>
  );
}

function AttentionList({ items }: { items: Attention[] }) {
  const [selected, setSelected] = useState<string | null>(null);
  const at = items.findIndex((item) => item.id === selected);
  const current = items[at];
  const move = (to: number) => {
    const item = items[Math.max(0, Math.min(items.length - 1, to))];
    if (!item) return;
    setSelected(item.id);
    document.getElementById(`alarm-${item.id}`)?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    j: () => move(at + 1),
    k: () => move(at - 1),
    ...(current
      ? {
          Enter: () => navigate(targetOf(current)),
          ...(current.session && current.actions.includes("abort") ? { x: () => askAbort(current.session ?? "") } : {}),
          ...(current.actions.includes("dismiss") ? { d: () => askDismiss(current.id, current.title) } : {}),
        }
      : {}),
  });
  return (
    <ul class="attention" aria-label="Needs attention">
      {items.map((item) => <Alarm key={item.id} item={item} isSelected={item.id === selected} />)}
    </ul>
  );
}

function targetOf(item: Attention): string {
  if (item.session) return sessionPath(item.session);
  return item.agent ? withSearch("/fleet", { open: item.agent }) : "/system";
}

function Alarm({ item, isSelected }: { item: Attention; isSelected: boolean }) {
  const agent = item.agent ? fleet.agents.get(item.agent) : undefined;
  const source = agent?.source ?? (item.session ? fleet.sessions.get(item.session)?.source : undefined);
  return (
    <li id={`alarm-${item.id}`} class={`card alarm s-${item.severity}`} data-selected={isSelected}>
      <Icon name={item.kind in kKindIcons ? (kKindIcons[item.kind] ?? item.kind) : item.kind} size={18} />
        <div class="what">
          <h3><a href={targetOf(item)} style={{ color: "inherit" }}>{item.title}</a></h3>
          {agent?.simulated && <span class="label">simulated</span>}
        </div>
      <div class="do">
        {item.session && item.actions.includes("abort") && <button class="button small danger" onClick={() => askAbort(item.session ?? "")}><Icon name="stop" size={13} />Abort</button>}
        {item.actions.includes("dismiss") && <button class="button small" onClick={() => askDismiss(item.id, item.title)}>Dismiss</button>}
      </div>
        <div class="meta">
          <span class="strong" style={{ color: "var(--tone)" }}>{item.severity}, {words(item.kind)}</span>
          <span>for <For ms={item.since_ms} /></span>
          {item.agent && <a href={withSearch("/fleet", { open: item.agent })}>{agent?.name || item.agent}</a>}
          {item.session && <a href={sessionPath(item.session)}>{item.session}</a>}
          {source && <span>seen by {source}</span>}
        </div>
      {item.detection && <Evidence detection={item.detection} />}
    </li>
  );
}

const kKindIcons: Record<string, string> = { source_failing: "critical", recorder: "system", route_down: "critical" };

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

// Nothing needs attention: a claim, so it says since when and on whose word.
function Calm() {
  const since = calmSince.value;
  const sources = telemetrySources(fleet.agents.values());
  const bad = [...fleet.sources.values()].filter((source) => source.state.value !== "passing");
  const isBlind = fleet.agents.size === 0;
  const { isCurrent } = indication.value;
  if (isBlind) {
    return (
      <div class="card calm s-unknown">
        <Icon name="unknown" size={20} />
        <div>
          <h2>Nothing has reported yet</h2>
          <p class="muted">Whether anything needs attention is unknown until an agent sends telemetry. Point one's OTLP exporter at this machine, port 4318, or try <code>nightshift demo</code>.</p>
        </div>
      </div>
    );
  }
  const isGood = isCurrent && bad.length === 0;
  return (
    <div class={`card calm ${isGood ? "s-passing" : "s-unknown"}`}>
      <Icon name={isGood ? "passing" : "unknown"} size={20} />
      <div>
        <h2>{isGood ? "Nothing needs attention" : "Nothing known needs attention"}</h2>
        <p class="muted">
          {since !== null && <>For the {span(now.value - since)} this screen has watched, </>}
          by the word of {plural(fleet.agents.size, "agent")} through {plural(sources.length, "source")}
          {bad.length > 0 && `; ${bad.map((source) => `${source.name} is ${source.state.value}`).join(", ")}`}.
        </p>
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
