import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Supervised } from "../api/types.ts";
import { dateTime, span } from "../lib/format.ts";
import { now } from "../lib/clock.ts";
import { utc } from "../lib/settings.ts";
import { listen } from "../live/client.ts";
import { messageOf, toast } from "../ui/dialogs.tsx";
import { Ago, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";

// The agents that are kept running: whether each is, since when and why, and what a person may wish.

const kSettleMs = 300;
const kStates: Record<Supervised["state"], string> = {
  starting: "unknown", running: "working", backing_off: "warning", stopping: "unknown", stopped: "offline", given_up: "failed",
};

export function SupervisedAgents() {
  const [agents, setAgents] = useState<Supervised[]>([]);
  const [error, setError] = useState("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      timer = undefined;
      try {
        setAgents((await api.supervised()).items);
        setError("");
      } catch (failure) {
        setError(messageOf(failure));
      }
    };
    void ask();
    const stop = listen("supervised", () => (timer ??= setTimeout(() => void ask(), kSettleMs)));
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  if (error) return <div class="note s-error" role="alert"><Icon name="error" /><span>The supervised agents could not be read: {error}</span></div>;
  if (agents.length === 0) return null;
  return (
    <section class="card" aria-label="Supervised agents">
      <header><h2>Kept running</h2><span class="muted small">agents with a command; they outlive a restart of Nightshift</span></header>
      <ul class="known supervised">
        {agents.map((agent) => <Row key={agent.name} agent={agent} />)}
      </ul>
    </section>
  );
}

function Row({ agent }: { agent: Supervised }) {
  // A process that exists proves nothing: green is for what showed life.
  const tone = agent.state === "running" && !agent.is_looked_at ? "unknown" : kStates[agent.state];
  const isUp = agent.pid !== null;
  const wish = async (action: "start" | "stop" | "restart") => {
    try {
      await api.supervise(agent.name, action);
      toast(`Asked ${agent.name} to ${action}`);
    } catch (failure) {
      toast(`${agent.name}: ${messageOf(failure)}`, "error");
    }
  };
  return (
    <li class={`s-${tone}`} data-agent={agent.name} data-state={agent.state}>
      <Icon name={tone} />
      <span class="strong">{agent.name} <span class="muted">{words(agent.state)}{isUp ? `, pid ${agent.pid}` : ""}</span></span>
      <span class="row nowrap">
        <span class="muted"><Ago ms={agent.since_ms} /></span>
        {isUp
          ? <><button class="button small" aria-label={`Restart ${agent.name}`} onClick={() => void wish("restart")}>Restart</button><button class="button small" aria-label={`Stop ${agent.name}`} onClick={() => void wish("stop")}>Stop</button></>
          : <button class="button small" aria-label={`Start ${agent.name}`} onClick={() => void wish("start")}>Start</button>}
      </span>
      <span class="why">
        {agent.why || (agent.state === "running" && !agent.is_looked_at && "its process exists; whether it does anything, nobody looks (alive is not configured)")}
        {agent.restarts > 0 && ` · ${agent.restarts} restarts`}
        {agent.next_start_ms !== null && <> · <time title={dateTime(agent.next_start_ms, utc.value)}>next start in {span(Math.max(0, agent.next_start_ms - now.value))}</time></>}
      </span>
    </li>
  );
}
