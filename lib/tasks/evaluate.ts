/**
 * `deno task evaluate <run> --data <manifest>`: predictions and metrics of a detector on a data set.
 * Exit code 1 when a file could not be read, 2 for a wrong command line, 130 after Ctrl-C.
 */
import { parseEvaluateOptions, USAGE } from "./evaluate/evaluate_options.ts";
import { inTask } from "./in_task.ts";

if (import.meta.main) {
  const command = { args: Deno.args, usage: USAGE, parse: parseEvaluateOptions };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { evaluateDetector } = await import("./evaluate/evaluate_run.ts"); // its packages are there only now
      await evaluateDetector(options, surroundings);
    }),
  );
}
