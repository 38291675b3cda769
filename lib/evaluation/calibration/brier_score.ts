/** The Brier score, and what of it is miscalibration. */
import { probability } from "../probability.ts";
import { checkBothClasses, checkScored } from "../scored.ts";
import { pooledMeans } from "./isotonic.ts";

/**
 * Mean of (p − y)² with p the probabilities of fake that the log-odds stand for, 0 (perfect) to 1; ¼ is what
 * log-odds of 0 get (Brier 1950).
 *
 * @param logOdds One finite number a sample, above 0 for fake.
 * @param labels 0 real, 1 fake. One class alone is allowed.
 * @throws RangeError, with the reason, where it is undefined: no samples, NaN or infinity.
 * @throws TypeError for lengths that differ or labels other than 0 and 1.
 *
 * @example
 * ```ts
 * import { brierScore } from "lib/evaluation/calibration/brier_score.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(brierScore([0, Math.log(3)], [0, 1]), (0.25 + 0.0625) / 2);
 * ```
 */
export function brierScore(logOdds: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkScored(logOdds, labels);
  return meanSquare(Array.from(logOdds, probability), labels);
}

function meanSquare(p: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (p[i] - labels[i]) ** 2;
  return sum / p.length;
}

/** The Brier score in three parts: score = miscalibration − discrimination + uncertainty. */
export interface BrierParts {
  /** The whole. */
  readonly score: number;
  /** What the best monotone recalibration of the same scores would take away, 0 or more. */
  readonly miscalibration: number;
  /** How much better the recalibrated scores are than the share of fakes for every sample, 0 or more. */
  readonly discrimination: number;
  /** The score of the share of fakes for every sample: ȳ (1 − ȳ). */
  readonly uncertainty: number;
}

/**
 * The parts by the CORP decomposition (Dimitriadis, Gneiting and Jordan, PNAS 2021), which recalibrates by
 * isotonic regression and so needs no bins: with S(p) the Brier score of p, q the recalibrated p and ȳ the share
 * of fakes, miscalibration = S(p) − S(q), discrimination = S(ȳ) − S(q), uncertainty = S(ȳ).
 *
 * @throws As `brierScore`; RangeError where a class is missing, too.
 *
 * @example
 * ```ts
 * import { brierParts } from "lib/evaluation/calibration/brier_score.ts";
 * import assert from "node:assert/strict";
 *
 * const { score, miscalibration, discrimination, uncertainty } = brierParts([-1, 2, 1, 3], [0, 0, 1, 1]);
 * assert.ok(Math.abs(score - (miscalibration - discrimination + uncertainty)) < 1e-15);
 * assert.equal(uncertainty, 0.25);
 * ```
 */
export function brierParts(logOdds: ArrayLike<number>, labels: ArrayLike<number>): BrierParts {
  const { real, fake } = checkBothClasses(logOdds, labels);
  const score = brierScore(logOdds, labels);
  const recalibrated = meanSquare(pooledMeans(logOdds, labels).fitted, labels);
  const uncertainty = real * fake / (real + fake) ** 2;
  return {
    score,
    miscalibration: score - recalibrated,
    discrimination: uncertainty - recalibrated,
    uncertainty,
  };
}
