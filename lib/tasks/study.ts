// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task study`: trains the rows of the planted-clues study that are not there yet, and writes the
 * tables that notebook 06 draws. Jobs may run side by side; each run is a file of its own.
 */
import { from } from "arquero";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEngine } from "lib/engine/engine.ts";
import { RESULTS } from "lib/figures/save.ts";
import { describeMachine } from "./bench/machine.ts";
import { listenForInterrupt } from "lib/training/interrupt.ts";
import { formatDuration } from "lib/training/progress.ts";
import { FULL_SIZES, type StudySizes } from "lib/training/study/pictures.ts";
import { STUDY_ROWS, studyRow, type StudyRun, studyRuns } from "lib/training/study/rows.ts";
import { runStudy, studyConfiguration, studyPictures } from "lib/training/study/run.ts";
import { readResult, saveResult, studyProtocol } from "lib/training/study/store.ts";
import { resultRow, traceRows } from "lib/training/study/table.ts";
import { writeWhole } from "lib/write_whole.ts";

const USAGE = `deno task study [options]    trains the planted-clues study and writes its tables

  --rows A;B       only these rows, separated by semicolons
                   (${STUDY_ROWS.map(({ name }) => name).join(";\n                    ")})
  --seeds N        only seeds 1 to N
  --job K/N        only every N-th run from the K-th: jobs side by side share the work
  --threads N      threads of this job (1); results depend on it in their last digits
  --collect        train nothing; write results/06_ablations from the runs there are
  --help           this`;

/** What one job of the study does. */
export interface StudyJob {
  /** The runs it looks after, in their order. */
  readonly runs: readonly StudyRun[];
  /** Threads of an operation. */
  readonly threads: number;
  /** Whether nothing is trained and the tables alone are written. */
  readonly collect: boolean;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name} is "${text}", but must be a whole number from 1.`);
}

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong value, TypeError for an option that does not exist.
 */
export function parseStudyOptions(args: readonly string[]): StudyJob | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string" },
      seeds: { type: "string", default: "1000" },
      job: { type: "string", default: "1/1" },
      threads: { type: "string", default: "1" },
      collect: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const [k, n] = values.job.split("/").map((part) => wholeNumber("job", part));
  if (!(k <= n)) throw new RangeError(`--job is "${values.job}", but must be K/N with K up to N.`);
  const rows = values.rows?.split(";").map((name) => studyRow(name.trim()).name);
  const seeds = wholeNumber("seeds", values.seeds);
  const runs = studyRuns("full")
    .filter(({ row, seed }) => seed <= seeds && (!rows || rows.includes(row)))
    .filter((_, i) => i % n === k - 1);
  return { runs, threads: wholeNumber("threads", values.threads), collect: values.collect };
}

/** The protocol word of a run of the full profile. */
function protocolOf(run: StudyRun, sizes: StudySizes): string {
  return studyProtocol(run, { configuration: studyConfiguration(run), sizes });
}

/** Trains what is missing; true unless it was interrupted. */
async function trainMissing(
  { runs, threads }: StudyJob,
  signal: AbortSignal,
): Promise<boolean> {
  await startEngine({ intraOpThreads: threads, interOpThreads: 1 });
  const sizes = FULL_SIZES, pictures = studyPictures(sizes);
  const missing: StudyRun[] = [];
  for (const run of runs) {
    if (!await readResult(run, protocolOf(run, sizes))) missing.push(run);
  }
  console.log(
    `${runs.length - missing.length} runs are there, ${missing.length} are to be trained.`,
  );
  const begin = performance.now();
  for (const [done, run] of missing.entries()) {
    if (signal.aborted) return false;
    const configuration = studyConfiguration(run), protocol = protocolOf(run, sizes);
    const result = await runStudy(run, { pictures, protocol, configuration });
    await saveResult(result);
    const elapsed = (performance.now() - begin) / 1000;
    const left = formatDuration(elapsed / (done + 1) * (missing.length - done - 1));
    const { inDistribution, shifted } = result.auc;
    console.log(
      `${done + 1}/${missing.length} ${run.setting} · ${run.row} · seed ${run.seed}: ` +
        `AUC ${inDistribution.toFixed(3)}, shifted ${shifted.toFixed(3)} · ` +
        `${result.seconds.toFixed(0)} s, ${left} left`,
    );
  }
  return true;
}

/** Writes the tables of all runs there are. */
async function collect(): Promise<void> {
  const folder = join(RESULTS, "06_ablations");
  const found = await Promise.all(
    studyRuns("full").map((run) => readResult(run, protocolOf(run, FULL_SIZES))),
  );
  const results = found.filter((result) => result !== undefined);
  await Deno.mkdir(folder, { recursive: true });
  const text = (rows: readonly object[]) => new TextEncoder().encode(from([...rows]).toCSV());
  await writeWhole(join(folder, "runs.csv"), text(results.map(resultRow)));
  const first = results.filter(({ seed }) => seed <= 3);
  await writeWhole(join(folder, "traces.csv"), text(first.flatMap(traceRows)));
  const { processor, cores, system } = describeMachine();
  const about = {
    runs: results.length,
    of: found.length,
    processor,
    cores,
    system,
    hours: Number((results.reduce((sum, { seconds }) => sum + seconds, 0) / 3600).toFixed(2)),
    written: new Date().toISOString().slice(0, 10),
  };
  const json = JSON.stringify(about, null, 2) + "\n";
  await writeWhole(join(folder, "about.json"), new TextEncoder().encode(json));
  console.log(`${results.length} of ${found.length} runs are in ${folder}.`);
}

async function main(): Promise<number> {
  let job;
  try {
    job = parseStudyOptions(Deno.args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (job === "help") {
    console.log(USAGE);
    return 0;
  }
  using interrupt = listenForInterrupt();
  if (!job.collect && !await trainMissing(job, interrupt.signal)) return 130;
  await collect();
  return 0;
}

if (import.meta.main) Deno.exit(await main());
