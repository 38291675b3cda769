/**
 * Every two of several methods compared on the same samples: differences with intervals by video, the test that
 * fits the metric, seeds as a second source of variance, and Holm's correction over all that is asked.
 */
import type { Random } from "lib/random.ts";
import type { MetricName } from "../resampled_metrics.ts";
import { measure } from "../scored.ts";
import type { VideoRule } from "../video_rules.ts";
import { aucCovariance, aucDifference } from "./auc_covariance.ts";
import { holmAdjusted } from "./holm.ts";
import { discordance, mcnemarTest } from "./mcnemar.ts";
import { pairedDifference, pairedResamples, type ResampledMetrics } from "./paired_bootstrap.ts";
import { pairedMethod, type PairedScores, pairedVideos } from "./paired_scores.ts";
import { seedDifference } from "./seed_difference.ts";

/** A method with the detectors that are its seeds. */
export interface ComparedMethod {
  /** What it is called. */
  readonly name: string;
  /** Places of its detectors in the paired scores, one or more. */
  readonly detectors: readonly number[];
}

/** What is asked. */
export interface CompareOptions {
  /** The methods. Default: every detector is one. */
  readonly methods?: readonly ComparedMethod[];
  /** Which metrics. Default: AUC and accuracy. */
  readonly metrics?: readonly MetricName[];
  /** What a sample is: a frame, or a video. Default: video. */
  readonly level?: "frame" | "video";
  /** How frames become a video. Default: the mean of their probabilities. */
  readonly videoRule?: VideoRule;
  /** Draws the videos. */
  readonly random: Random;
  /** Times that videos are drawn. Default: 2000. */
  readonly resamples?: number;
}

/** By what a p was found. */
export type ComparisonTest =
  | "DeLong by video"
  | "McNemar (mid-p)"
  | "paired bootstrap"
  | "videos and seeds";

/** Two methods compared by one metric on one method's fakes and all reals. */
export interface ComparisonRow {
  /** The method whose fakes are set against all reals, or `"all"`. */
  readonly method: string;
  /** What a sample is. */
  readonly level: "frame" | "video";
  /** Name of the metric. */
  readonly metric: MetricName;
  /** The first method. */
  readonly first: string;
  /** The second. */
  readonly second: string;
  /** The first's value, the mean over its seeds. */
  readonly firstValue: number;
  /** The second's. */
  readonly secondValue: number;
  /** The first less the second. */
  readonly difference: number;
  /** Lower end of its 95 % interval: percentiles of the paired bootstrap, or of Student's with several seeds. */
  readonly low: number;
  /** Upper end of it. */
  readonly high: number;
  /** Two-sided p of the test. */
  readonly p: number;
  /** The test. */
  readonly test: ComparisonTest;
  /** p by Holm's method over all rows of this metric. */
  readonly holm: number;
  /** Detectors of the first and of the second. */
  readonly seeds: readonly [number, number];
  /** The part of the variance that other seeds make; 0 with one seed each, where it is not known. */
  readonly seedShare: number;
  /** Samples. */
  readonly samples: number;
  /** Videos. */
  readonly videos: number;
}

/** The two-sided p of two single detectors, by the test that is made for the metric where there is one. */
function testOf(
  scores: PairedScores,
  { pair: [a, b], metric, level, otherwise }: {
    pair: readonly [number, number];
    metric: MetricName;
    level: "frame" | "video";
    otherwise: number;
  },
): { p: number; test: ComparisonTest } {
  const { labels, videos, logOdds } = scores;
  if (metric === "AUC") {
    const found = measure(() =>
      aucDifference(aucCovariance([logOdds[a], logOdds[b]], labels, { videos }), [0, 1])
    );
    if (found.value) return { p: found.value.p, test: "DeLong by video" };
  }
  // Frames of a video are right or wrong together, which McNemar's test does not know.
  if (metric === "accuracy" && level === "video") {
    const { midP } = mcnemarTest(discordance([logOdds[a], logOdds[b]], labels));
    return { p: midP, test: "McNemar (mid-p)" };
  }
  return { p: otherwise, test: "paired bootstrap" };
}

/** The metric of a method: its mean over seeds, and that of each resample. */
function meanOf(
  measured: readonly ResampledMetrics[],
  { detectors }: ComparedMethod,
  metric: MetricName,
) {
  const own = detectors.map((place) => measured[place][metric]!);
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  return {
    values: own.map(({ value }) => value),
    value: mean(own.map(({ value }) => value)),
    resampled: own[0].resampled.map((_, i) => mean(own.map(({ resampled }) => resampled[i]))),
  };
}

/** All pairs by one metric, without Holm's correction. */
function rowsOf(
  scores: PairedScores,
  { measured, methods, metric, method, level }: {
    measured: readonly ResampledMetrics[];
    methods: readonly ComparedMethod[];
    metric: MetricName;
    method: string;
    level: "frame" | "video";
  },
): Omit<ComparisonRow, "holm">[] {
  const means = methods.map((of) => meanOf(measured, of, metric));
  const videosOf = [0, 1].map((label) =>
    new Set(scores.videos.filter((_, i) => scores.labels[i] === label)).size
  );
  return methods.flatMap((first, i) =>
    methods.slice(i + 1).map((second, k) => {
      const [a, b] = [means[i], means[i + 1 + k]];
      const overVideos = pairedDifference(a, b);
      const several = a.values.length > 1 || b.values.length > 1;
      const degrees = Math.min(...videosOf) - 1;
      const tested = several
        ? {
          ...seedDifference([a.values, b.values], { variance: overVideos.deviation ** 2, degrees }),
          test: "videos and seeds" as const,
        }
        : {
          ...overVideos,
          seedShare: 0,
          ...testOf(scores, {
            pair: [first.detectors[0], second.detectors[0]],
            metric,
            level,
            otherwise: overVideos.p,
          }),
        };
      const { difference, low, high, p, test, seedShare } = tested;
      return {
        method,
        level,
        metric,
        first: first.name,
        second: second.name,
        firstValue: a.value,
        secondValue: b.value,
        difference,
        low,
        high,
        p,
        test,
        seeds: [a.values.length, b.values.length] as const,
        seedShare,
        samples: scores.samples.length,
        videos: videosOf[0] + videosOf[1],
      };
    })
  );
}

/** What a comparison gives. */
export interface Comparisons {
  /** Every two methods, for all fakes first, then for each method's. */
  readonly rows: readonly ComparisonRow[];
  /** Fakes that were not compared alone, with the reason, such as a single video. */
  readonly leftOut: readonly { readonly method: string; readonly reason: string }[];
}

/**
 * Compares every two of several methods, on all fakes and on those of each maker against all reals.
 *
 * - AUC of single detectors: DeLong's test by video; accuracy of videos (at log-odds of 0): McNemar's; else the
 *   paired bootstrap's. Intervals are the paired bootstrap's.
 * - Where a method has several seeds: `seedDifference` of the means over seeds.
 * - Holm's method over all rows of one metric.
 *
 * @param scores Frames; they become videos here.
 * @returns Yields the number of resamples done, those of earlier fakes' included, and returns the comparisons.
 * @throws RangeError where a metric of all samples is undefined or a class has a single video, with the reason.
 *
 * @example
 * ```ts
 * import { compareMethods } from "lib/evaluation/comparison/compare_methods.ts";
 * import { toTheEnd } from "lib/evaluation/comparison/paired_bootstrap.ts";
 * import { pairScores } from "lib/evaluation/comparison/paired_scores.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const random = createRandom(1);
 * const rows = (skill: number) =>
 *   Array.from({ length: 60 }, (_, i) => ({
 *     sample: `${i}`, video: `${i}`, label: i % 2, method: i % 2 ? "DF" : "real",
 *     logOdds: skill * (i % 2 - 0.5) + random.normal(),
 *   }));
 * const { paired } = pairScores([{ name: "good", rows: rows(4) }, { name: "bad", rows: rows(0) }]);
 * const { rows: [auc] } = toTheEnd(compareMethods(paired, { random, resamples: 200 }));
 * assert.equal(`${auc.first} - ${auc.second}`, "good - bad");
 * assert.ok(auc.low > 0 && auc.holm < 0.001 && auc.test === "DeLong by video");
 * ```
 */
export function* compareMethods(
  scores: PairedScores,
  options: CompareOptions,
): Generator<number, Comparisons, void> {
  const { metrics = ["AUC", "accuracy"], level = "video", random, resamples = 2000 } = options;
  const methods = options.methods ??
    scores.names.map((name, place) => ({ name, detectors: [place] }));
  const samples = level === "video" ? pairedVideos(scores, options.videoRule) : scores;
  const makers = [...new Set(samples.methods.filter((_, i) => samples.labels[i] === 1))];
  const rows: Omit<ComparisonRow, "holm">[] = [],
    leftOut: { method: string; reason: string }[] = [];
  for (const [i, method] of ["all", ...makers.length > 1 ? makers : []].entries()) {
    const own = pairedMethod(samples, method);
    const steps = pairedResamples(own, { random, resamples, metrics });
    try {
      let step = steps.next();
      for (; !step.done; step = steps.next()) yield i * resamples + step.value;
      const measured = step.value;
      for (const metric of metrics) {
        rows.push(...rowsOf(own, { measured, methods, metric, method, level }));
      }
    } catch (error) {
      if (method === "all" || !(error instanceof RangeError)) throw error;
      leftOut.push({ method, reason: error.message });
    }
  }
  const holm = new Map<object, number>();
  for (const own of Map.groupBy(rows, ({ metric }) => metric).values()) {
    holmAdjusted(own.map(({ p }) => p)).forEach((p, i) => holm.set(own[i], p));
  }
  return { rows: rows.map((row) => ({ ...row, holm: holm.get(row)! })), leftOut };
}
