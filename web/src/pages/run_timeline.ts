import type { Attempt, Claim, Execution, OccurrenceDetail } from "../api/types.ts";
import { duration, span } from "../lib/format.ts";

// What happened to one occurrence, in order. Pure.

export interface Moment {
  ms: number;
  state: string;              // a mark's state, or "note": names its colour and letter
  title: string;
  text?: string;
}

export function endingOf(execution: Execution): string {
  if (execution.error) return execution.error;
  if (execution.timed_out) return "stopped at its timeout";
  if (execution.lost) return "lost: how it ended is not known";
  if (execution.signal) return `killed by signal ${execution.signal}`;
  if (execution.exit_code !== undefined) return `exit ${execution.exit_code}`;
  return "ended";
}

export const tookUs = (execution: Execution): number => Math.max(0, execution.ended_us - execution.started_us);

function attemptMoments({ attempt, claimed_ms, execution }: Attempt, isLast: boolean, isInFlight: boolean): Moment[] {
  const started = execution && execution.started_us > 0 ? execution.started_us / 1000 : claimed_ms;
  const moments: Moment[] = [{ ms: started, state: "running", title: `Attempt ${attempt} started` }];
  if (execution) {
    const took = execution.ended_us > execution.started_us ? `after ${duration(tookUs(execution))}` : undefined;
    moments.push({
      ms: execution.ended_us > 0 ? execution.ended_us / 1000 : started, state: execution.succeeded ? "note" : "failed",
      title: `Attempt ${attempt}: ${endingOf(execution)}`, ...(took ? { text: took } : {}),
    });
  } else if (!(isLast && isInFlight)) {
    moments.push({ ms: started, state: "unverified", title: `Attempt ${attempt} has no end in the ledger` });
  }
  return moments;
}

export function timelineOf(occurrence: OccurrenceDetail): Moment[] {
  const isScheduled = occurrence.trigger === "schedule";
  const origin = { schedule: "Planned", manual: "Asked for by a person", event: "Started by an event", ping: "Started by a ping" }[occurrence.trigger];
  const moments: Moment[] = [{ ms: occurrence.nominal_ms, state: "planned", title: isScheduled ? "Planned for this time" : origin, ...(occurrence.note ? { text: occurrence.note } : {}) }];
  if (occurrence.start_ms !== occurrence.nominal_ms) {
    moments.push({ ms: occurrence.start_ms, state: "planned", title: "Due", text: `spread by ${span(occurrence.start_ms - occurrence.nominal_ms)}` });
  }
  const isInFlight = occurrence.phase !== "done";
  occurrence.attempts.forEach((attempt, i) => moments.push(...attemptMoments(attempt, i === occurrence.attempts.length - 1, isInFlight)));
  // Work that runs elsewhere has no attempts of ours, only its word.
  if (occurrence.attempts.length === 0 && occurrence.started_ms) moments.push({ ms: occurrence.started_ms, state: "running", title: "Started" });
  if (occurrence.attempts.length === 0 && occurrence.ended_ms) moments.push({ ms: occurrence.ended_ms, state: "note", title: "Ended" });
  for (const claim of occurrence.claims) {
    moments.push({ ms: claim.time_ms, state: "note", title: claimWords(claim), ...(claim.text ? { text: claim.text } : {}) });
  }
  for (const delivery of occurrence.deliveries) {
    moments.push({ ms: delivery.created_ms, state: "note", title: `Delivery to ${delivery.channel} asked for` });
    if (delivery.receipt) moments.push({ ms: delivery.receipt.time_ms, state: "note", title: `${delivery.receipt.provider} took it`, text: delivery.receipt.identifier });
  }
  if (occurrence.next_attempt_ms) moments.push({ ms: occurrence.next_attempt_ms, state: "waiting", title: "Next attempt" });
  if (occurrence.decided_ms) {
    const verdict = occurrence.override?.of ?? occurrence.verdict;
    moments.push({ ms: occurrence.decided_ms, state: verdict ?? "unverified", title: `Verdict: ${(verdict ?? "unknown").replaceAll("_", " ")}`, ...(occurrence.why ? { text: occurrence.why } : {}) });
  }
  return moments.map((moment, i) => ({ moment, i })).sort((a, b) => a.moment.ms - b.moment.ms || a.i - b.i).map(({ moment }) => moment);
}

// Who says what; a note says neither done nor not done.
export function claimWords(claim: Claim): string {
  return claim.says_done === null ? `${claim.by} notes` : `${claim.by} says ${claim.says_done ? "done" : "not done"}`;
}

// The end of a text, cut at a line, and how many characters were left out before it.
export function tailOf(text: string, max: number): { text: string; cut: number } {
  if (text.length <= max) return { text, cut: 0 };
  const from = text.length - max;
  const line = text.indexOf("\n", from);
  const at = line >= 0 && line < text.length - 1 ? line + 1 : from;
  return { text: text.slice(at), cut: at };
}
