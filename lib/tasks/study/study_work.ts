/**
 * The study's work: trains the runs that are not there yet, and writes the tables that notebook 06
 * draws. Imports packages, so it is loaded after the set-up.
 */
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import { RESULTS } from "lib/figures/save_figure.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import type { ResultRow } from "lib/studies/paired_differences.ts";
import { FULL_SIZES } from "lib/studies/planted_clues/study_pictures.ts";
import { studyRow, type StudyRun, studyRuns } from "lib/studies/planted_clues/study_rows.ts";
import {
  runStudy,
  studyConfiguration,
  studyPictures,
  type StudyResult,
} from "lib/studies/planted_clues/study_run.ts";
import { STUDY_RUNS, studyProtocol } from "lib/studies/planted_clues/study_store.ts";
import { resultRow, traceRows } from "lib/studies/planted_clues/study_table.ts";
import { readResult } from "lib/studies/study_results.ts";
import { describeMachine } from "../bench/machine.ts";
import type { TaskSurroundings } from "../in_task.ts";
import {
  detectorKeeper,
  keptRows,
  mergeRows,
  shareOfRuns,
  trainMissing,
  writeRows,
} from "./study_job.ts";
import type { StudyJob } from "./study_options.ts";

/** Where the tables are. */
const TABLES = join(RESULTS, "06_ablations");

/**
 * The runs of a job.
 *
 * @throws RangeError for a row that the study does not have.
 */
export function runsOf({ rows, ...share }: StudyJob): StudyRun[] {
  const names = rows?.map((name) => studyRow(name).name);
  return shareOfRuns(studyRuns("full"), { ...share, names });
}

/** Does a job. Stopped between two runs, it goes on there the next time. */
export async function study(job: StudyJob, surroundings: TaskSurroundings): Promise<void> {
  if (!job.collect) await trainJob(job, surroundings);
  if (!surroundings.signal.aborted) await collect(surroundings.say);
}

/** The protocol word of a run of the full profile. */
function protocolOf(run: StudyRun): string {
  return studyProtocol(run, { configuration: studyConfiguration(run), sizes: FULL_SIZES });
}

async function trainJob(job: StudyJob, surroundings: TaskSurroundings): Promise<void> {
  const kept = job.missing ? await keptRows(join(TABLES, "runs.csv")) : [];
  await startEngine({ ...job.device, intraOpThreads: job.threads, interOpThreads: 1 });
  const pictures = studyPictures(FULL_SIZES);
  await trainMissing(withoutKept(runsOf(job), kept), {
    protocolOf,
    folder: STUDY_RUNS,
    train: (run) => {
      const configuration = studyConfiguration(run), protocol = protocolOf(run);
      const keep = detectorKeeper(run, { folder: STUDY_RUNS, configuration });
      return runStudy(run, { pictures, protocol, configuration, keep });
    },
    words: ({ auc }: StudyResult) =>
      `AUC ${auc.inDistribution.toFixed(3)}, shifted ${auc.shifted.toFixed(3)}`,
  }, surroundings);
}

/** The runs that a table does not hold, or holds with other settings. */
export function withoutKept(runs: readonly StudyRun[], kept: readonly ResultRow[]): StudyRun[] {
  const key = (run: StudyRun, protocol: unknown) =>
    JSON.stringify([run.setting, run.row, run.seed, protocol]);
  const held = new Set(kept.map((row) => key(row as unknown as StudyRun, row.protocol)));
  return runs.filter((run) => !held.has(key(run, protocolOf(run))));
}

/** Writes the tables of all runs there are. */
async function collect(say: TaskSurroundings["say"]): Promise<void> {
  const folder = TABLES, wanted = studyRuns("full");
  const found = await Promise.all(
    wanted.map((run) => readResult<StudyResult>(run, protocolOf(run), STUDY_RUNS)),
  );
  const results = found.filter((result) => result !== undefined);
  await Deno.mkdir(folder, { recursive: true });
  const update = async (name: string, fresh: readonly ResultRow[]) => {
    const path = join(folder, name), rows = mergeRows(await keptRows(path), fresh, wanted);
    await writeRows(path, rows);
    return rows;
  };
  const runs = await update("runs.csv", results.map(resultRow));
  const first = results.filter(({ seed }) => seed <= 3); // a few seeds show how losses are lowered
  await update("traces.csv", first.flatMap(traceRows));
  const seconds = runs.reduce((sum, row) => sum + Number(row.seconds), 0);
  const { processor, cores, system } = describeMachine();
  const about = {
    runs: runs.length,
    of: wanted.length,
    processor,
    cores,
    system,
    hours: Number((seconds / 3600).toFixed(2)),
    written: new Date().toISOString().slice(0, 10),
  };
  const json = JSON.stringify(about, null, 2) + "\n";
  if (results.length > 0) {
    await writeWhole(join(folder, "about.json"), new TextEncoder().encode(json));
  }
  say(
    `${results.length} runs are here, ${runs.length} of ${wanted.length} in the tables in ${folder}.`,
  );
}
