/** How far a metric may be from its value on other videos: bootstrap intervals, by video. */
import type { Random } from "lib/random.ts";
import type { FrameScore } from "./video_scores.ts";

/** How the interval is made. */
export interface BootstrapOptions {
  /** The metric, such as `rocAuc`. */
  readonly metric: (scores: number[], labels: number[]) => number;
  /** Draws the videos. */
  readonly random: Random;
  /** Times that videos are drawn. Default: 1000. */
  readonly resamples?: number;
  /** Share of resamples inside the interval, above 0 and below 1. Default: 0.95. */
  readonly level?: number;
}

/** A metric with its interval. */
export interface Interval {
  /** The metric on all rows. */
  readonly value: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/** The quantile of sorted numbers, with straight lines between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Percentile interval of a metric. Whole videos are drawn with replacement, as frames of one video
 * say nearly the same, and within each class, so that both keep their number of videos. It says what
 * other videos of the same kind would change; not another seed, nor another data set.
 *
 * @param rows Frames, or videos (`videoScores`) for a metric of videos.
 * @throws RangeError where the metric is undefined, with its reason; where a class has a single
 * video, as then nothing varies; for `level` or `resamples` out of range.
 *
 * @example
 * ```ts
 * import { bootstrapInterval } from "lib/evaluation/bootstrap.ts";
 * import { rocAuc } from "lib/evaluation/roc.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [0.1, 0.6, 0.4, 0.9].map((score, i) => ({ video: `v${i}`, label: i % 2, score }));
 * const { low, value, high } = bootstrapInterval(rows, { metric: rocAuc, random: createRandom(1) });
 * assert.ok(low <= value && value <= high);
 * ```
 */
export function bootstrapInterval(
  rows: readonly FrameScore[],
  { metric, random, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Interval {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples is ${resamples}, not a whole number from 1.`);
  }
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}, not between 0 and 1.`);
  const measureRows = (chosen: readonly FrameScore[]) =>
    metric(chosen.map((row) => row.score), chosen.map((row) => row.label));
  const value = measureRows(rows);

  const classes = [0, 1].map((label) => {
    const ofClass = rows.filter((row) => row.label === label);
    return [...Map.groupBy(ofClass, (row) => row.video).values()];
  }).filter((videos) => videos.length > 0);
  if (classes.some((videos) => videos.length === 1)) {
    throw new RangeError("A class has a single video: an interval over videos needs two or more.");
  }
  const values = Array.from({ length: resamples }, () => {
    const drawn = classes.flatMap((videos) =>
      videos.flatMap(() => videos[random.integer(videos.length)])
    );
    return measureRows(drawn);
  }).sort((a, b) => a - b);
  return { value, low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}
