/** A job of Slurm that is told to end goes back into the queue, where its training goes on. */
import type { TaskSurroundings } from "../in_task.ts";

/**
 * Puts this job back into Slurm's queue after a SIGTERM: of the time limit (`--signal=B:TERM@120`), or of a job
 * that goes before. After Ctrl-C nothing is done, and where there is no Slurm its command is said.
 *
 * @param signal That of the interrupt.
 */
export async function requeue(signal: AbortSignal, say: TaskSurroundings["say"]): Promise<void> {
  if (!/SIGTERM/.test((signal.reason as Error | undefined)?.message ?? "")) return;
  const job = Deno.env.get("SLURM_JOB_ID");
  if (job === undefined) {
    return say(
      "--requeue is for jobs of Slurm (there is no SLURM_JOB_ID). The same command goes on.",
    );
  }
  const command = `scontrol requeue ${job}`;
  try {
    const { success, stderr } = await new Deno.Command("scontrol", {
      args: ["requeue", job],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
    say(`Back in Slurm's queue (${command}); it goes on there.`);
  } catch (error) {
    say(
      `"${command}" failed: ${
        (error as Error).message
      }. Run it, or submit the job again, to go on.`,
    );
  }
}
