/** Predictions by frame as a CSV file, written and read row by row. */
import { csvRows, writeCsv } from "lib/io/csv_rows.ts";
import { logOddsOf, probability } from "./probability.ts";
import type { FramePrediction } from "./predict.ts";

/** What a row says of the picture. */
const OF_SAMPLE = ["path", "label", "dataset", "method", "video", "split", "frame"] as const;

/** The columns of a file of predictions, in their order: the log-odds count, the score is for people. */
export const PREDICTION_COLUMNS = [...OF_SAMPLE, "logOdds", "score"] as const;

/** A row of the file. */
export type PredictionRow = Pick<FramePrediction, typeof PREDICTION_COLUMNS[number]>;

/** How far a score may be from its log-odds: files that people round are still read. */
const ROUNDED = 1e-3;

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
 *   logOdds: 0, score: 0.5,
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
 * Reads predictions one by one. Files without a column `logOdds`, as the kit once wrote and others write,
 * get the log-odds of their scores (`logOddsOf`); files without a column `score` its probability.
 *
 * @param options `notice`: hears, once, that log-odds are taken from scores. Default: nobody does.
 * @throws RangeError naming file and line: a missing column, a label that is not 0 or 1, log-odds that
 * are no number, a score that is no number from 0 to 1 or not the log-odds' probability.
 */
export async function* readPredictions(
  path: string,
  { notice }: { notice?: (line: string) => void } = {},
): AsyncGenerator<PredictionRow, void, void> {
  let told = false;
  for await (const { line, cells } of csvRows(path, OF_SAMPLE)) {
    const refuse = (what: string): never => {
      throw new RangeError(`${JSON.stringify(path)}, line ${line}: ${what}.`);
    };
    const number = (column: string) => cells[column] === "" ? NaN : Number(cells[column]);
    const has = (column: string) => Object.hasOwn(cells, column);
    const label = number("label"), frame = number("frame");
    if (label !== 0 && label !== 1) refuse(`the label is "${cells.label}", not 0 or 1`);
    if (!has("logOdds") && !has("score")) {
      refuse('there is neither a column "logOdds" nor a column "score"');
    }
    const score = has("score") ? number("score") : probability(number("logOdds"));
    if (has("score") && !(score >= 0 && score <= 1)) {
      refuse(`the score is "${cells.score}", not from 0 to 1`);
    }
    const logOdds = has("logOdds") ? number("logOdds") : logOddsOf(score);
    if (!Number.isFinite(logOdds)) refuse(`the log-odds are "${cells.logOdds}", not a number`);
    if (Math.abs(probability(logOdds) - score) > ROUNDED) {
      refuse(
        `the score is ${score}, but log-odds of ${logOdds} are one of ${probability(logOdds)}`,
      );
    }
    if (!has("logOdds") && !told) {
      told = true;
      notice?.(
        `${
          JSON.stringify(path)
        } has no column "logOdds": they are taken from the scores, those within ` +
          "2e-16 of 0 and 1 as ±36, so what is surer than a score can say ties.",
      );
    }
    const { path: picture, dataset, method, video, split } = cells;
    yield {
      path: picture,
      label,
      dataset,
      method,
      video,
      split,
      frame,
      logOdds,
      score,
    } as PredictionRow;
  }
}
