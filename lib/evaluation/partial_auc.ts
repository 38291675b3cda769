/** The part of the ROC curve at few false alarms: partial AUC, and the true-positive rate at a given one. */
import { rocCounts } from "./roc.ts";
import { checkBothClasses } from "./scored.ts";

/** Where the part ends. */
export interface PartialAucOptions {
  /** The largest false-positive rate, above 0 and at most 1. */
  readonly maxFalsePositiveRate: number;
  /**
   * `"none"`: the area itself, 0 to the rate. `"mcclish"`: ½ (1 + (area − m) / (M − m)) with m = rate² / 2 of
   * a detector that knows nothing and M = rate of a perfect one, so that these get ½ and 1 (McClish 1989), as
   * scikit-learn's `max_fpr`. Default: `"mcclish"`.
   */
  readonly correction?: "none" | "mcclish";
}

function checkRate(rate: number): void {
  if (!(rate > 0 && rate <= 1)) {
    throw new RangeError(`A largest false-positive rate of ${rate} is not above 0 and at most 1.`);
  }
}

/**
 * The area under the ROC curve up to a false-positive rate, with straight lines between the curve's points.
 *
 * @param scores One finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake.
 * @throws RangeError where it is undefined: no samples, one class, NaN, a rate out of range.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { partialAuc } from "lib/evaluation/partial_auc.ts";
 * import assert from "node:assert/strict";
 *
 * const scores = [0.1, 0.6, 0.4, 0.9], labels = [0, 0, 1, 1];
 * const part = { maxFalsePositiveRate: 0.5, correction: "none" } as const;
 * assert.equal(partialAuc(scores, labels, part), 0.5 * 0.5); // half of the fakes come before any real
 * ```
 */
export function partialAuc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  { maxFalsePositiveRate: rate, correction = "mcclish" }: PartialAucOptions,
): number {
  checkRate(rate);
  const { real, fake } = checkBothClasses(scores, labels);
  const { falsePositives, truePositives } = rocCounts(scores, labels);
  let area = 0, x0 = 0, y0 = 0;
  for (let i = 0; x0 < rate && i < falsePositives.length; i++) {
    const x1 = falsePositives[i] / real, y1 = truePositives[i] / fake;
    if (x1 <= rate) area += (x1 - x0) * (y0 + y1) / 2;
    else {
      const y = y0 + (y1 - y0) * (rate - x0) / (x1 - x0);
      area += (rate - x0) * (y0 + y) / 2;
    }
    [x0, y0] = [x1, y1];
  }
  return correction === "none" ? area : mcclish(area, rate);
}

/** McClish's standardised area of a raw one, see `PartialAucOptions`. */
export function mcclish(area: number, rate: number): number {
  const least = rate * rate / 2;
  return (1 + (area - least) / (rate - least)) / 2;
}

/**
 * The largest share of fakes that can be called fake while no more than a given share of reals is; no line
 * is drawn between the curve's points, as a threshold reaches only these.
 *
 * @param scores One finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake.
 * @param rate The false-positive rate, above 0 and at most 1.
 * @throws RangeError and TypeError as `partialAuc`.
 *
 * @example
 * ```ts
 * import { truePositiveRateAt } from "lib/evaluation/partial_auc.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(truePositiveRateAt([0.1, 0.6, 0.4, 0.9], [0, 0, 1, 1], 0.1), 0.5);
 * ```
 */
export function truePositiveRateAt(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  rate: number,
): number {
  checkRate(rate);
  const { real, fake } = checkBothClasses(scores, labels);
  const { falsePositives, truePositives } = rocCounts(scores, labels);
  const last = falsePositives.findLastIndex((count) => count / real <= rate);
  return last < 0 ? 0 : truePositives[last] / fake;
}
