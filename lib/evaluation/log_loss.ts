/** Log loss: how well the log-odds fit as statements of probability. */
import { checkScored } from "./scored.ts";

/**
 * What one sample costs, in nats: −ln p of what it is, computed from the log-odds as ln(1 + e^∓logOdds),
 * so that a sure mistake costs its log-odds, however sure.
 *
 * @param label 0 real, 1 fake.
 */
export function sampleLoss(logOdds: number, label: number): number {
  const wrong = label === 1 ? -logOdds : logOdds;
  return Math.max(0, wrong) + Math.log1p(Math.exp(-Math.abs(wrong)));
}

/**
 * −mean of y ln p + (1 − y) ln(1 − p), in nats, with p the probabilities that the log-odds stand for; 0
 * is perfect, ln 2 is what log-odds of 0 get. Of probabilities (`logOddsOf`) it is scikit-learn's.
 *
 * @param logOdds One finite number a sample, above 0 for fake.
 * @param labels 0 real, 1 fake. One class alone is allowed: the mean is defined.
 * @throws RangeError, with the reason, where it is undefined: no samples, NaN or infinity.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { logLoss } from "lib/evaluation/log_loss.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(logLoss([0, 0], [0, 1]), Math.log(2));
 * assert.equal(logLoss([500, 500], [0, 1]), 250); // sure of both, and right of one
 * ```
 */
export function logLoss(logOdds: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkScored(logOdds, labels);
  let sum = 0;
  for (let i = 0; i < logOdds.length; i++) sum += sampleLoss(logOdds[i], labels[i]);
  return sum / logOdds.length;
}
