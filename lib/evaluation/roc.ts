/** The receiver operating characteristic, the area under it, and the equal error rate. */
import { byFallingScore, checkBothClasses } from "./scored.ts";

/** A point of the curve: what happens when scores of `threshold` or more are called fake. */
export interface RocPoint {
  /** Share of reals called fake, 0 to 1. */
  readonly falsePositiveRate: number;
  /** Share of fakes called fake, 0 to 1. */
  readonly truePositiveRate: number;
  /** The threshold; `Infinity` at the first point, where nothing is called fake. */
  readonly threshold: number;
}

/** Samples with a score of the threshold or more, for every distinct score from the highest down. */
export interface RocCounts {
  /** Reals among them. */
  readonly falsePositives: Float64Array;
  /** Fakes among them. */
  readonly truePositives: Float64Array;
  /** The scores. */
  readonly thresholds: Float64Array;
}

/** The curve as counts, every point but the first; for what need not have a record for each of a million. */
export function rocCounts(scores: ArrayLike<number>, labels: ArrayLike<number>): RocCounts {
  const order = byFallingScore(scores);
  const column = () => new Float64Array(order.length);
  const [falsePositives, truePositives, thresholds] = [column(), column(), column()];
  let distinct = 0, fakes = 0;
  for (let i = 0; i < order.length; i++) {
    const score = scores[order[i]];
    fakes += labels[order[i]];
    if (i + 1 < order.length && scores[order[i + 1]] === score) continue;
    falsePositives[distinct] = i + 1 - fakes;
    truePositives[distinct] = fakes;
    thresholds[distinct++] = score;
  }
  return {
    falsePositives: falsePositives.subarray(0, distinct),
    truePositives: truePositives.subarray(0, distinct),
    thresholds: thresholds.subarray(0, distinct),
  };
}

/**
 * The curve from (0, 0) to (1, 1) by falling threshold. A point half-way between its neighbours is
 * left out, as in scikit-learn; the curve and its area are the same without.
 *
 * @param scores One finite number a sample, larger for fake; probabilities and logits alike.
 * @param labels 0 real, 1 fake.
 * @param options `dropIntermediate`: whether points half-way are left out; where a threshold is chosen
 * every one counts. Default: true.
 * @throws RangeError without samples, without one of the classes, or with NaN: the curve is undefined.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 */
export function rocCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  { dropIntermediate = true }: { dropIntermediate?: boolean } = {},
): RocPoint[] {
  const { real, fake } = checkBothClasses(scores, labels);
  const { falsePositives, truePositives, thresholds } = rocCounts(scores, labels);
  const halfWay = (counts: Float64Array, i: number) =>
    counts[i - 1] + counts[i + 1] === 2 * counts[i];
  const points: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0, threshold: Infinity }];
  for (let i = 0; i < thresholds.length; i++) {
    const inner = dropIntermediate && i > 0 && i < thresholds.length - 1;
    if (inner && halfWay(falsePositives, i) && halfWay(truePositives, i)) continue;
    points.push({
      falsePositiveRate: falsePositives[i] / real,
      truePositiveRate: truePositives[i] / fake,
      threshold: thresholds[i],
    });
  }
  return points;
}

/**
 * Area under the curve, 0 to 1: the probability that a random fake has a higher score than a random
 * real, equal scores counting half (Hanley and McNeil, 1982).
 *
 * @param scores One finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake.
 * @throws RangeError, with the reason, where it is undefined: no samples, one class, NaN.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { rocAuc } from "lib/evaluation/roc.ts";
 * import assert from "node:assert/strict";
 *
 * // Of the four pairs of a fake and a real, three are in the right order and one is a tie.
 * assert.equal(rocAuc([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1]), 3.5 / 4);
 * ```
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { real, fake } = checkBothClasses(scores, labels);
  const { falsePositives, truePositives } = rocCounts(scores, labels);
  let doubled = 0; // twice the pairs in the right order: whole numbers, so the sum is exact
  for (let i = 0, reals = 0, fakes = 0; i < falsePositives.length; i++) {
    doubled += (falsePositives[i] - reals) * (fakes + truePositives[i]);
    reals = falsePositives[i];
    fakes = truePositives[i];
  }
  return doubled / 2 / (real * fake);
}

/**
 * The error rate at which as many reals are called fake as fakes are called real, 0 to 1: where the
 * curve, with straight lines between its points, crosses falsePositiveRate = 1 − truePositiveRate.
 *
 * @param scores One finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake.
 * @throws RangeError, with the reason, where it is undefined: no samples, one class, NaN.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { equalErrorRate } from "lib/evaluation/roc.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(equalErrorRate([0.1, 0.6, 0.4, 0.9], [0, 0, 1, 1]), 0.5);
 * ```
 */
export function equalErrorRate(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { real, fake } = checkBothClasses(scores, labels);
  const { falsePositives, truePositives } = rocCounts(scores, labels);
  const excess = (i: number) => falsePositives[i] / real + truePositives[i] / fake - 1; // −1 rises to 1
  let after = 0;
  while (excess(after) < 0) after++;
  const before = after === 0 ? 0 : falsePositives[after - 1] / real;
  const excessBefore = after === 0 ? -1 : excess(after - 1);
  const share = -excessBefore / (excess(after) - excessBefore);
  return before + share * (falsePositives[after] / real - before);
}
