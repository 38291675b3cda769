/** What the tasks of studies do alike: their share of the runs, one after the other, and their tables. */
import { from, fromCSV } from "arquero";
import { dirname } from "node:path";
import { type DetectorOrigin, saveDetector } from "lib/detectors/detector_file.ts";
import { formatDuration } from "lib/io/progress.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import type { ResultRow } from "lib/studies/paired_differences.ts";
import {
  detectorFile,
  type KeepDetector,
  type KeptResult,
  readResult,
  saveResult,
  type StudyPlace,
} from "lib/studies/study_results.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { StudyShare } from "./job_options.ts";

/**
 * The runs of a job.
 *
 * @param names The only rows, if there are such; checked by the caller.
 */
export function shareOfRuns<Run extends StudyPlace>(
  runs: readonly Run[],
  { seeds, share, jobs, names }: Pick<StudyShare, "seeds" | "share" | "jobs"> & {
    names: readonly string[] | undefined;
  },
): Run[] {
  return runs
    .filter(({ row, seed }) => seed <= seeds && (!names || names.includes(row)))
    .filter((_, i) => i % jobs === share - 1);
}

/** How a study trains and keeps. */
export interface StudyWork<Run extends StudyPlace, Result extends KeptResult> {
  /** The word of a run's experiment. */
  readonly protocolOf: (run: Run) => string;
  /** Folder of the runs. */
  readonly folder: string;
  /** Trains and measures; a signal that aborts ends it by throwing the signal's reason. */
  readonly train: (run: Run, signal: AbortSignal) => Promise<Result>;
  /** What the run found, in a few words. */
  readonly words: (result: Result) => string;
}

/** Trains the runs that are not kept yet, one after the other; stopped, the rest is left. */
export async function trainMissing<Run extends StudyPlace, Result extends KeptResult>(
  runs: readonly Run[],
  { protocolOf, folder, train, words }: StudyWork<Run, Result>,
  { signal, say }: TaskSurroundings,
): Promise<void> {
  const missing: Run[] = [];
  for (const run of runs) {
    if (!await readResult(run, protocolOf(run), folder)) missing.push(run);
  }
  say(`${runs.length - missing.length} runs are there, ${missing.length} are to be trained.`);
  const begin = performance.now();
  for (const [done, run] of missing.entries()) {
    if (signal.aborted) return;
    const runBegin = performance.now(), result = await train(run, signal);
    await saveResult(result, folder);
    const elapsed = (performance.now() - begin) / 1000;
    const left = formatDuration(elapsed / (done + 1) * (missing.length - done - 1));
    say(
      `${done + 1}/${missing.length} ${run.setting} · ${run.row} · seed ${run.seed}: ` +
        `${words(result)} · ${((performance.now() - runBegin) / 1000).toFixed(0)} s, ${left} left`,
    );
  }
}

/**
 * What saves a run's detector beside its result, with its configuration.
 *
 * @param origin Where it comes from; `cut`: how the faces that it learnt from were cut.
 */
export function detectorKeeper(
  run: StudyPlace,
  { folder, ...origin }: Omit<DetectorOrigin, "step"> & { readonly folder: string },
): KeepDetector {
  return async ({ parameters }) => {
    const path = detectorFile(run, folder), step = origin.configuration.training.steps - 1;
    await Deno.mkdir(dirname(path), { recursive: true });
    await saveDetector(path, { parameters, origin: { ...origin, step } });
  };
}

/** Rows of a table that is there already; none where there is no such file. */
export async function keptRows(path: string): Promise<ResultRow[]> {
  try {
    const text = await Deno.readTextFile(path);
    // Eight hexadecimal digits may look like a number: 05353e11.
    return fromCSV(text, { parse: { protocol: String } }).objects() as ResultRow[];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Puts new rows in the place of the old ones of the same runs, and leaves the old ones of all other
 * runs: whoever trains one row does not lose a table that others trained.
 *
 * @param order All runs of the study in its order.
 */
export function mergeRows(
  old: readonly ResultRow[],
  fresh: readonly ResultRow[],
  order: readonly StudyPlace[],
): ResultRow[] {
  const key = ({ setting, row, seed }: ResultRow) => JSON.stringify([setting, row, seed]);
  const trained = new Set(fresh.map(key));
  const places = new Map(order.map((run, i) => [key({ ...run }), i]));
  const place = (row: ResultRow) => places.get(key(row)) ?? places.size;
  return [...old.filter((row) => !trained.has(key(row))), ...fresh]
    .sort((a, b) => place(a) - place(b)); // stable: a trace's steps keep their order
}

/** Writes rows as CSV, whole or not at all. */
export async function writeRows(path: string, rows: readonly ResultRow[]): Promise<void> {
  await writeWhole(path, new TextEncoder().encode(from(rows as ResultRow[]).toCSV()));
}
