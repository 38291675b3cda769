/**
 * `deno task bench`: times the detector, alone or in turn with PyTorch on the same work, and writes
 * what was reached to results/bench. How a case is timed is in bench/comparison.ts.
 */
// deno-lint-ignore-file no-console -- a task prints
import { join } from "node:path";
import { listenForInterrupt } from "lib/training/interrupt.ts";
import { progressPrinter } from "lib/training/progress.ts";
import { agree, introduce } from "./bench/agreement.ts";
import { type BenchCase, caseName, stepFlops } from "./bench/cases.ts";
import { compareCase } from "./bench/comparison.ts";
import { type Contender, ownContender } from "./bench/contender.ts";
import { busyCores, describeMachine } from "./bench/machine.ts";
import { type BenchOptions, parseBenchOptions, USAGE } from "./bench/options.ts";
import { type BenchReport, reportMarkdown, writeReport } from "./bench/report.ts";
import { torchContender, torchStep } from "./bench/torch_environment.ts";
import { PROJECT } from "./setup/project.ts";
import { terminalReport } from "./setup/report.ts";
import { setUp } from "./setup/setup.ts";
import { runSteps } from "./setup/steps.ts";

/** Busy cores beyond which a warning says that the numbers will not be worth much. */
const QUIET = 0.5;

/**
 * Runs the bench. A case that fails is reported and the others go on; the report is written anew
 * after each, so that an end by Ctrl-C or worse loses nothing that was measured.
 *
 * @returns What was measured, complete or up to the moment `signal` was aborted.
 * @throws Error when the two sides do not compute the same thing.
 */
export async function runBench(
  options: BenchOptions,
  { signal, matrixSide }: { signal: AbortSignal; matrixSide?: number },
): Promise<BenchReport> {
  const ours = ownContender(PROJECT, options);
  const peer = options.peer === undefined ? undefined : torchContender(PROJECT, options);
  const contenders = peer === undefined ? [ours] : [ours, peer];
  const before = { busyCores: await busyCores(), load: Deno.loadavg()[0]! };
  console.log(
    `Load average ${before.load.toFixed(2)}; others keep ${
      before.busyCores?.toFixed(2) ?? "an unknown number of"
    } cores busy.`,
  );
  if ((before.busyCores ?? before.load) > QUIET) {
    console.log("Warning: the machine is busy with other work; the times below will be off.");
  }
  let report: BenchReport = {
    date: localTime(),
    machine: describeMachine(),
    before,
    sides: await introduce(contenders, { signal, ...(matrixSide && { side: matrixSide }) }),
    agreements: [],
    results: [],
    failures: [],
  };
  if (peer !== undefined) report = await checkAgreement(report, { ...options, signal, ours, peer });

  const work = workload(options);
  for (const [index, one] of options.cases.entries()) {
    if (signal.aborted) break;
    try {
      const onProgress = (share: number, note: string) => work.show(index, share, note);
      const side = peer === undefined ? {} : { peer };
      const result = await compareCase(one, ours, { ...options, ...side, signal, onProgress });
      report = { ...report, results: [...report.results, result] };
    } catch (error) {
      if (signal.aborted) break;
      const failure = { case: caseName(one), reason: (error as Error).message };
      console.error(`\n${failure.case} failed: ${failure.reason}`);
      report = { ...report, failures: [...report.failures, failure] };
    }
    if (options.output !== undefined) await save(report, options.output);
  }
  return report;
}
