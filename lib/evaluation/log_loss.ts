/** Log loss: how well the scores fit as probabilities. */
import { checkScored } from "./scored.ts";

/**
 * −mean of y ln p + (1 − y) ln(1 − p), in nats; 0 is perfect, ln 2 is what a constant ½ gets. Scores
 * are moved to within `Number.EPSILON` of 0 and 1 first, as in scikit-learn 1.9 for double precision,
 * so that one sure mistake costs 36 and not infinity.
 *
 * @param scores Probability of fake, 0 to 1, one a sample.
 * @param labels 0 real, 1 fake. One class alone is allowed: the mean is defined.
 * @throws RangeError, with the reason, where it is undefined: no samples, NaN, scores outside 0 to 1.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { logLoss } from "lib/evaluation/log_loss.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(logLoss([0.5, 0.5], [0, 1]), Math.log(2));
 * ```
 */
export function logLoss(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkScored(scores, labels);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < 0 || scores[i] > 1) {
      throw new RangeError(`Score ${i} is ${scores[i]}, not a probability: log loss needs 0 to 1.`);
    }
    const p = Math.min(Math.max(scores[i], Number.EPSILON), 1 - Number.EPSILON);
    sum -= labels[i] === 1 ? Math.log(p) : Math.log(1 - p);
  }
  return sum / scores.length;
}
