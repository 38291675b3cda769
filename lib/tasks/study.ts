/**
 * `deno task study`: trains the planted-clues study of notebook 06. Jobs may run side by side; each run
 * is a file of its own.
 */
import { inTask } from "./in_task.ts";
import { parseStudyOptions, USAGE } from "./study/study_options.ts";

if (import.meta.main) {
  const stopped = "Finished runs are kept; the same command goes on.";
  const command = { args: Deno.args, usage: USAGE, parse: parseStudyOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { study } = await import("./study/study_work.ts"); // its packages are there only now
      await study(options, surroundings);
    }),
  );
}
