/** Average precision: the precision–recall curve in one number. */
import { byFallingScore, checkScored } from "./scored.ts";

/**
 * Σₙ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from the highest down, with precision P and recall R of
 * calling that score or more fake; 0 to 1. No line is drawn between points (as in scikit-learn). A
 * detector that knows nothing gets the share of fakes, not 0.5.
 *
 * @param scores One finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake.
 * @throws RangeError, with the reason, where it is undefined: no samples, no fake, NaN.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { averagePrecision } from "lib/evaluation/average_precision.ts";
 * import assert from "node:assert/strict";
 *
 * // Recall ½ at precision 1, then recall 1 at precision ⅔.
 * assert.equal(averagePrecision([0.9, 0.8, 0.7], [1, 0, 1]), 0.5 * 1 + 0.5 * (2 / 3));
 * ```
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { fake } = checkScored(scores, labels);
  if (fake === 0) throw new RangeError("There is no fake sample, only reals.");
  const order = byFallingScore(scores);
  let [found, foundBefore, sum] = [0, 0, 0];
  for (let i = 0; i < order.length; i++) {
    found += labels[order[i]];
    if (i + 1 < order.length && scores[order[i + 1]] === scores[order[i]]) continue;
    sum += (found - foundBefore) / fake * (found / (i + 1));
    foundBefore = found;
  }
  return sum;
}
