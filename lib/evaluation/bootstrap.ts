/** How far a metric may be from its value on other videos: bootstrap intervals, by video. */
import type { Random } from "lib/random.ts";
import { quantile } from "./quantile.ts";
import { byFallingScore, measure } from "./scored.ts";
import type { FrameScore } from "./video_scores.ts";

/** A number from scores and labels, whatever their order; throws a `RangeError` where undefined. */
export type Metric = (scores: ArrayLike<number>, labels: ArrayLike<number>) => number;

/** How the interval is made. */
export interface BootstrapOptions {
  /** The metric, such as `rocAuc`. */
  readonly metric: Metric;
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
  // In order of falling score, so that metrics that sort find their work done, a thousand times.
  const order = byFallingScore(rows.map((row) => row.score));
  const scores = Float64Array.from(order, (row) => rows[row].score);
  const labels = Float64Array.from(order, (row) => rows[row].label);
  const value = metric(scores, labels);

  // Videos of each class, by their places in one list.
  const places: readonly Map<string, number>[] = [new Map(), new Map()];
  for (const { label, video } of rows) {
    if (!places[label].has(video)) places[label].set(video, places[0].size + places[1].size);
  }
  const videoOf = Uint32Array.from(order, (row) => places[rows[row].label].get(rows[row].video)!);
  const classes = places.map((of) => [...of.values()]).filter((videos) => videos.length > 0);
  if (classes.some((videos) => videos.length === 1)) {
    throw new RangeError("A class has a single video: an interval over videos needs two or more.");
  }
  const draw = () => {
    const times = new Uint32Array(places[0].size + places[1].size);
    for (const videos of classes) {
      for (let i = 0; i < videos.length; i++) times[videos[random.integer(videos.length)]]++;
    }
    return times;
  };
  const values = Array.from({ length: resamples }, () => {
    const times = draw();
    const size = videoOf.reduce((sum, video) => sum + times[video], 0);
    const drawn = { scores: new Float64Array(size), labels: new Float64Array(size) };
    for (let i = 0, at = 0; i < videoOf.length; i++) {
      for (let k = times[videoOf[i]]; k > 0; k--, at++) {
        drawn.scores[at] = scores[i];
        drawn.labels[at] = labels[i];
      }
    }
    return metric(drawn.scores, drawn.labels);
  }).sort((a, b) => a - b);
  return { value, low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}

/** A metric in a table, with its interval; what there is not is `null`. */
export interface MeasuredInterval {
  /** The metric; `null` where it is undefined. */
  readonly value: number | null;
  /** Lower end of the 95 % interval; `null` where there is none. */
  readonly low: number | null;
  /** Upper end of the 95 % interval; `null` where there is none. */
  readonly high: number | null;
  /** Why there is no value, or no interval that was asked for; else `null`. */
  readonly reason: string | null;
}

/**
 * A metric of rows and its interval for a table, or the reasons why not (see `measure`).
 *
 * @param rows Gives frames or videos; a `RangeError` of its own is a reason, too.
 * @param options `resamples` of 0: no interval, and nothing is drawn.
 */
export function measureWithInterval(
  rows: () => readonly FrameScore[],
  { metric, random, resamples }: Required<Omit<BootstrapOptions, "level">>,
): MeasuredInterval {
  const { value, reason } = measure(() => {
    const measured = rows();
    return metric(measured.map((row) => row.score), measured.map((row) => row.label));
  });
  if (value === null || resamples === 0) return { value, low: null, high: null, reason };
  const interval = measure(() => bootstrapInterval(rows(), { metric, random, resamples }));
  const { low = null, high = null } = interval.value ?? {};
  return { value, low, high, reason: interval.reason };
}
