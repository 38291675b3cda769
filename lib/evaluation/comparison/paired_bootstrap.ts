/**
 * How far metrics of several detectors, and their differences, may be from their values on other videos: all
 * detectors are measured on the same resamples, so that what is hard for all of them cancels.
 */
import type { Random } from "lib/random.ts";
import { drawVideos, percentileInterval, SINGLE_VIDEO } from "../bootstrap.ts";
import { METRICS } from "../metrics.ts";
import { LANES, type MetricName, resampledMetrics } from "../resampled_metrics.ts";
import { sortScores } from "../sorted_scores.ts";
import type { TestedDifference } from "./auc_covariance.ts";
import type { PairedScores } from "./paired_scores.ts";
import { normalTail } from "./tail_probabilities.ts";

/** How resamples are drawn. */
export interface PairedBootstrapOptions {
  /** Draws the videos. */
  readonly random: Random;
  /** Times that videos are drawn. Default: 2000. */
  readonly resamples?: number;
  /** Which metrics. Default: all of `METRICS`. */
  readonly metrics?: readonly MetricName[];
}

/** A metric of one detector with its values on the resamples. */
export interface ResampledMetric {
  /** On all samples. */
  readonly value: number;
  /** On each resample; of two detectors those at one place are of the same videos. */
  readonly resampled: Float64Array;
}

/** The metrics of one detector. */
export type ResampledMetrics = Partial<Record<MetricName, ResampledMetric>>;

/** The videos of each class, by their places. */
function videosOf({ videos, labels }: PairedScores) {
  const places = new Map<string, number>(), of = new Uint32Array(videos.length);
  const classes = [new Set<number>(), new Set<number>()];
  videos.forEach((video, i) => {
    const place = places.get(video) ?? places.size;
    places.set(video, place);
    of[i] = place;
    classes[labels[i]].add(place);
  });
  if (classes.some(({ size }) => size === 1)) throw new RangeError(SINGLE_VIDEO);
  const both = classes[0].intersection(classes[1]);
  if (both.size > 0) {
    const [video] = [...places].find(([, place]) => both.has(place))!;
    throw new TypeError(
      `Samples of ${JSON.stringify(video)} have both labels. Key videos by their whole path.`,
    );
  }
  return { of, count: places.size, classes: classes.map((places) => [...places]) };
}

/**
 * The metrics of each detector on all samples and on resamples: whole videos are drawn with replacement, within
 * each class, as by `bootstrapInterval`, and every detector is measured on the same draw.
 *
 * @returns Yields the number of resamples done, and returns the detectors' metrics in their order.
 * @throws RangeError where a metric is undefined, a class has a single video, or `resamples` is no whole number
 * from 2. TypeError for a video with both labels.
 *
 * @example
 * ```ts
 * import { pairScores } from "lib/evaluation/comparison/paired_scores.ts";
 * import {
 *   pairedDifference, pairedResamples, toTheEnd,
 * } from "lib/evaluation/comparison/paired_bootstrap.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = (scores: number[]) =>
 *   scores.map((logOdds, i) => ({
 *     sample: `${i}`, video: `${i}`, label: i % 2, method: i % 2 ? "DF" : "real", logOdds,
 *   }));
 * const { paired } = pairScores([
 *   { name: "a", rows: rows([-2, 1, 0, 2, 1, 0.5, -1, 3]) },
 *   { name: "b", rows: rows([0, 1, 3, 0.5, -1, 2, 1, -2]) },
 * ]);
 * const options = { random: createRandom(1), resamples: 200, metrics: ["AUC"] } as const;
 * const [a, b] = toTheEnd(pairedResamples(paired, options));
 * const { difference, low, high } = pairedDifference(a.AUC!, b.AUC!);
 * assert.ok(difference === 0.4375 && low < difference && difference < high);
 * ```
 */
export function* pairedResamples(
  paired: PairedScores,
  { random, resamples = 2000, metrics = Object.keys(METRICS) as MetricName[] }:
    PairedBootstrapOptions,
): Generator<number, ResampledMetrics[], void> {
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(`resamples is ${resamples}, not a whole number from 2.`);
  }
  const { labels, logOdds } = paired, videos = videosOf(paired);
  const detectors = logOdds.map((own) => ({
    sorted: sortScores({ logOdds: own, labels }, { placeOf: (row) => videos.of[row] }),
    metrics: Object.fromEntries(metrics.map((name) => [name, {
      value: METRICS[name](own, labels),
      resampled: new Float64Array(resamples),
    }])) as Record<MetricName, ResampledMetric>,
  }));
  const weights = new Uint8Array(videos.count * LANES);
  for (let done = 0; done < resamples;) {
    const more = Math.min(LANES, resamples - done);
    for (let lane = 0; lane < more; lane++) {
      for (const places of videos.classes) {
        const times = drawVideos(places.length, random);
        places.forEach((place, i) => weights[place * LANES + lane] = times[i]);
      }
    }
    for (const { sorted, metrics: own } of detectors) {
      const values = resampledMetrics(sorted, weights);
      for (const name of metrics) {
        for (let lane = 0; lane < more; lane++) {
          own[name].resampled[done + lane] = values[lane][name];
        }
      }
    }
    yield done += more;
  }
  return detectors.map(({ metrics }) => metrics);
}

/** What a generator returns, where nobody watches its steps. */
export function toTheEnd<Result>(steps: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** A difference of two detectors with how much it varies. */
export interface PairedDifference extends TestedDifference {
  /** Standard deviation over the resamples. */
  readonly deviation: number;
}

/** Standard deviation of a list. */
function deviationOf(values: ArrayLike<number>): number {
  const all = Array.from(values), mean = all.reduce((sum, v) => sum + v, 0) / all.length;
  return Math.sqrt(all.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (all.length - 1));
}

/**
 * The difference of a metric of two detectors: its percentile interval over the resamples, and p of
 * difference / standard deviation against the standard normal distribution, two-sided, as pROC's bootstrap test
 * has it; so p is no coarser than its interval, and small ones can be told apart.
 *
 * @param a The first; the difference is a − b.
 * @param options `level`: default 0.95.
 */
export function pairedDifference(
  a: ResampledMetric,
  b: ResampledMetric,
  { level = 0.95 }: { level?: number } = {},
): PairedDifference {
  const differences = a.resampled.map((value, i) => value - b.resampled[i]);
  const difference = a.value - b.value, deviation = deviationOf(differences);
  const { low, high } = percentileInterval(differences, level);
  const p = deviation > 0
    ? 2 * normalTail(Math.abs(difference) / deviation)
    : difference === 0
    ? 1
    : 2 / (differences.length + 1); // the same on every resample: less likely than one of them
  return { difference, low, high, p, deviation };
}
