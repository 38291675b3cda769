/** How far a metric may be from its value on other videos: bootstrap intervals, by video. */
import type { Random } from "lib/random.ts";
import { quantile } from "./quantile.ts";
import { byFallingScore, measure } from "./scored.ts";
import type { FrameScore } from "./video_scores.ts";

/** A number from scores and labels, whatever their order; throws a `RangeError` where undefined. */
export type Metric = (scores: ArrayLike<number>, labels: ArrayLike<number>) => number;

/** How the interval is made. */
export interface BootstrapOptions {
  /** The metric of log-odds, such as `rocAuc`. */
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

/** Why there is no interval where a class has one video. */
export const SINGLE_VIDEO =
  "A class has a single video: an interval over videos needs two or more.";

/**
 * How often each of `count` videos is there when as many are drawn from them with replacement.
 *
 * @param random Is asked `count` times for a whole number below it.
 */
export function drawVideos(count: number, random: Random): Uint32Array {
  const times = new Uint32Array(count);
  for (let i = 0; i < count; i++) times[random.integer(count)]++;
  return times;
}

/** The percentile interval of a metric's values on resamples. */
export function percentileInterval(
  values: Iterable<number>,
  level = 0.95,
): Omit<Interval, "value"> {
  const sorted = Array.from(Float64Array.from(values).sort());
  return { low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2) };
}

/**
 * The rows of one resample after the other, by their places in the list: whole videos are drawn with
 * replacement, within each class, so that both keep their number of videos. A row is there as often as its
 * video.
 *
 * @param options `order`: the places of all rows in the order that resamples shall have. Default: the
 * list's. It changes nothing in what is drawn.
 * @throws RangeError where a class has a single video, as then nothing varies; for `resamples` that is no
 * whole number from 1.
 */
export function* resampledPlaces(
  rows: readonly Pick<FrameScore, "video" | "label">[],
  { random, resamples, order = rows.map((_, place) => place) }: {
    random: Random;
    resamples: number;
    order?: ArrayLike<number>;
  },
): Generator<Uint32Array, void, void> {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples is ${resamples}, not a whole number from 1.`);
  }
  const classes: readonly Map<string, number>[] = [new Map(), new Map()];
  for (const { label, video } of rows) {
    if (!classes[label].has(video)) classes[label].set(video, classes[label].size);
  }
  if (classes.some(({ size }) => size === 1)) throw new RangeError(SINGLE_VIDEO);
  const videoOf = Uint32Array.from(rows, ({ label, video }) => classes[label].get(video)!);
  for (let resample = 0; resample < resamples; resample++) {
    const times = classes.map(({ size }) => drawVideos(size, random));
    const timesOf = (row: number) => times[rows[row].label][videoOf[row]];
    let size = 0, at = 0;
    for (let row = 0; row < rows.length; row++) size += timesOf(row);
    const places = new Uint32Array(size);
    for (let i = 0; i < order.length; i++) {
      for (let k = timesOf(order[i]); k > 0; k--) places[at++] = order[i];
    }
    yield places;
  }
}

/**
 * Percentile interval of a metric. Whole videos are drawn with replacement, as frames of one video
 * say nearly the same, and within each class, so that both keep their number of videos. It says what
 * other videos of the same kind would change; not another seed, nor another data set. For many metrics
 * of many frames `metricTable` is faster.
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
 * const rows = [-2, 0.5, -0.4, 3].map((logOdds, i) => ({ video: `v${i}`, label: i % 2, logOdds }));
 * const { low, value, high } = bootstrapInterval(rows, { metric: rocAuc, random: createRandom(1) });
 * assert.ok(low <= value && value <= high);
 * ```
 */
export function bootstrapInterval(
  rows: readonly FrameScore[],
  { metric, random, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Interval {
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}, not between 0 and 1.`);
  // In order of falling score, so that metrics that sort find their work done, a thousand times.
  const order = byFallingScore(rows.map((row) => row.logOdds));
  const measured = (places: ArrayLike<number>) =>
    metric(
      Float64Array.from(places, (place) => rows[place].logOdds),
      Float64Array.from(places, (place) => rows[place].label),
    );
  const value = measured(order);
  const values = Array.from(resampledPlaces(rows, { random, resamples, order }), measured);
  return { value, ...percentileInterval(values, level) };
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
 * @param options `resamples` of 0: no interval, and nothing is drawn.
 */
export function measureWithInterval(
  rows: readonly FrameScore[],
  { metric, random, resamples }: Required<Omit<BootstrapOptions, "level">>,
): MeasuredInterval {
  const { value, reason } = measure(() =>
    metric(rows.map((row) => row.logOdds), rows.map((row) => row.label))
  );
  if (value === null || resamples === 0) return { value, low: null, high: null, reason };
  const interval = measure(() => bootstrapInterval(rows, { metric, random, resamples }));
  const { low = null, high = null } = interval.value ?? {};
  return { value, low, high, reason: interval.reason };
}
