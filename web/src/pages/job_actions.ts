import { api } from "../api/client.ts";
import type { Job } from "../api/types.ts";
import { loadJobs } from "../live/jobs.ts";
import { askFor, messageOf, toast } from "../ui/dialogs.tsx";

// What a person may do with a job. `done` is told when the server did it.

export async function runNow(job: Pick<Job, "name">, done?: () => void): Promise<void> {
  try {
    const { occurrence } = await api.runJob(job.name);
    toast(`Started ${occurrence}`);
    done?.();
    void loadJobs();
  } catch (error) {
    toast(`${job.name} was not started: ${messageOf(error)}`, "error");
  }
}

export function askPause(job: Pick<Job, "name">, done?: () => void): void {
  askFor({
    title: `Pause ${job.name}?`, body: "What is planned while it is paused is skipped, with your reason. What runs goes on.",
    action: "Pause", isDangerous: false, placeholder: "Why, for the record",
    run: async (reason) => {
      await api.pauseJob(job.name, reason);
      done?.();
      void loadJobs();
      return `Paused ${job.name}`;
    },
  });
}

export async function resume(job: Pick<Job, "name">, done?: () => void): Promise<void> {
  try {
    await api.resumeJob(job.name);
    toast(`Resumed ${job.name}`);
    done?.();
    void loadJobs();
  } catch (error) {
    toast(`${job.name} was not resumed: ${messageOf(error)}`, "error");
  }
}
