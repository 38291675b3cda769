/** Quantiles of a sample. */

/**
 * The value below which a share of the sample lies, interpolated linearly between the two nearest
 * (type 7 of Hyndman and Fan 1996, the default of NumPy and R).
 *
 * @param sorted At least one finite number, in rising order.
 * @param share 0 (the smallest) to 1 (the largest); 0.5 is the median.
 * @throws RangeError for an empty sample or a share outside 0 to 1.
 *
 * @example
 * ```ts
 * import { quantile } from "lib/evaluation/quantile.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([0.25, 0.5, 0.75].map((q) => quantile([1, 2, 3, 4], q)), [1.75, 2.5, 3.25]);
 * ```
 */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) throw new RangeError("An empty sample has no quantiles.");
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`A quantile's share is from 0 to 1, not ${share}.`);
  }
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
