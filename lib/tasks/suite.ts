/**
 * `deno task suite <file> --data <name>=<manifest>`: a whole protocol from one file, by what `train` and
 * `evaluate` do. Exit codes stand in its usage.
 */
import { inTask } from "./in_task.ts";
import { parseSuiteOptions, USAGE } from "./suite/suite_options.ts";

if (import.meta.main) {
  const stopped = "The same command goes on where it was.";
  const command = { args: Deno.args, usage: USAGE, parse: parseSuiteOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { runSuite } = await import("./suite/suite_run.ts"); // its packages are there only now
      return await runSuite(options, surroundings);
    }),
  );
}
