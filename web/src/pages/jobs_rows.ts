import type { Audit, Impact, Job, LedgerTotals, Mark, Observation, Occurrence, Outcome, Verdict } from "../api/types.ts";

// What the pages of scheduled work show, in which order and in which words. Pure.

export const kVerdicts: Verdict[] = ["verified", "unverified", "contradicted", "failed", "late", "missed", "skipped", "silent_ok"];

// What a mark in a strip is called: its verdict, or how far it is.
export type MarkState = Verdict | "planned" | "running" | "waiting" | "verifying";

export function stateOf(mark: Pick<Mark, "phase" | "verdict">): MarkState {
  if (mark.verdict) return mark.verdict;
  switch (mark.phase) {
    case "claimed": case "running": return "running";
    case "waiting": return "waiting";
    case "verifying": return "verifying";
    default: return "planned";
  }
}

// One letter a state, so that none is told by colour alone; those of the command line where it has one.
export const kLetters: Record<MarkState, string> = {
  verified: "✓", unverified: "?", contradicted: "X", failed: "F", late: "L", missed: "M", skipped: "s", silent_ok: "o",
  planned: "", running: "▸", waiting: "…", verifying: "◦",
};

export const isInFlight = (mark: Pick<Mark, "phase">): boolean => mark.phase !== "planned" && mark.phase !== "done";

const kStripMax = 60;

// A strip, newest first, with an occurrence that is new in it or changed. What is not due yet does not belong there.
export function withMark(strip: readonly Mark[], mark: Mark, now: number): Mark[] {
  const others = strip.filter((each) => each.id !== mark.id);
  if (mark.phase === "planned" && mark.nominal_ms > now) return others;
  const size = Math.max(strip.length, Math.min(strip.length + 1, 30));
  return [...others, mark].sort((a, b) => b.nominal_ms - a.nominal_ms).slice(0, Math.min(size, kStripMax));
}

// What the live topic says of a job, put into what the API said before.
export function withOccurrence(job: Job, occurrence: Occurrence, now: number): Job {
  const strip = withMark(job.strip, occurrence, now);
  const isOurs = job.running?.id === occurrence.id;
  const running = isInFlight(occurrence) ? occurrence : isOurs ? null : job.running;
  return { ...job, strip, running };
}

export const lastDecided = (job: Pick<Job, "strip">): Mark | undefined => job.strip.find((mark) => mark.verdict !== null);

const kUrgency: Partial<Record<Verdict, number>> = { contradicted: 0, failed: 1, missed: 2, late: 3 };
const kCalm = 4;

export function urgencyOf(job: Pick<Job, "strip">): number {
  const verdict = lastDecided(job)?.verdict;
  return verdict ? (kUrgency[verdict] ?? kCalm) : kCalm;
}

export const needsAttention = (job: Pick<Job, "strip">): boolean => urgencyOf(job) < kCalm;

// What wants a look first; the rest by name, so that rows stay where they are while times pass.
export function inOrder(jobs: Iterable<Job>): Job[] {
  return [...jobs].sort((a, b) => urgencyOf(a) - urgencyOf(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export function matchesJob(job: Job, text: string): boolean {
  const all = `${job.name} ${job.kind} ${job.schedule ?? ""} ${job.description ?? ""} ${lastDecided(job)?.verdict ?? ""} ${job.is_paused ? "paused" : ""}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((part) => all.includes(part));
}

export interface Count { n: number; name: string; isBad: boolean }

// "42 planned", "40 verified", "1 missed", "1 in flight": what is zero is left out, but never planned and verified.
export function countsOf(totals: LedgerTotals): Count[] {
  const counts: Count[] = [{ n: totals.planned, name: "planned", isBad: false }];
  for (const verdict of kVerdicts) {
    const n = totals.verdicts[verdict] ?? 0;
    if (n > 0 || verdict === "verified") counts.push({ n, name: verdict.replaceAll("_", " "), isBad: verdict in kUrgency });
  }
  if (totals.in_flight > 0) counts.push({ n: totals.in_flight, name: "in flight", isBad: false });
  return counts;
}

// The ledger is looked at each minute: a look much older than that proves nothing about now.
export const kAuditOldMs = 3 * 60_000;

export type AuditState = "none" | "old" | "holds" | "broken";

export function auditState(audit: Audit | null, now: number): AuditState {
  if (!audit) return "none";
  if (!audit.holds) return "broken";
  return now - audit.time_ms > kAuditOldMs ? "old" : "holds";
}

// "in 4 m", "due 3 s ago"
export function whenInWords(ms: number, now: number, span: (ms: number) => string): string {
  const left = ms - now;
  if (left >= 0) return left < 1000 ? "now" : `in ${span(left)}`;
  return left > -1000 ? "now" : `due ${span(-left)} ago`;
}

// What a strip says to who cannot see it.
export function stripInWords(strip: readonly Mark[]): string {
  const counts = new Map<MarkState, number>();
  for (const mark of strip) counts.set(stateOf(mark), (counts.get(stateOf(mark)) ?? 0) + 1);
  if (strip.length === 0) return "no occurrence yet";
  return `the last ${strip.length}: ${[...counts].map(([state, n]) => `${n} ${state.replaceAll("_", " ")}`).join(", ")}`;
}

export const costOf = (strip: readonly Mark[]): number => strip.reduce((sum, mark) => sum + (mark.cost_usd ?? 0), 0);

// Midnight as the screen shows time: what "today" means on it.
export function startOfDay(now: number, isUtc: boolean): number {
  const t = new Date(now);
  if (isUtc) t.setUTCHours(0, 0, 0, 0);
  else t.setHours(0, 0, 0, 0);
  return t.getTime();
}

// --- Evidence ---

export interface Standing {
  expectation: string;
  impact: Impact;
  outcome: Outcome;
  isClaimantsWordOnly: boolean;       // it holds, but nobody but the work itself says so
  paths: Observation[];
}

// Any path may prove an expectation; it fails only when all of them do.
export function outcomeOf(paths: readonly Observation[]): Outcome {
  if (paths.some((path) => path.outcome === "holds")) return "holds";
  return paths.length === 0 || paths.some((path) => path.outcome === "unknown") ? "unknown" : "fails";
}

export function standingsOf(evidence: readonly Observation[]): Standing[] {
  const byName = new Map<string, Observation[]>();
  for (const each of evidence) byName.set(each.expectation, [...(byName.get(each.expectation) ?? []), each]);
  return [...byName].map(([expectation, paths]) => {
    const holding = paths.filter((path) => path.outcome === "holds");
    return {
      expectation, paths, impact: paths[0]?.impact ?? "blocking", outcome: outcomeOf(paths),
      isClaimantsWordOnly: holding.length > 0 && holding.every((path) => path.is_claimants_word),
    };
  });
}

export const kImpactWords: Record<Impact, string> = {
  blocking: "without it the work was not done",
  degraded: "without it the work is done, with a warning",
  enhancement: "shown only; never changes the verdict",
};
