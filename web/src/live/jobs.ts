import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/client.ts";
import type { JobList, Occurrence } from "../api/types.ts";
import { serverNow } from "../lib/clock.ts";
import { utc } from "../lib/settings.ts";
import { startOfDay, withOccurrence } from "../pages/jobs_rows.ts";
import { messageOf } from "../ui/dialogs.tsx";
import { listen } from "./client.ts";

// The jobs as the API last told them, with what the live topic said since. The topic brings occurrences; next times, counts and the
// audit come with the next answer, which is asked for at most once in kSettleMs however much happens, and once in kAgainMs anyway.

export interface Jobs { list: JobList; asOfMs: number }

export const jobs = signal<Jobs | null>(null);
export const jobsError = signal("");

const kSettleMs = 3000;
const kAgainMs = 30_000;

let timer: ReturnType<typeof setTimeout> | undefined;
let timerAt = 0;
let isAsking = false;
let askedMs = 0;
let watchers = 0;

function occurrencesOf(frame: unknown): Occurrence[] {
  const { items, put } = frame as { items?: Occurrence[]; put?: Occurrence[] };
  return [...(items ?? []), ...(put ?? [])].filter((item) => typeof item.job === "string");
}

function apply(changed: readonly Occurrence[]): void {
  const before = jobs.peek();
  if (!before || changed.length === 0) return;
  const byJob = new Map(changed.map((each) => [each.job, each]));
  const items = before.list.items.map((job) => {
    const occurrence = byJob.get(job.name);
    return occurrence ? withOccurrence(job, occurrence, serverNow()) : job;
  });
  jobs.value = { ...before, list: { ...before.list, items } };
}

export async function loadJobs(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  timer = undefined;
  askedMs = Date.now();
  try {
    const list = await api.jobs(startOfDay(serverNow(), utc.peek()));
    jobs.value = { list, asOfMs: serverNow() };
    jobsError.value = "";
  } catch (error) {
    jobsError.value = messageOf(error);
  }
  isAsking = false;
  if (timer === undefined) schedule(kAgainMs);
}

// One timer: what is asked for sooner wins, so that steady changes neither starve the next answer nor make a storm of questions.
function schedule(afterMs: number): void {
  const at = Date.now() + afterMs;
  if (watchers === 0 || (timer !== undefined && at >= timerAt)) return;
  clearTimeout(timer);
  timerAt = at;
  timer = setTimeout(() => {
    timer = undefined;
    if (document.hidden) schedule(kSettleMs);
    else void loadJobs();
  }, afterMs);
}

export const askSoon = (): void => schedule(Math.max(300, askedMs + kSettleMs - Date.now()));

// Hears of changed occurrences while a component is mounted.
export function useOccurrences(hear: (occurrence: Occurrence) => void, isOurs: (occurrence: Occurrence) => boolean, keys: readonly unknown[]): void {
  useEffect(() => listen("jobs", (frame) => occurrencesOf(frame).filter(isOurs).forEach(hear)), [...keys]);
}

export function useJobs(): void {
  useEffect(() => {
    watchers += 1;
    void loadJobs();
    const stop = listen("jobs", (frame) => {
      const changed = occurrencesOf(frame);
      apply(changed);
      if (changed.length > 0) askSoon();
    });
    return () => {
      watchers -= 1;
      stop();
      if (watchers > 0) return;
      clearTimeout(timer);
      timer = undefined;
    };
  }, []);
}
