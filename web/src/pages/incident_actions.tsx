import { api } from "../api/client.ts";
import type { Conclusion, Incident, IncidentBrief, Runbook } from "../api/incident_types.ts";
import { learn } from "../live/incidents.ts";
import { askFor, messageOf, toast } from "../ui/dialogs.tsx";
import { words } from "../ui/facts.tsx";
import { kJudgements, type RunMode } from "./incidents_rows.ts";

// What a person may do with an incident. `done` is told when the server did it.

type Which = Pick<IncidentBrief, "id" | "title">;
type Done = ((incident: Incident) => void) | undefined;

function took(incident: Incident, done: Done): void {
  learn(incident);
  done?.(incident);
}

export async function acknowledge(which: Which, done?: Done): Promise<void> {
  try {
    const incident = await api.acknowledge(which.id);
    took(incident, done);
    toast(`${incident.acknowledged_by || "You"} has it: ${incident.title}`);
  } catch (error) {
    toast(`Not acknowledged: ${messageOf(error)}`, "error");
  }
}

export async function diagnose(which: Which, done?: Done): Promise<void> {
  try {
    const incident = await api.diagnose(which.id);
    took(incident, done);
    toast(incident.diagnosis ? `${words(incident.diagnosis.conclusion)}: ${incident.diagnosis.summary}` : "Diagnosed, without an answer");
  } catch (error) {
    toast(`Not diagnosed: ${messageOf(error)}`, "error");
  }
}

export async function separate(which: Which, done?: Done): Promise<void> {
  try {
    took(await api.separateIncident(which.id), done);
    toast("It is told by itself from now on");
  } catch (error) {
    toast(`Not separated: ${messageOf(error)}`, "error");
  }
}

export function askHandOver(which: Which, done?: Done): void {
  askFor({
    title: "Hand it over?", body: "Until the other person takes it, the incident is open again and goes on to escalate.", action: "Hand over", isDangerous: false, label: "To", placeholder: "Who is to take it",
    run: async (to) => {
      took(await api.handOver(which.id, to), done);
      return `Handed to ${to}, who has not taken it yet`;
    },
  });
}

export function askNote(which: Which, done?: Done): void {
  askFor({
    title: "Add a note", body: which.title, action: "Add note", isDangerous: false, label: "Note", placeholder: "What you found, for the timeline", isLong: true,
    run: async (text) => {
      took(await api.noteIncident(which.id, text), done);
      return "Noted";
    },
  });
}

export function askResolve(which: Which, done?: Done): void {
  askFor({
    title: "Resolve it?", body: which.title, action: "Resolve", isDangerous: false, label: "Why it is over", placeholder: "What ended it",
    choice: { label: "What it was after all", options: kJudgements },
    run: async (why, judged) => {
      took(await api.resolveIncident(which.id, why, (judged || null) as Conclusion | null), done);
      return "Resolved";
    },
  });
}

export function askReopen(which: Which, done?: Done): void {
  askFor({
    title: "Reopen it?", body: "People are told again from the first step.", action: "Reopen", isDangerous: false, placeholder: "Why it is not over",
    run: async (why) => {
      took(await api.reopenIncident(which.id, why), done);
      return "Reopened";
    },
  });
}

const kTitles: Record<RunMode, string> = { run: "Run", approve: "Approve and run", dry_run: "Dry run" };

export function askRunbook(which: Which, runbook: Runbook, mode: RunMode, done?: () => void): void {
  askFor({
    title: `${kTitles[mode]} ${runbook.name}?`,
    body: (
      <div class="stack">
        <p>{runbook.description}</p>
        <ol class="steps">{runbook.steps.map((step, i) => <li key={i}>{step}</li>)}</ol>
        <p>{mode === "dry_run" ? "Nothing is done: it says what it would do." : runbook.why}</p>
      </div>
    ),
    action: kTitles[mode], isDangerous: mode !== "dry_run", placeholder: "",
    run: async () => {
      const { state, says } = await api.runbook(which.id, runbook.name, { dry_run: mode === "dry_run", approve: mode === "approve" });
      done?.();
      return `${runbook.name}: ${words(state)}${says ? `, ${says}` : ""}`;
    },
  });
}
