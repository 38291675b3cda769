/**
 * The study's work: trains the runs that are not there yet, and writes the tables that notebook 06
 * draws. Imports packages, so it is loaded after the set-up.
 */
import { from, fromCSV } from "arquero";
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import { RESULTS } from "lib/figures/save_figure.ts";
import { formatDuration } from "lib/io/progress.ts";
import { FULL_SIZES, type StudySizes } from "lib/studies/planted_clues/study_pictures.ts";
import { studyRow, type StudyRun, studyRuns } from "lib/studies/planted_clues/study_rows.ts";
import {
  runStudy,
  studyConfiguration,
  studyPictures,
} from "lib/studies/planted_clues/study_run.ts";
import { readResult, saveResult, studyProtocol } from "lib/studies/planted_clues/study_store.ts";
import { type ResultRow, resultRow, traceRows } from "lib/studies/planted_clues/study_table.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { describeMachine } from "../bench/machine.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { StudyJob } from "./study_options.ts";

/** Where the tables are. */
const TABLES = join(RESULTS, "06_ablations");

/**
 * The runs of a job.
 *
 * @throws RangeError for a row that the study does not have.
 */
export function runsOf({ rows, seeds, share, jobs }: StudyJob): StudyRun[] {
  const names = rows?.map((name) => studyRow(name).name);
  return studyRuns("full")
    .filter(({ row, seed }) => seed <= seeds && (!names || names.includes(row)))
    .filter((_, i) => i % jobs === share - 1);
}

/** Does a job. Stopped between two runs, it goes on there the next time. */
export async function study(job: StudyJob, surroundings: TaskSurroundings): Promise<void> {
  if (!job.collect) await trainMissing(job, surroundings);
  if (!surroundings.signal.aborted) await collect(surroundings.say);
}

/** The protocol word of a run of the full profile. */
function protocolOf(run: StudyRun, sizes: StudySizes): string {
  return studyProtocol(run, { configuration: studyConfiguration(run), sizes });
}

async function trainMissing(job: StudyJob, { signal, say }: TaskSurroundings): Promise<void> {
  const kept = job.missing ? await keptRows(join(TABLES, "runs.csv")) : [];
  const runs = withoutKept(runsOf(job), kept);
  await startEngine({ intraOpThreads: job.threads, interOpThreads: 1 });
  const sizes = FULL_SIZES, pictures = studyPictures(sizes);
  const missing: StudyRun[] = [];
  for (const run of runs) {
    if (!await readResult(run, protocolOf(run, sizes))) missing.push(run);
  }
  say(
    `${runs.length - missing.length} runs are there, ${missing.length} are to be trained.`,
  );
  const begin = performance.now();
  for (const [done, run] of missing.entries()) {
    if (signal.aborted) return;
    const configuration = studyConfiguration(run), protocol = protocolOf(run, sizes);
    const result = await runStudy(run, { pictures, protocol, configuration });
    await saveResult(result);
    const elapsed = (performance.now() - begin) / 1000;
    const left = formatDuration(elapsed / (done + 1) * (missing.length - done - 1));
    const { inDistribution, shifted } = result.auc;
    say(
      `${done + 1}/${missing.length} ${run.setting} · ${run.row} · seed ${run.seed}: ` +
        `AUC ${inDistribution.toFixed(3)}, shifted ${shifted.toFixed(3)} · ` +
        `${result.seconds.toFixed(0)} s, ${left} left`,
    );
  }
}

/** The runs that a table does not hold, or holds with other settings. */
export function withoutKept(runs: readonly StudyRun[], kept: readonly ResultRow[]): StudyRun[] {
  const key = (run: StudyRun, protocol: unknown) =>
    JSON.stringify([run.setting, run.row, run.seed, protocol]);
  const held = new Set(kept.map((row) => key(row as unknown as StudyRun, row.protocol)));
  return runs.filter((run) => !held.has(key(run, protocolOf(run, FULL_SIZES))));
}

/** Rows of a table that is there already; none where there is no such file. */
async function keptRows(path: string): Promise<ResultRow[]> {
  try {
    return fromCSV(await Deno.readTextFile(path)).objects() as ResultRow[];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Puts new rows in the place of the old ones of the same runs, and leaves the old ones of all other
 * runs: whoever trains one row does not lose a table that others trained.
 */
export function mergeRows(old: readonly ResultRow[], fresh: readonly ResultRow[]): ResultRow[] {
  const key = ({ setting, row, seed }: ResultRow) => JSON.stringify([setting, row, seed]);
  const trained = new Set(fresh.map(key));
  const order = new Map(studyRuns("full").map((run, i) => [key({ ...run }), i]));
  const place = (row: ResultRow) => order.get(key(row)) ?? order.size;
  return [...old.filter((row) => !trained.has(key(row))), ...fresh]
    .sort((a, b) => place(a) - place(b)); // stable: a trace's steps keep their order
}

/** Writes the tables of all runs there are. */
async function collect(say: TaskSurroundings["say"]): Promise<void> {
  const folder = TABLES, wanted = studyRuns("full");
  const found = await Promise.all(
    wanted.map((run) => readResult(run, protocolOf(run, FULL_SIZES))),
  );
  const results = found.filter((result) => result !== undefined);
  await Deno.mkdir(folder, { recursive: true });
  const update = async (name: string, fresh: readonly ResultRow[]) => {
    const path = join(folder, name), rows = mergeRows(await keptRows(path), fresh);
    await writeWhole(path, new TextEncoder().encode(from(rows).toCSV()));
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
