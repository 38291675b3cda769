/**
 * `deno task bench-data [--rounds N] [--output FOLDER]`: times the way of the data: `prepare` on videos,
 * the loader in turn with PyTorch's DataLoader, OpenCV and albumentations on the same JPEG crops, and the
 * share of a training step that is spent waiting. Prints a report, and writes it into the folder, if one
 * is named.
 */
// deno-lint-ignore-file no-console -- a task prints
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { listenForInterrupt } from "lib/io/interrupt.ts";
import { loaderPeerStep } from "./bench/data/torch_loader.ts";
import { dataMarkdown, writeDataReport } from "./bench/data/bench_data_report.ts";
import { torchStep } from "./bench/torch_environment.ts";
import { PROJECT } from "./setup/project.ts";
import { terminalReport } from "./setup/setup_report.ts";
import { setUp } from "./setup/setup.ts";
import { runSteps } from "./setup/setup_steps.ts";

/**
 * Does what `args` ask for.
 *
 * @throws RangeError when --rounds is not a whole number from 1.
 */
export async function benchData(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: "string", default: "12" }, output: { type: "string" } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds is "${values.rounds}", but must be a whole number from 1.`);
  }
  await setUp();
  const words = terminalReport();
  await runSteps(PROJECT, [torchStep(PROJECT), loaderPeerStep(PROJECT)], words);
  const { runDataBench } = await import("./bench/data/bench_data_run.ts");
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  const report = await runDataBench(rounds, { project: PROJECT, words, signal });
  console.log("\n" + dataMarkdown(report));
  if (values.output === undefined) return;
  console.log(await writeDataReport(report, resolve(PROJECT.root, values.output)));
}

if (import.meta.main) await benchData(Deno.args);
