/**
 * `deno task compare A B …`: two or more detectors, by runs, folders or files of scores, compared on the same
 * samples. Exit codes stand in its usage.
 */
import { parseCompareOptions, USAGE } from "./compare/compare_options.ts";
import { inTask } from "./in_task.ts";

if (import.meta.main) {
  const command = {
    args: Deno.args,
    usage: USAGE,
    parse: parseCompareOptions,
    stopped: "Predictions that were made are kept; of the comparison nothing was written.",
  };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { compareContenders } = await import("./compare/compare_run.ts"); // its packages are there only now
      return await compareContenders(options, surroundings);
    }),
  );
}
