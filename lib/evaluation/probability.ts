/** Between log-odds, which everything inside rests on, and probabilities, which people read. */

/** The probability that log-odds stand for, 0 to 1; at 37 and more it is exactly 1 in double precision. */
export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/**
 * The log-odds of a probability, ln p − ln(1 − p). Probabilities are moved to within `Number.EPSILON` of
 * 0 and 1 first, as in scikit-learn 1.9 for double precision, so sure ones are at ±36 and tie: what has
 * log-odds should be kept as log-odds.
 *
 * @throws RangeError for a number that is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { logOddsOf, probability } from "lib/evaluation/probability.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(logOddsOf(0.75) - Math.log(3)) < 1e-15);
 * assert.ok(Math.abs(probability(logOddsOf(0.2)) - 0.2) < 1e-15);
 * ```
 */
export function logOddsOf(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`${probability} is not a probability: log-odds need 0 to 1.`);
  }
  const p = Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON);
  return Math.log(p) - Math.log1p(-p);
}
