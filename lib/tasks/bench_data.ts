/**
 * `deno task bench-data [--rounds N] [--output FOLDER]`: times the way of the data: `prepare` on videos,
 * the loader in turn with PyTorch's DataLoader, OpenCV and albumentations on the same JPEG crops, as they
 * are and with self-blended pairs made of them, and the share of a training step that is spent waiting. Prints a report, and writes it into the folder, if one
 * is named.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { loaderPeerStep } from "./bench/data/torch_loader.ts";
import { torchStep } from "./bench/torch_environment.ts";
import { inTask } from "./in_task.ts";
import { PROJECT } from "./setup/project.ts";
import { runStepsOrExit } from "./setup/setup.ts";
import { terminalReport } from "./setup/setup_report.ts";

const USAGE = `deno task bench-data [options]    times the way of the data, in turn with PyTorch's

  --rounds N       passes of each loader over each size of crops (12)
  --output FOLDER  also write the report there
  --help           this`;

interface BenchDataOptions {
  readonly rounds: number;
  readonly output?: string;
}

function parseBenchDataOptions(args: readonly string[]): BenchDataOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "12" },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds is "${values.rounds}", but must be a whole number from 1.`);
  }
  return { rounds, ...values.output === undefined ? {} : { output: values.output } };
}

if (import.meta.main) {
  const command = { args: Deno.args, usage: USAGE, parse: parseBenchDataOptions };
  Deno.exit(
    await inTask(command, async ({ rounds, output }, { signal, say }) => {
      const words = terminalReport();
      await runStepsOrExit(PROJECT, [torchStep(PROJECT), loaderPeerStep(PROJECT)], words);
      // Their packages are there only now.
      const { runDataBench } = await import("./bench/data/bench_data_run.ts");
      const { dataMarkdown, writeDataReport } = await import("./bench/data/bench_data_report.ts");
      const surroundings = { project: PROJECT, words, signal };
      const report = await runDataBench(rounds, surroundings).catch((error) => {
        signal.throwIfAborted(); // a worker that was told to end says that it failed
        throw error;
      });
      say("\n" + dataMarkdown(report));
      if (output === undefined) return;
      say(await writeDataReport(report, resolve(PROJECT.root, output)));
    }),
  );
}
