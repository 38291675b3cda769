/**
 * Detectors that were trained with several seeds: how far the difference of two methods may be from its value
 * on other videos and with other seeds.
 */
import type { TestedDifference } from "./auc_covariance.ts";
import { studentTail, tailBeginning } from "./tail_probabilities.ts";

/** A difference of two methods over their seeds. */
export interface SeedDifference extends TestedDifference {
  /** The part of the variance that other seeds make, 0 to 1; NaN where nothing varies. */
  readonly seedShare: number;
  /** Degrees of freedom of Student's distribution that interval and test rest on. */
  readonly degrees: number;
}

/**
 * The difference of two methods' means over seeds, with two sources of variance: which videos there are, and
 * with which seed each detector was trained. With s² the variance of a method's values over its S seeds and v
 * that of the difference of the means over videos, its seeds held fixed,
 *
 *     variance = v + s₁²/S₁ + s₂²/S₂,
 *
 * and Student's distribution has Welch and Satterthwaite's degrees of freedom. What seeds and videos do
 * together is counted in both terms, so the interval is a little too wide rather than too narrow. A method
 * with one seed adds nothing: then the result holds for the detectors that there are, not for the methods.
 *
 * @param values The metric of each seed's detector on the same samples, a list a method.
 * @param videos `variance` of the difference of means over videos, such as that of a bootstrap's
 * differences; `degrees`: videos of the smaller class, less one.
 * @param options `level`: default 0.95.
 * @throws RangeError for a method without values, or where a difference has no variance.
 *
 * @example
 * ```ts
 * import { seedDifference } from "lib/evaluation/comparison/seed_difference.ts";
 * import assert from "node:assert/strict";
 *
 * const aucs = [[0.90, 0.92, 0.91], [0.88, 0.93, 0.89]] as const;
 * const { difference, low, high } = seedDifference(aucs, { variance: 1e-4, degrees: 49 });
 * assert.ok(Math.abs(difference - 0.01) < 1e-12 && low < 0 && high > 0.02);
 * ```
 */
export function seedDifference(
  values: readonly [readonly number[], readonly number[]],
  videos: { readonly variance: number; readonly degrees: number },
  { level = 0.95 }: { level?: number } = {},
): SeedDifference {
  const methods = values.map((own) => {
    if (own.length === 0) throw new RangeError("A method without a value cannot be compared.");
    const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
    const squares = own.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    const variance = own.length === 1 ? 0 : squares / (own.length - 1) / own.length;
    return { mean, variance, degrees: own.length - 1 };
  });
  const parts = [...methods, videos].filter(({ variance }) => variance > 0);
  const variance = parts.reduce((sum, part) => sum + part.variance, 0);
  const difference = methods[0].mean - methods[1].mean;
  if (variance === 0 && difference !== 0) {
    throw new RangeError(
      "The difference varies neither from video to video nor from seed to seed: there is no test for it.",
    );
  }
  if (variance === 0) {
    return { difference, low: 0, high: 0, p: 1, seedShare: NaN, degrees: Infinity };
  }
  const degrees = variance ** 2 /
    parts.reduce((sum, part) => sum + part.variance ** 2 / part.degrees, 0);
  const deviation = Math.sqrt(variance), tail = (t: number) => studentTail(t, degrees);
  const reach = deviation * tailBeginning(tail, (1 - level) / 2);
  return {
    difference,
    low: difference - reach,
    high: difference + reach,
    p: Math.min(1, 2 * tail(Math.abs(difference) / deviation)),
    seedShare: (methods[0].variance + methods[1].variance) / variance,
    degrees,
  };
}
