/** The scores of one data set for `evaluate`, with progress, kept as they come, and what could not be read. */
import type { Sample } from "lib/data/samples.ts";
import type { Unscored } from "lib/evaluation/coverage.ts";
import { keptPredictions } from "lib/evaluation/kept_predictions.ts";
import { BATCH_SIZE, type Predictor } from "lib/evaluation/predict.ts";
import type { PredictionRow } from "lib/evaluation/prediction_file.ts";
import { type Rows, ScoredSamples } from "lib/evaluation/scored_samples.ts";
import { withProgress } from "lib/io/progress.ts";
import { ImageError } from "lib/media/image_error.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { UnscoredLine } from "./save_unscored.ts";

/** A sample that could not be read, as a row of a file. */
export interface UnscoredRow extends Unscored, UnscoredLine {}

/** What is scored, and where it is kept. */
export interface Scoring {
  /** The data set's name. */
  readonly dataset: string;
  /** How many samples it has. */
  readonly total: number;
  /** Its samples, anew each time. */
  readonly samples: () => AsyncGenerator<Sample>;
  /** The manifest's folder. */
  readonly root: string;
  /** The file that predictions are in when this is done (`keptPredictions`). */
  readonly part: string;
  /** Whether files that cannot be read are left out. */
  readonly skipUnreadable: boolean;
}

/**
 * Scores a data set; what was scored in an earlier sitting is taken from there.
 *
 * @throws Error naming a file that cannot be read, and where the scores before it are, unless such files
 * are left out.
 */
export async function scoreDataSet(
  predictor: Predictor,
  { dataset, total, samples, root, part, skipUnreadable }: Scoring,
  { signal, say }: TaskSurroundings,
): Promise<{ predictions: Rows<PredictionRow>; unscored: UnscoredRow[] }> {
  const scored = new ScoredSamples(), unscored: UnscoredRow[] = [];
  const onUnreadable = (sample: Sample, { problem, explanation }: ImageError) =>
    unscored.push({ path: sample.path, failed: problem !== "missing", problem, explanation });
  const score = (rest: AsyncIterable<Sample>, kept: number) => {
    if (kept > 0) say(`${dataset}: kept ${kept} of ${total} predictions of an earlier sitting.`);
    const rows = predictor.predictFiles(rest, { root, ...skipUnreadable ? { onUnreadable } : {} });
    return withProgress(rows, { name: dataset, total: total - kept });
  };
  try {
    const rows = keptPredictions(samples, { part, root, batchSize: BATCH_SIZE, score });
    for await (const row of rows) {
      signal.throwIfAborted();
      scored.add(row, row.logOdds);
    }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const kept = scored.samples.length > 0
      ? `The ${scored.samples.length} of ${total} predictions before it are kept in ${part}: the same ` +
        "command goes on from there. "
      : "";
    throw new Error(
      `${error.message} ${kept}--skip-unreadable leaves such files out, and counts and names them.`,
      { cause: error },
    );
  }
  return { predictions: scored.predictions, unscored };
}
