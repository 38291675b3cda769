/**
 * `deno task bench`: times the detector, alone or in turn with PyTorch on the same work, and prints
 * what was reached against the targets. The run itself is in bench/bench_run.ts.
 */
import { assertThere } from "lib/engine/nvidia_gpu.ts";
import { parseBenchOptions, USAGE } from "./bench/bench_options.ts";
import { reportMarkdown } from "./bench/bench_report.ts";
import { runBench } from "./bench/bench_run.ts";
import { torchStep } from "./bench/torch_environment.ts";
import { inTask } from "./in_task.ts";
import { PROJECT } from "./setup/project.ts";
import { runStepsOrExit } from "./setup/setup.ts";
import { terminalReport } from "./setup/setup_report.ts";

if (import.meta.main) {
  const stopped = "What was measured stands above.";
  const command = { args: Deno.args, usage: USAGE, parse: parseBenchOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, { signal, say }) => {
      const words = terminalReport();
      assertThere(options.device); // before gigabytes are installed for it
      if (options.peer !== undefined && options.python === undefined) {
        await runStepsOrExit(PROJECT, [torchStep(PROJECT, options.device)], words);
      }
      const report = await runBench(options, { project: PROJECT, words, signal }).catch((error) => {
        signal.throwIfAborted(); // a worker that was told to end says that it failed
        throw error;
      });
      say("\n" + reportMarkdown(report));
      return report.failures.some(({ refused }) => !refused) ? 1 : 0;
    }),
  );
}
