/**
 * `deno task bench`: times the detector, alone or in turn with PyTorch on the same work, and prints
 * what was reached against the targets. The run itself is in bench/run.ts.
 */
// deno-lint-ignore-file no-console -- a task prints
import { listenForInterrupt } from "lib/io/interrupt.ts";
import { parseBenchOptions, USAGE } from "./bench/bench_options.ts";
import { reportMarkdown } from "./bench/bench_report.ts";
import { runBench } from "./bench/bench_run.ts";
import { torchStep } from "./bench/torch_environment.ts";
import { SetUpFailure } from "./setup/setup_failure.ts";
import { PROJECT } from "./setup/project.ts";
import { terminalReport } from "./setup/setup_report.ts";
import { setUp } from "./setup/setup.ts";
import { runSteps } from "./setup/setup_steps.ts";

/** Does what `args` ask for, and returns the program's exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  let options;
  try {
    options = parseBenchOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  await setUp();
  if (options.peer !== undefined && !await setUpTorch()) return 1;
  using interrupt = listenForInterrupt();
  const report = await runBench(options, {
    project: PROJECT,
    words: terminalReport(),
    signal: interrupt.signal,
  }).catch(
    (error: Error) => {
      if (!interrupt.signal.aborted) console.error(`The bench stopped. ${error.message}`);
      return null;
    },
  );
  if (report !== null) console.log("\n" + reportMarkdown(report));
  if (interrupt.signal.aborted) return 130;
  return report === null || report.failures.length > 0 ? 1 : 0;
}

async function setUpTorch(): Promise<boolean> {
  try {
    await runSteps(PROJECT, [torchStep(PROJECT)], terminalReport());
    return true;
  } catch (error) {
    if (!(error instanceof SetUpFailure)) throw error;
    console.error(`${error.message}\nRemedy: ${error.remedy}`);
    return false;
  }
}

if (import.meta.main) Deno.exit(await bench(Deno.args));
