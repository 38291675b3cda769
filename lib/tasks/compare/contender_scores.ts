/**
 * The scores of what `compare` is given: predictions kept in a folder, made by asking a detector where they are
 * not there, or a file of anyone's.
 */
import { join } from "node:path";
import { fingerprintOf } from "lib/data/fingerprint.ts";
import { manifestRows } from "lib/data/manifest.ts";
import type { Sample } from "lib/data/samples.ts";
import type { SampleScore } from "lib/evaluation/comparison/paired_scores.ts";
import { joinScores } from "lib/evaluation/joined_scores.ts";
import { type PredictionRow, readPredictions } from "lib/evaluation/prediction_file.ts";
import { resultName } from "lib/training/evaluation_files.ts";
import { RUNS } from "lib/training/run_folder.ts";
import { evaluateDetector } from "../evaluate/evaluate_run.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { CompareTaskOptions } from "./compare_options.ts";

/** One detector's scores. */
export interface ContenderScores {
  /** The file they are in. */
  readonly file: string;
  /** The scores. */
  readonly rows: readonly SampleScore[];
  /** The samples they are of. */
  readonly samples: Iterable<Sample>;
  /** What is to be known of how they were read. */
  readonly remarks: readonly string[];
}

/** A file of scores and the column to read, of `FILE.csv:COLUMN`. */
export interface ScoresFile {
  /** The file. */
  readonly path: string;
  /** The column of the scores; left out: the one that the command line or the usual names say. */
  readonly column?: string;
}

/** The file that a source names; undefined for a folder or a run's id. */
export function scoresFile(source: string): ScoresFile | undefined {
  const [, path, column] = /^(.+\.csv(?:\.gz)?)(?::(.+))?$/is.exec(source) ?? [];
  if (path === undefined) return undefined;
  return { path, ...column === undefined ? {} : { column } };
}

const isFolder = (path: string) =>
  Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);

/** The folder that a source names, of any place or a run's. */
async function folderOf(source: string): Promise<string> {
  for (const path of [source, join(RUNS, source)]) if (await isFolder(path)) return path;
  throw new RangeError(
    `There is nothing to compare in "${source}": no such folder, no run of that id, and no CSV. Weights in a ` +
      "file are evaluated first: deno task evaluate FILE --data MANIFEST --out FOLDER, and FOLDER compared.",
  );
}

/** The names of the predictions that are wanted of a manifest, one a data set. */
export async function predictionNames(
  manifest: string,
  { split }: Pick<CompareTaskOptions, "split">,
): Promise<string[]> {
  const datasets = new Set<string>();
  for await (const sample of manifestRows(manifest)) {
    if (sample.split === split) datasets.add(sample.dataset);
  }
  if (datasets.size === 0) {
    throw new RangeError(`${manifest} has no samples of the split ${split}.`);
  }
  const { sha256: data } = await fingerprintOf(manifest);
  return [...datasets].map((dataset) => `predictions-${resultName({ dataset, split, data })}.csv`);
}

/** The predictions that are kept in a folder. */
async function keptIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).filter((name) => /^predictions-.*\.csv$/.test(name))
    .sort();
}

/** The one of several that `--on` chooses. */
function theOne(
  names: readonly string[],
  { on, where }: { on: string | undefined; where: string },
): string {
  const chosen = names.filter((name) => on === undefined || name.includes(on));
  if (chosen.length === 1) return chosen[0];
  const fitting = on === undefined ? "" : ` with "${on}" in their name`;
  throw new RangeError(
    chosen.length === 0
      ? `${where} has no predictions${fitting}${
        names.length > 0 ? `, only ${names.join(", ")}` : ""
      }. Evaluate first, or name a manifest with --data.`
      : `${where} has several predictions${fitting}: ${chosen.join(", ")}. Choose with --on TEXT.`,
  );
}

const scoreOf = ({ path, video, label, method, logOdds }: PredictionRow): SampleScore => ({
  sample: path,
  video,
  label,
  method,
  logOdds,
});

/**
 * The kept predictions of a folder; where there are none of the manifest, its detector is asked.
 *
 * @param options `wanted`: names of the predictions of `--data`'s manifest.
 * @throws RangeError where there are none, or several.
 */
export async function folderScores(
  source: string,
  options: CompareTaskOptions & { readonly wanted?: readonly string[] | undefined },
  surroundings: TaskSurroundings,
): Promise<ContenderScores> {
  const { data, split, on, device, wanted } = options;
  const folder = await folderOf(source), kept = await keptIn(folder);
  const name = theOne(wanted ?? kept, { on, where: wanted ? data! : folder });
  if (!kept.includes(name)) {
    surroundings.say(`${source} has no predictions of ${data}: it is asked now.`);
    await evaluateDetector({
      detector: source,
      manifest: data!,
      split,
      resamples: 1000,
      allowSharedIdentities: false,
      skipUnreadable: false,
      configuration: { changes: [] },
      ...device ? { device } : {},
    }, surroundings);
  }
  const file = join(folder, name), remarks: string[] = [];
  const rows = await Array.fromAsync(
    readPredictions(file, { notice: (line) => remarks.push(line) }),
  );
  const samples = rows.map((row): Sample => ({ ...row, identities: [] }));
  return { file, rows: rows.map(scoreOf), samples, remarks };
}

/**
 * The scores of a file, joined with samples where there are some that it is compared on.
 *
 * @throws RangeError as `joinScores`.
 */
export async function fileScores(
  { path, column }: ScoresFile,
  { format, by, split, expected }: Pick<CompareTaskOptions, "format" | "by" | "split"> & {
    readonly expected?: Iterable<Sample> | AsyncIterable<Sample> | undefined;
  },
): Promise<ContenderScores> {
  const joined = await joinScores(path, {
    format: column === undefined
      ? format
      : { ...format, columns: { ...format.columns, score: column } },
    by,
    split,
    dataset: path,
    skipStrangers: true,
    ...expected === undefined ? {} : { expected },
  });
  const { scored, strangers, clipped, joinedByEnd, hasVideos } = joined;
  const remarks = [
    ...scored.failed > 0 ? [`${scored.failed} rows have no score`] : [],
    ...strangers > 0 ? [`${strangers} rows are of no sample of the others`] : [],
    ...joinedByEnd > 0 ? [`${joinedByEnd} rows were joined by the end of their path`] : [],
    ...clipped > 0 ? [`${clipped} scores within 2e-16 of 0 or 1 tie`] : [],
    ...hasVideos ? [] : ["it names no videos, so each row counts as one"],
  ];
  return {
    file: path,
    rows: Array.from(scored.predictions, scoreOf),
    samples: scored.samples,
    remarks,
  };
}
