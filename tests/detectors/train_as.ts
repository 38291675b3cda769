/** Trains as the `train` task does once its command line is read: `deno run train_as.ts RUNS ARGUMENTS…`. */
import { trainRuns } from "lib/tasks/train/train_runs.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";

/** The runs of a command line, kept in a folder; each line that is said is handed on. */
export async function trainAs(
  args: readonly string[],
  { runsFolder, say = () => {} }: { runsFolder: string; say?: (line: string) => void },
): Promise<void> {
  const options = parseTrainOptions(args);
  if (options === "help") throw new Error("Asked for help.");
  const { signal } = new AbortController();
  await trainRuns(options, { signal, say, runsFolder });
}

if (import.meta.main) {
  const [runsFolder, ...args] = Deno.args;
  await trainAs(args, { runsFolder });
}
