/** Median and spread of repeated measurements. */
import { quantile } from "lib/evaluation/quantile.ts";

/** Five numbers that describe a sample. */
export interface Summary {
  /** Smallest value. */
  readonly min: number;
  /** A quarter of the values lie below. */
  readonly lower: number;
  /** Half of the values lie below. */
  readonly median: number;
  /** Three quarters of the values lie below. */
  readonly upper: number;
  /** Largest value. */
  readonly max: number;
}

/**
 * The five-number summary; quantiles are interpolated linearly between the two nearest values (type
 * 7 of Hyndman and Fan 1996, the default of NumPy and R).
 *
 * @throws RangeError for an empty sample or one that holds something other than finite numbers.
 *
 * @example
 * ```ts
 * import { summarise } from "lib/tasks/bench/statistics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(summarise([4, 1, 3, 2]), { min: 1, lower: 1.75, median: 2.5, upper: 3.25, max: 4 });
 * ```
 */
export function summarise(values: readonly number[]): Summary {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new RangeError(`A summary needs one or more finite numbers, not [${values.join(", ")}].`);
  }
  const sorted = values.toSorted((a, b) => a - b);
  return {
    min: sorted[0]!,
    lower: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upper: quantile(sorted, 0.75),
    max: sorted.at(-1)!,
  };
}
