/**
 * `deno task unseen`: the benchmark of unseen people and manipulations of notebook 08, on any folder of
 * photographs. Jobs may run side by side; each run is a file of its own.
 */
import { inTask } from "./in_task.ts";
import { parseUnseenOptions, USAGE } from "./unseen/unseen_options.ts";

if (import.meta.main) {
  const stopped = "Finished runs are kept; the same command goes on.";
  const command = { args: Deno.args, usage: USAGE, parse: parseUnseenOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { unseen } = await import("./unseen/unseen_work.ts"); // its packages are there only now
      await unseen(options, surroundings);
    }),
  );
}
