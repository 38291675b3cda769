/** All metrics of a set of predictions in one table: per method and overall, by frame and by video. */
import type { Random } from "lib/random.ts";
import { accuracy } from "./accuracy.ts";
import { averagePrecision } from "./average_precision.ts";
import { type MeasuredInterval, measureWithInterval, type Metric } from "./bootstrap.ts";
import { logLoss } from "./log_loss.ts";
import { equalErrorRate, rocAuc } from "./roc.ts";
import { type FrameScore, videoScores } from "./video_scores.ts";

/** A frame's score with what made the fake. */
export interface Prediction extends FrameScore {
  /** `"real"`, or the method that made the fake, such as `"DF"`. */
  readonly method: string;
}

/** One metric of one method. */
export interface MetricRow extends MeasuredInterval {
  /** The method whose fakes are set against all reals, or `"all"`. */
  readonly method: string;
  /** What a sample is: a frame, or a video with the mean score of its frames. */
  readonly level: "frame" | "video";
  /** Name of the metric, such as `"AUC"`. */
  readonly metric: string;
  /** Number of samples. */
  readonly samples: number;
}

/** The metrics of the table, by the names that stand in it. */
export const METRICS: Readonly<Record<string, Metric>> = Object.freeze({
  AUC: rocAuc,
  accuracy: (scores, labels) => accuracy(scores, labels),
  AP: averagePrecision,
  EER: equalErrorRate,
  "log loss": logLoss,
});

/** How the intervals are made. */
export interface MetricTableOptions {
  /** Draws the videos; each row of the table gets draws of its own in turn. */
  readonly random: Random;
  /** Times that videos are drawn; 0 for a table without intervals. Default: 1000. */
  readonly resamples?: number;
}

/**
 * The table. A method's fakes are measured against all reals; a metric that is undefined has its
 * reason in the place of a number.
 *
 * @throws TypeError when frames of one video have different labels, or a label is not 0 or 1.
 *
 * @example
 * ```ts
 * import { metricTable } from "lib/evaluation/metric_table.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const predictions = [0.1, 0.2, 0.7, 0.9].map((score, i) => ({
 *   video: `video ${i}`,
 *   label: i < 2 ? 0 : 1,
 *   method: i < 2 ? "real" : "DF",
 *   score,
 * }));
 * const table = metricTable(predictions, { random: createRandom(1), resamples: 100 });
 * const auc = table.find((row) => row.method === "DF" && row.metric === "AUC");
 * assert.equal(auc?.value, 1);
 * ```
 */
export function metricTable(
  predictions: readonly Prediction[],
  { random, resamples = 1000 }: MetricTableOptions,
): MetricRow[] {
  const methods = [...new Set(predictions.map((row) => row.method))].filter((m) => m !== "real");
  return [...methods, "all"].flatMap((method) => {
    const frames = predictions.filter((row) =>
      method === "all" || row.method === method || row.method === "real"
    );
    const counts = { frame: frames.length, video: new Set(frames.map((row) => row.video)).size };
    return (["frame", "video"] as const).flatMap((level) =>
      Object.entries(METRICS).map(([name, metric]): MetricRow => {
        // Asked for when it is measured, as the mean score of a video may be undefined too.
        const rows = () => level === "frame" ? frames : videoScores(frames);
        const measured = measureWithInterval(rows, { metric, random, resamples });
        return { method, level, metric: name, samples: counts[level], ...measured };
      })
    );
  });
}
