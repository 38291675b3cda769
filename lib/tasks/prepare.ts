/**
 * `deno task prepare <data set> --out <folder>`: cuts the faces out of a data set. Exit code 1 when
 * something could not be read or written, 2 for a wrong command line, 130 after Ctrl-C.
 */

import { join } from "node:path";
import { inTask } from "./in_task.ts";
import { parsePrepareOptions, USAGE } from "./prepare/prepare_options.ts";
import { PROJECT } from "./setup/project.ts";

if (import.meta.main) {
  const stopped = "What is finished stays; the same command goes on where it was.";
  const command = { args: Deno.args, usage: USAGE, parse: parsePrepareOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, { signal, say }) => {
      const { prepareDataSet } = await import("./prepare/prepare_run.ts"); // its packages are there only now
      return await prepareDataSet(options, {
        descriptions: join(PROJECT.root, "data"),
        signal,
        say,
      });
    }),
  );
}
