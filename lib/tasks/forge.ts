/**
 * `deno task forge <photographs or manifest> --out <folder>`: makes fakes of real faces. Exit code 1 when
 * something could not be read or written, 2 for a wrong command line, 130 after Ctrl-C.
 */
import { parseForgeOptions, USAGE } from "./forge/forge_options.ts";
import { inTask } from "./in_task.ts";

if (import.meta.main) {
  const stopped = "What is finished stays; the same command goes on where it was.";
  const command = { args: Deno.args, usage: USAGE, parse: parseForgeOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { forge } = await import("./forge/forge_run.ts"); // its packages are there only now
      return await forge(options, surroundings);
    }),
  );
}
