/**
 * `deno task bench-scaling`: times the parts of a training step in one process, and in groups of several on this
 * machine the means over all; computes from that what four GPUs and sixteen machines would give, and what limits it.
 */
import { resolve } from "node:path";
import { parseScalingOptions, SCALING_USAGE } from "./bench/scaling/scaling_options.ts";
import type { ScalingReport } from "./bench/scaling/scaling_report.ts";
import { inTask } from "./in_task.ts";
import { PROJECT } from "./setup/project.ts";
import { terminalReport } from "./setup/setup_report.ts";

if (import.meta.main) {
  const stopped = "Groups that were done are in --output, if one was named.";
  const command = { args: Deno.args, usage: SCALING_USAGE, parse: parseScalingOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, { signal, say }) => {
      const words = terminalReport();
      // Packages are there only after the set-up.
      const { runScaling } = await import("./bench/scaling/scaling_run.ts");
      const { scalingMarkdown, writeScalingReport } = await import(
        "./bench/scaling/scaling_report.ts"
      );
      let written: string | undefined;
      const save = async (report: ScalingReport) => {
        if (options.output === undefined) return;
        written = await writeScalingReport(report, resolve(PROJECT.root, options.output));
      };
      const surroundings = { project: PROJECT, words, signal, save };
      const report = await runScaling(options, surroundings).catch((error) => {
        signal.throwIfAborted(); // a process that was told to end says that it failed
        throw error;
      });
      say("\n" + scalingMarkdown(report));
      if (written !== undefined) say(written);
    }),
  );
}
