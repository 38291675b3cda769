/** McNemar's test: whether two detectors' decisions on the same samples are equally often right. */
import { checkScored } from "../scored.ts";
import { binomialHalfAtMost, normalTail } from "./tail_probabilities.ts";

/** Samples that only one of two detectors decides rightly. */
export interface Discordance {
  /** Samples that the first is right of and the second wrong. */
  readonly onlyFirst: number;
  /** Samples that the second is right of and the first wrong. */
  readonly onlySecond: number;
}

/** McNemar's test in its three forms; each p is two-sided. */
export interface McNemar {
  /** Of the exact binomial test, which never calls too much a difference: 2 P(X ≤ min), at most 1. */
  readonly exact: number;
  /**
   * The exact p less the probability of what was seen: keeps to its level nearly always and finds more
   * (Fagerland, Lydersen and Laake 2013). The one that the kit reports.
   */
  readonly midP: number;
  /** (|b − c| − 1)² / (b + c), with Edwards' continuity correction; 0 where both are 0. */
  readonly chiSquared: number;
  /** P of that by the chi-squared distribution of one degree of freedom; for 25 and more in all. */
  readonly chiSquaredP: number;
}

/**
 * Counts the samples that only one is right of. Frames of a video are not independent: give videos.
 *
 * @param scores Two lists, larger for fake, of the same samples.
 * @param labels 0 real, 1 fake.
 * @param options `thresholds`: one a list; scores of this or more are called fake. Default: 0, for log-odds.
 * @throws RangeError and TypeError as all metrics.
 */
export function discordance(
  scores: readonly [ArrayLike<number>, ArrayLike<number>],
  labels: ArrayLike<number>,
  { thresholds = [0, 0] }: { thresholds?: readonly [number, number] } = {},
): Discordance {
  for (const own of scores) checkScored(own, labels);
  const isRight = (k: 0 | 1, i: number) => (scores[k][i] >= thresholds[k]) === (labels[i] === 1);
  let onlyFirst = 0, onlySecond = 0;
  for (let i = 0; i < labels.length; i++) {
    const first = isRight(0, i), second = isRight(1, i);
    if (first && !second) onlyFirst++;
    if (second && !first) onlySecond++;
  }
  return { onlyFirst, onlySecond };
}

/**
 * McNemar's test (1947). Samples that both are right of, or both wrong, say nothing about which is better;
 * of the others each goes either way with probability ½ if they are equally good.
 *
 * @throws RangeError for counts that are no whole numbers from 0.
 *
 * @example
 * ```ts
 * import { mcnemarTest } from "lib/evaluation/comparison/mcnemar.ts";
 * import assert from "node:assert/strict";
 *
 * const { exact, midP } = mcnemarTest({ onlyFirst: 1, onlySecond: 5 });
 * assert.ok(Math.abs(exact - 2 * 7 / 64) < 1e-15); // one or none of six: 7 of 64 ways, on either side
 * assert.ok(Math.abs(midP - (2 * 7 / 64 - 6 / 64)) < 1e-15);
 * ```
 */
export function mcnemarTest({ onlyFirst, onlySecond }: Discordance): McNemar {
  for (const count of [onlyFirst, onlySecond]) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`Samples are counted in whole numbers from 0, not ${count}.`);
    }
  }
  const trials = onlyFirst + onlySecond, few = Math.min(onlyFirst, onlySecond);
  if (trials === 0) return { exact: 1, midP: 1, chiSquared: 0, chiSquaredP: 1 };
  const atMost = binomialHalfAtMost(few, trials);
  const atPoint = atMost - binomialHalfAtMost(few - 1, trials);
  const even = onlyFirst === onlySecond;
  const chiSquared = Math.max(0, Math.abs(onlyFirst - onlySecond) - 1) ** 2 / trials;
  return {
    exact: Math.min(1, 2 * atMost),
    midP: even ? 1 - atPoint / 2 : 2 * atMost - atPoint,
    chiSquared,
    chiSquaredP: 2 * normalTail(Math.sqrt(chiSquared)),
  };
}
