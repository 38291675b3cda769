/**
 * Results of detectors on test samples: metric rows with where they came from, kept beside the run and
 * read back for tables. Predicting is left to evaluation/, the paper's values to paper_tables.ts.
 */
import { fromCSV } from "arquero";
import { join } from "node:path";
import { writeCsv } from "lib/io/csv_rows.ts";
import { sha256 } from "lib/io/sha256.ts";
import type { MetricRow } from "lib/evaluation/metric_table.ts";
import { RUNS } from "./run_folder.ts";

/** A metric with where it came from: a line of an evaluation's file. */
export interface EvaluationRow extends MetricRow {
  /** Name of the run, such as `"ff_resnet34"`. */
  readonly run: string;
  /** Seed of the run. */
  readonly seed: number;
  /** The data set that was tested on. */
  readonly dataset: string;
  /** The split that was tested on. */
  readonly split: string;
  /** `protocolHash` of the run's configuration, its data and what was tested on. */
  readonly protocol: string;
  /** The fingerprint of what was tested on: its pixels and how they were cut. */
  readonly data: string;
  /** What was done to its frames before faces were cut, such as `"GB:3"`; empty for nothing. */
  readonly distortion: string;
  /** What differs from the paper's training that the run is called after; empty where nothing does. */
  readonly differences: string;
}

const COLUMNS = [
  "run",
  "seed",
  "dataset",
  "split",
  "method",
  "level",
  "metric",
  "value",
  "low",
  "high",
  "reason",
  "samples",
  "protocol",
  "data",
  "distortion",
  "differences",
] as const satisfies (keyof EvaluationRow)[];

/** How evaluation files begin; what follows is the data set. */
const BEGINNING = "evaluation-";

/**
 * The end of a file name for what was tested on: letters and digits of data set and split for people, and
 * eight digits that tell apart what these do not, such as `FF` from `FF++`, or one distortion from another.
 */
export function resultName(
  { dataset, split, data }: Pick<EvaluationRow, "dataset" | "split" | "data">,
): string {
  const word = `${dataset}-${split}`.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-");
  return `${word}-${sha256(JSON.stringify([dataset, split, data])).slice(0, 8)}`;
}

/**
 * Writes the metrics of one data set, whole or not at all; an earlier result on the very same pictures is
 * replaced.
 *
 * @param folder The run's folder.
 * @returns The file's path.
 * @throws RangeError without rows.
 */
export async function saveEvaluation(
  folder: string,
  rows: readonly EvaluationRow[],
): Promise<string> {
  if (rows.length === 0) throw new RangeError("An evaluation without rows says nothing.");
  const path = join(folder, `${BEGINNING}${resultName(rows[0])}.csv`);
  const cells = rows.map((row) =>
    Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? ""]))
  );
  await writeCsv(path, cells, COLUMNS);
  return path;
}

/** A file of `saveEvaluation` as rows. */
function parseEvaluation(text: string): EvaluationRow[] {
  const number = (cell: unknown) => cell === null || cell === "" ? null : Number(cell);
  return (fromCSV(text, { autoType: false }).objects() as Record<string, string | null>[]).map(
    (cells) =>
      ({
        ...cells,
        seed: Number(cells.seed),
        samples: Number(cells.samples),
        value: number(cells.value),
        low: number(cells.low),
        high: number(cells.high),
        reason: cells.reason || null,
        distortion: cells.distortion ?? "",
        differences: cells.differences ?? "",
        data: cells.data ?? cells.manifest ?? "", // the first edition's files name the manifest's digest
      }) as unknown as EvaluationRow,
  );
}

/** What is in a folder, by name; nothing where there is no such folder. */
async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** All results of one run; none where its folder holds none. */
export async function evaluationsOf(folder: string): Promise<EvaluationRow[]> {
  const rows: EvaluationRow[] = [];
  for (const { name } of await entriesOf(folder)) {
    if (!name.startsWith(BEGINNING) || !name.endsWith(".csv")) continue;
    rows.push(...parseEvaluation(await Deno.readTextFile(join(folder, name))));
  }
  return rows;
}

/**
 * All results of all runs, for tables and data frames.
 *
 * @param options `root`: the folder of all runs; default: the project's results/runs.
 */
export async function readEvaluations({ root = RUNS }: { root?: string } = {}): Promise<
  EvaluationRow[]
> {
  const runs = (await entriesOf(root)).filter(({ isDirectory }) => isDirectory);
  const rows: EvaluationRow[] = [];
  for (const { name } of runs) rows.push(...await evaluationsOf(join(root, name)));
  return rows;
}
