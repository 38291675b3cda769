/**
 * `deno task train --data <manifest>`: trains a detector, or this job's share of a sweep. Exit code 1
 * when a run failed, 2 for a wrong command line or settings that do not fit, 130 after Ctrl-C.
 */
import { inTask } from "./in_task.ts";
import { parseTrainOptions, USAGE } from "./train/train_options.ts";

if (import.meta.main) {
  const stopped = "The same command goes on where it was.";
  const command = { args: Deno.args, usage: USAGE, parse: parseTrainOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { trainRuns } = await import("./train/train_runs.ts"); // its packages are there only now
      await trainRuns(options, surroundings);
    }),
  );
}
