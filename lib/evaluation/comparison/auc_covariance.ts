/**
 * DeLong's variance of AUCs and their differences: what other samples of the same kind would change, by
 * formula and not by drawing.
 */
import { byFallingScore, checkBothClasses } from "../scored.ts";
import { normalTail, tailBeginning } from "./tail_probabilities.ts";

/** AUCs on the same samples, and how they vary together. */
export interface AucCovariance {
  /** One a detector, 0 to 1. */
  readonly aucs: readonly number[];
  /** Covariance of each with each. */
  readonly covariance: readonly (readonly number[])[];
}

/** What DeLong's method takes besides scores and labels. */
export interface AucCovarianceOptions {
  /**
   * Each sample's video. Samples of one video are not independent, so frames need it. Default: every
   * sample is one of its own, as scores of videos are.
   */
  readonly videos?: ArrayLike<string | number>;
}

/**
 * Of each sample the share of the other class that it is on the right side of, ties counting half: its
 * mean is the AUC. These are DeLong's structural components, from one sort as in Sun and Xu (2014).
 */
function placements(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  { real, fake }: { real: number; fake: number },
): Float64Array {
  const order = byFallingScore(scores), shares = new Float64Array(order.length);
  let realsAbove = 0, fakesAbove = 0;
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start]];
    let fakes = 0;
    for (end = start; end < order.length && scores[order[end]] === score; end++) {
      fakes += labels[order[end]];
    }
    const reals = end - start - fakes;
    for (let i = start; i < end; i++) {
      shares[order[i]] = labels[order[i]] === 1
        ? (real - realsAbove - reals / 2) / real
        : (fakesAbove + fakes / 2) / fake;
    }
    realsAbove += reals;
    fakesAbove += fakes;
  }
  return shares;
}

/** Each sample's video by its place, and how many there are with a fake, with a real, and in all. */
function clustersOf(labels: ArrayLike<number>, videos: ArrayLike<string | number> | undefined) {
  const places = new Map<string | number, number>(), of = new Uint32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const video = videos === undefined ? i : videos[i];
    let place = places.get(video);
    if (place === undefined) places.set(video, place = places.size);
    of[i] = place;
  }
  const has = [new Uint8Array(places.size), new Uint8Array(places.size)];
  for (let i = 0; i < labels.length; i++) has[labels[i]][of[i]] = 1;
  const [withReal, withFake] = has.map((flags) => flags.reduce((sum, flag) => sum + flag, 0));
  return { of, all: places.size, withReal, withFake };
}

/**
 * The AUCs of one or more detectors on the same samples with their covariance (DeLong, DeLong and
 * Clarke-Pearson 1988, by Sun and Xu 2014). With `videos` it is Obuchowski's (1997) for clusters: with
 * V the placements of samples, θ the AUC, sums over the m (n) fakes (reals) of video i, I₁, I₀ and I the
 * numbers of videos that have a fake, a real, or any,
 *
 *     cov(θʳ, θˢ) = I₁/(I₁ − 1) Σᵢ Fᵢʳ Fᵢˢ / M² + I₀/(I₀ − 1) Σᵢ Rᵢʳ Rᵢˢ / N²
 *                 + I/(I − 1) Σᵢ (Fᵢʳ Rᵢˢ + Rᵢʳ Fᵢˢ) / (M N),
 *     Fᵢʳ = Σ over fakes of i (V − θʳ),  Rᵢʳ the same of its reals,
 *
 * which is DeLong's where every video has one sample. It needs tens of videos a class to be good.
 *
 * @param scores A list a detector, each with one finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake, of all of them.
 * @throws RangeError where an AUC is undefined, or a class has a single video (sample): nothing varies.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { aucCovariance } from "lib/evaluation/comparison/auc_covariance.ts";
 * import assert from "node:assert/strict";
 *
 * const { aucs, covariance } = aucCovariance([[0.1, 0.6, 0.4, 0.9]], [0, 0, 1, 1]);
 * assert.equal(aucs[0], 0.75);
 * assert.equal(covariance[0][0], 0.125); // placements ½ and 1 in each class: ⅛ / 2 + ⅛ / 2
 * ```
 */
export function aucCovariance(
  scores: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { videos }: AucCovarianceOptions = {},
): AucCovariance {
  if (videos !== undefined && videos.length !== labels.length) {
    throw new TypeError(`There are ${videos.length} videos but ${labels.length} labels.`);
  }
  const clusters = clustersOf(labels, videos), { withReal, withFake, all } = clusters;
  const detectors = scores.map((own) => {
    const counts = checkBothClasses(own, labels), { real, fake } = counts;
    const shares = placements(own, labels, counts);
    const sum = (label: number) => shares.reduce((s, v, i) => labels[i] === label ? s + v : s, 0);
    const auc = sum(1) / fake;
    const deviations = [new Float64Array(all), new Float64Array(all)];
    for (let i = 0; i < shares.length; i++) {
      deviations[labels[i]][clusters.of[i]] += (shares[i] - auc) / (labels[i] === 1 ? fake : real);
    }
    return { auc, reals: deviations[0], fakes: deviations[1] };
  });
  if (withReal === 1 || withFake === 1) {
    throw new RangeError(
      `A class has a single ${videos ? "video" : "sample"}: a variance needs two or more.`,
    );
  }
  const product = (a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  };
  const unbiased = (count: number) => count / (count - 1);
  const covariance = detectors.map((a) =>
    detectors.map((b) =>
      unbiased(withFake) * product(a.fakes, b.fakes) +
      unbiased(withReal) * product(a.reals, b.reals) +
      unbiased(all) * (product(a.fakes, b.reals) + product(a.reals, b.fakes))
    )
  );
  return { aucs: detectors.map(({ auc }) => auc), covariance };
}

/** A difference with its interval and test. */
export interface TestedDifference {
  /** The first minus the second. */
  readonly difference: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
  /** The probability of a difference this large or larger, in either direction, if there were none. */
  readonly p: number;
}

/**
 * The test of two correlated AUCs: z = (θᵃ − θᵇ) / √(var θᵃ + var θᵇ − 2 cov) against the standard normal
 * distribution, two-sided, and the interval that goes with it.
 *
 * @param pair Places of two detectors in the covariance; the difference is the first minus the second.
 * @param options `level`: share of studies whose interval holds the truth; default 0.95.
 * @throws RangeError where AUCs that differ have no variance, as where one detector is right of all and the
 * other says the same of all.
 *
 * @example
 * ```ts
 * import { aucCovariance, aucDifference } from "lib/evaluation/comparison/auc_covariance.ts";
 * import assert from "node:assert/strict";
 *
 * const labels = [0, 0, 0, 1, 1, 1];
 * const scores = [[1, 2, 5, 4, 6, 7], [3, 1, 6, 2, 5, 4]];
 * const { difference, low, high, p } = aucDifference(aucCovariance(scores, labels), [0, 1]);
 * assert.ok(Math.abs(difference - 3 / 9) < 1e-12 && low < difference && difference < high && p > 0.05);
 * ```
 */
export function aucDifference(
  { aucs, covariance }: AucCovariance,
  [a, b]: readonly [number, number],
  { level = 0.95 }: { level?: number } = {},
): TestedDifference {
  const variance = covariance[a][a] + covariance[b][b] - 2 * covariance[a][b];
  const difference = aucs[a] - aucs[b];
  // What rounding leaves of a variance of 0 is far below the terms that cancel.
  const deviation = Math.sqrt(
    variance > 1e-14 * (covariance[a][a] + covariance[b][b]) ? variance : 0,
  );
  return normalDifference({ difference, deviation, level });
}

/**
 * The two-sided test and interval of a difference whose error is normal.
 *
 * @param of `deviation`: its standard error.
 * @throws RangeError for a difference other than 0 with a standard error of 0.
 */
export function normalDifference(
  { difference, deviation, level = 0.95 }: {
    difference: number;
    deviation: number;
    level?: number;
  },
): TestedDifference {
  if (deviation === 0 && difference !== 0) {
    throw new RangeError(
      "The difference does not vary from video to video: there is no test for it. More videos, of which " +
        "some are hard, would make one.",
    );
  }
  const reach = deviation * tailBeginning(normalTail, (1 - level) / 2);
  const p = deviation === 0 ? 1 : 2 * normalTail(Math.abs(difference) / deviation);
  return { difference, low: difference - reach, high: difference + reach, p };
}

/**
 * An AUC with DeLong's interval, held to 0 to 1.
 *
 * @param place Of the detector in the covariance.
 */
export function aucInterval(
  { aucs, covariance }: AucCovariance,
  place: number,
  { level = 0.95 }: { level?: number } = {},
): { value: number; low: number; high: number } {
  const value = aucs[place];
  const reach = Math.sqrt(covariance[place][place]) * tailBeginning(normalTail, (1 - level) / 2);
  return { value, low: Math.max(0, value - reach), high: Math.min(1, value + reach) };
}
