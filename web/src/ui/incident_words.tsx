import type { Labels } from "../api/incident_types.ts";
import type { Severity } from "../api/types.ts";
import { labelPairs } from "../pages/alerts_rows.ts";
import { conclusionIcon, conclusionTone, findingTone, hrefOf, subjectRef } from "../pages/incidents_rows.ts";
import { words } from "./facts.tsx";
import { Icon } from "./icons.tsx";

// How the words of an incident look: each with its icon, so that none is told by colour alone.

export function SeverityChip({ severity }: { severity: Severity }) {
  return <span class={`state chip s-${severity}`}><Icon name={severity} size={14} />{severity}</span>;
}

export function ConclusionChip({ conclusion, isDiagnosed }: { conclusion: string; isDiagnosed: boolean }) {
  return <span class={`state chip s-${conclusionTone(conclusion)}`}><Icon name={conclusionIcon(conclusion)} size={14} />{isDiagnosed ? words(conclusion) : "not diagnosed"}</span>;
}

const kFindingIcons: Record<string, string> = { suspicious: "critical", nothing: "minus" };

export function FindingWord({ finding }: { finding: string }) {
  const tone = findingTone(finding);
  return <span class={`state s-${tone}`}><Icon name={kFindingIcons[finding] ?? tone} size={14} />{finding === "nothing" ? "does not apply" : finding}</span>;
}

// What something rests on; a link where there is a page for it.
export function Ref({ to }: { to: string }) {
  if (!to) return null;
  const href = hrefOf(to);
  return href ? <a class="mono ref" href={href}>{to}</a> : <span class="mono ref muted">{to}</span>;
}

export function SubjectLink({ subject }: { subject: { kind: string; name: string } }) {
  const href = hrefOf(subjectRef(subject));
  const text = <>{words(subject.kind)} {subject.name}</>;
  return href ? <a href={href}>{text}</a> : <span>{text}</span>;
}

export function LabelChips({ labels, without = [] }: { labels: Labels; without?: readonly string[] }) {
  return (
    <span class="labels">
      {labelPairs(labels).filter(([name]) => !without.includes(name)).map(([name, value]) => <span key={name} class="label" title={`${name}=${value}`}><span>{name}</span>=<b>{value}</b></span>)}
    </span>
  );
}
