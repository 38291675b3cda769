/**
 * `deno task bench-scaling`: times the parts of a training step in one process, and in groups of several on this
 * machine the means over all; computes from that what four GPUs and sixteen machines would give, and what limits it.
 */
import { resolve } from "node:path";
import { parseScalingOptions, SCALING_USAGE } from "./bench/scaling/scaling_options.ts";
import { inTask } from "./in_task.ts";
import { PROJECT } from "./setup/project.ts";
import { terminalReport } from "./setup/setup_report.ts";

if (import.meta.main) {
  const command = { args: Deno.args, usage: SCALING_USAGE, parse: parseScalingOptions };
  Deno.exit(
    await inTask(command, async (options, { signal, say }) => {
      const words = terminalReport();
      // Packages are there only after the set-up.
      const { runScaling } = await import("./bench/scaling/scaling_run.ts");
      const { scalingMarkdown, writeScalingReport } = await import(
        "./bench/scaling/scaling_report.ts"
      );
      const report = await runScaling(options, { project: PROJECT, words, signal }).catch(
        (error) => {
          signal.throwIfAborted(); // a process that was told to end says that it failed
          throw error;
        },
      );
      say("\n" + scalingMarkdown(report));
      if (options.output === undefined) return;
      say(await writeScalingReport(report, resolve(PROJECT.root, options.output)));
    }),
  );
}
