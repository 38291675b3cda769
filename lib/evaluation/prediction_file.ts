/** Predictions by frame as a CSV file, written and read row by row. */
import { csvRows, writeCsv } from "lib/io/csv_rows.ts";
import type { FramePrediction } from "./predict.ts";

/** The columns of a file of predictions, in their order. */
export const PREDICTION_COLUMNS = [
  "path",
  "label",
  "dataset",
  "method",
  "video",
  "split",
  "frame",
  "score",
] as const;

/** A row of the file. */
export type PredictionRow = Pick<FramePrediction, typeof PREDICTION_COLUMNS[number]>;

/**
 * Writes predictions as they come; the file is there whole, when all are, or not at all.
 *
 * @param path The file, `…/predictions.csv`; one that is there is replaced.
 * @throws Error naming the path when it cannot be written; what was there stays.
 *
 * @example
 * ```ts
 * import { readPredictions, writePredictions } from "lib/evaluation/prediction_file.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const row = {
 *   path: "a.png", label: 1, dataset: "mine", method: "DF", video: "DF/a", split: "test", frame: 5,
 *   score: 0.25,
 * } as const;
 * await writePredictions(path, [row]);
 * assert.deepEqual(await Array.fromAsync(readPredictions(path)), [row]);
 * await Deno.remove(path);
 * ```
 */
export async function writePredictions(
  path: string,
  predictions: Iterable<PredictionRow> | AsyncIterable<PredictionRow>,
): Promise<void> {
  await writeCsv(path, predictions, PREDICTION_COLUMNS);
}

/**
 * Reads predictions one by one.
 *
 * @throws RangeError naming file and line: a missing column, a label that is not 0 or 1, a score that
 * is no number from 0 to 1.
 */
export async function* readPredictions(path: string): AsyncGenerator<PredictionRow, void, void> {
  for await (const { line, cells } of csvRows(path, PREDICTION_COLUMNS)) {
    const [label, frame, score] = [cells.label, cells.frame, cells.score].map((cell) =>
      cell === "" ? NaN : Number(cell)
    );
    const refuse = (what: string): never => {
      throw new RangeError(`${JSON.stringify(path)}, line ${line}: ${what}.`);
    };
    if (label !== 0 && label !== 1) refuse(`the label is "${cells.label}", not 0 or 1`);
    if (!(score >= 0 && score <= 1)) refuse(`the score is "${cells.score}", not from 0 to 1`);
    const { path: picture, dataset, method, video, split } = cells;
    yield { path: picture, label, dataset, method, video, split, frame, score } as PredictionRow;
  }
}
