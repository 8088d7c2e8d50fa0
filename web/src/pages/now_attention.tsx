import type { Attention } from "../api/types.ts";
import { fleet } from "../live/fleet.ts";
import { sessionPath, withSearch } from "../lib/router.ts";
import { askAbort, askDismiss } from "../ui/dialogs.tsx";
import { Evidence } from "../ui/evidence.tsx";
import { For, words } from "../ui/facts.tsx";
import { Icon } from "../ui/icons.tsx";

// What needs attention and is part of no incident.

export function targetOf(item: Attention): string {
  if (item.session) return sessionPath(item.session);
  return item.agent ? withSearch("/fleet", { open: item.agent }) : "/system";
}

const kKindIcons: Record<string, string> = { source_failing: "critical", recorder: "system", route_down: "critical" };

export function Alarm({ item, isSelected }: { item: Attention; isSelected: boolean }) {
  const agent = item.agent ? fleet.agents.get(item.agent) : undefined;
  const source = agent?.source ?? (item.session ? fleet.sessions.get(item.session)?.source : undefined);
  return (
    <li id={`item-${item.id}`} class={`card alarm s-${item.severity}`} data-selected={isSelected}>
      <Icon name={kKindIcons[item.kind] ?? item.kind} size={18} />
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
