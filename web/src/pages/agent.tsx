import { fleet, fleetVersion } from "../live/fleet.ts";
import { now } from "../lib/clock.ts";
import { count, money, plural, rate, span } from "../lib/format.ts";
import { sessionPath, withSearch } from "../lib/router.ts";
import { Drawer } from "../ui/dialogs.tsx";
import { Ago, costWords, FactRow, FactState, Simulated } from "../ui/facts.tsx";
import { TokenTable } from "../ui/tokens.tsx";
import { comparator, silenceInWords } from "./fleet_rows.ts";

const kSessionsShown = 50;

// Everything known about one agent, each fact with its age and source.
export function AgentDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  void fleetVersion.value;
  const agent = fleet.agents.get(id);
  if (!agent) {
    return <Drawer title={<h2>{id}</h2>} onClose={onClose}><p class="muted">No agent of that name is known now. Its past is in <a href={withSearch("/history", { where: `agent = "${id}"` })}>History</a>.</p></Drawer>;
  }
  const sessions = [...fleet.sessions.values()].filter((session) => session.agent === id).sort(comparator("state"));
  return (
    <Drawer title={<><h2 class="cut">{agent.name || agent.id}</h2><Simulated worker={agent} /></>} onClose={onClose}>
      <dl class="pairs">
        <FactRow name="State" fact={agent.state} />
        {agent.tool && <FactRow name="Tool" fact={agent.tool} />}
        <dt>Id</dt><dd class="mono">{agent.id}</dd>
        <dt>Source</dt><dd>{agent.source}{agent.host ? ` on ${agent.host}` : ""}, last event <Ago ms={agent.last_event_ms} /></dd>
        {agent.model && <><dt>Model</dt><dd>{agent.model}</dd></>}
        <dt>Rhythm</dt>
        <dd>
          {agent.rhythm
            ? <>silent for {span(agent.rhythm.silent_ms)}; usually {span(agent.rhythm.usual_gap_ms)} between events, late after {span(agent.rhythm.late_after_ms)}</>
            : <span class="muted">{silenceInWords(agent, now.value) ?? "unknown: too few events yet to tell"}</span>}
        </dd>
        <dt>Now</dt><dd>{rate(agent.tokens_per_minute)} tokens a minute, {money(agent.usd_per_hour)} an hour</dd>
        <dt>Spend</dt><dd>{agent.cost_source === "none" ? "unknown" : money(agent.cost_usd)}, {costWords(agent)}</dd>
        <dt>Calls</dt><dd>{count(agent.model_calls)} to models, {count(agent.tool_calls)} to tools, <span class={agent.errors ? "has-errors" : ""}>{plural(agent.errors, "error")}</span></dd>
      </dl>
      <section><h3>Tokens</h3><TokenTable tokens={agent.tokens} /></section>
      <section>
        <h3>{plural(sessions.length, "session")}</h3>
        <ul class="stack" style={{ gap: "6px" }}>
          {sessions.slice(0, kSessionsShown).map((session) => (
            <li key={session.id} class="row">
              <FactState fact={session.state} />
              <a class="cut" href={sessionPath(session.id)}>{session.id}</a>
              <span class="push muted nowrap"><Ago ms={session.last_event_ms} /></span>
            </li>
          ))}
          {sessions.length > kSessionsShown && <li><a href={withSearch("/fleet", { view: "sessions", agent: id })}>All {count(sessions.length)}</a></li>}
        </ul>
      </section>
      <div class="row wrap">
        <a class="button small" href={withSearch("/fleet", { view: "sessions", agent: id })}>Its sessions</a>
        <a class="button small" href={withSearch("/history", { where: `agent = "${id}"` })}>Its history</a>
      </div>
    </Drawer>
  );
}
