/**
 * What an alarm is worth where fakes are rare. A detector's error rates are the same wherever it is asked; how
 * many of its alarms are right is not.
 */

/** How often a detector calls reals and fakes fake. */
export interface AlarmRates {
  /** Share of fakes called fake, 0 to 1. */
  readonly truePositiveRate: number;
  /** Share of reals called fake, 0 to 1. */
  readonly falsePositiveRate: number;
}

/** What comes of so many pictures. */
export interface Alarms {
  /** Share of all pictures that are called fake, 0 to 1. */
  readonly called: number;
  /** Share of those called fake that are fake, 0 to 1; NaN where none is called. */
  readonly right: number;
  /** Share of the fakes among those called real, 0 to 1; NaN where all are called fake. */
  readonly missed: number;
}

/** @throws RangeError for what is no share. */
function share(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`${name} is a share, 0 to 1, not ${value}.`);
}

/**
 * Bayes' rule for alarms: with base rate π, π·TPR of all pictures are fakes that are called so, and
 * (1 − π)·FPR are reals that are called fake.
 *
 * @param baseRate Share of fakes among the pictures that are asked about, 0 to 1.
 * @throws RangeError for a rate that is no share.
 *
 * @example
 * ```ts
 * import { alarms } from "lib/evaluation/base_rate.ts";
 * import assert from "node:assert/strict";
 *
 * // Of 1000 pictures 10 are fake; 9 of them are called so, and 99 of the 990 reals.
 * const { called, right } = alarms({ truePositiveRate: 0.9, falsePositiveRate: 0.1 }, 0.01);
 * assert.ok(Math.abs(called - 0.108) < 1e-12 && Math.abs(right - 9 / 108) < 1e-12);
 * ```
 */
export function alarms(
  { truePositiveRate, falsePositiveRate }: AlarmRates,
  baseRate: number,
): Alarms {
  const pi = share("The base rate", baseRate);
  const right = pi * share("The true-positive rate", truePositiveRate);
  const wrong = (1 - pi) * share("The false-positive rate", falsePositiveRate);
  const called = right + wrong;
  return { called, right: right / called, missed: (pi - right) / (1 - called) };
}

/**
 * A score where fakes are as frequent as said, from a calibrated score of data where they were otherwise
 * frequent: log-odds move by the difference of the base rates' log-odds (Saerens et al., Neural Computation
 * 14, 2002). It holds where reals look alike on both sides, and fakes too; a new kind of forgery breaks it.
 *
 * @param logOdds Calibrated log-odds of fake, in nats.
 * @param rates Base rates, between 0 and 1 without the ends: `from` where it was calibrated, `to` here.
 * @returns Log-odds of fake, in nats.
 * @throws RangeError for a base rate of 0, of 1 or outside.
 *
 * @example
 * ```ts
 * import { moveBaseRate } from "lib/evaluation/base_rate.ts";
 * import { probability } from "lib/evaluation/probability.ts";
 * import assert from "node:assert/strict";
 *
 * // 0.9 where half were fake is 0.083 where one in a hundred is.
 * const there = moveBaseRate(Math.log(9), { from: 0.5, to: 0.01 });
 * assert.equal(probability(there).toFixed(3), "0.083");
 * ```
 */
export function moveBaseRate(
  logOdds: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const odds = (name: string, rate: number) => {
    if (rate > 0 && rate < 1) return Math.log(rate / (1 - rate));
    throw new RangeError(
      `The base rate ${name} is between 0 and 1, without the ends, not ${rate}.`,
    );
  };
  return logOdds + odds("here", to) - odds("where it was calibrated", from);
}
