/** The threshold at which scores are called fake, chosen on validation samples by a stated rule. */
import { rocCurve, type RocPoint } from "./roc.ts";

/** By what a threshold is chosen. */
export type ThresholdRule =
  /** As many reals called fake as fakes called real, as nearly as the samples allow. */
  | { readonly kind: "equalError" }
  /** The largest true-positive rate less false-positive rate (Youden 1950): the best balanced accuracy. */
  | { readonly kind: "youden" }
  /** The lowest at which no more than `rate` (0 to below 1) of the reals are called fake. */
  | { readonly kind: "falsePositiveRate"; readonly rate: number };

/**
 * Chooses a threshold; scores of it or more are called fake. Of thresholds that are equally good it is the
 * highest.
 *
 * @param scores One finite number a sample, larger for fake, of validation samples: on what a detector is
 * tested on nothing may be chosen.
 * @param labels 0 real, 1 fake.
 * @returns A point of the ROC curve, whose threshold is one of the scores.
 * @throws RangeError where the curve is undefined; where a false-positive rate cannot be kept but by calling
 * nothing fake; for a rate out of range.
 *
 * @example
 * ```ts
 * import { chooseThreshold } from "lib/evaluation/threshold.ts";
 * import assert from "node:assert/strict";
 *
 * const scores = [-2, -1, 0.5, 0, 1, 2], labels = [0, 0, 0, 1, 1, 1];
 * assert.equal(chooseThreshold(scores, labels, { kind: "falsePositiveRate", rate: 0.1 }).threshold, 1);
 * ```
 */
export function chooseThreshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  rule: ThresholdRule,
): RocPoint {
  const [, ...points] = rocCurve(scores, labels, { dropIntermediate: false }); // the first calls nothing fake
  if (rule.kind === "falsePositiveRate") {
    const { rate } = rule;
    if (!(rate >= 0 && rate < 1)) {
      throw new RangeError(`A false-positive rate of ${rate} is not from 0 to below 1.`);
    }
    const kept = points.findLast((point) => point.falsePositiveRate <= rate);
    if (kept) return kept;
    throw new RangeError(
      `No threshold calls ${rate} of the reals or fewer fake: the highest score is real, and with it ` +
        `${points[0].falsePositiveRate.toFixed(3)} of them.`,
    );
  }
  const worth = ({ falsePositiveRate, truePositiveRate }: RocPoint) =>
    rule.kind === "youden"
      ? truePositiveRate - falsePositiveRate
      : -Math.abs(falsePositiveRate - (1 - truePositiveRate));
  return points.reduce((best, point) => worth(point) > worth(best) ? point : best);
}
