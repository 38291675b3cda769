/** What studies say with: means over seeds with Student's intervals, and differences of two rows seed by seed. */

/** One run in one flat row: plain numbers under short names; `null` where a row has no such number. */
export type ResultRow = Readonly<Record<string, string | number | null>>;

/** A mean with its 95 % interval. */
export interface Interval {
  /** Mean. */
  readonly mean: number;
  /** Half the width of the interval: t · s / √count; `undefined` for fewer than two values. */
  readonly half: number | undefined;
  /** Standard deviation, with count − 1; `undefined` for fewer than two values. */
  readonly deviation: number | undefined;
  /** How many values. */
  readonly count: number;
}

/** Student's t at 97.5 % for 1 to 30 degrees of freedom; beyond, the normal's 1.96 is near enough. */
// deno-fmt-ignore
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
  2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/**
 * Mean and 95 % interval by Student's t.
 *
 * @throws RangeError when there are no values.
 *
 * @example
 * ```ts
 * import { intervalOf } from "lib/studies/paired_differences.ts";
 * import assert from "node:assert/strict";
 *
 * const { mean, half } = intervalOf([0.1, 0.2, 0.3]);
 * assert.ok(Math.abs(mean - 0.2) < 1e-12);
 * assert.ok(Math.abs(half! - 4.303 * 0.1 / Math.sqrt(3)) < 1e-3);
 * ```
 */
export function intervalOf(values: readonly number[]): Interval {
  const count = values.length;
  if (count === 0) throw new RangeError("An interval needs at least one value.");
  const mean = values.reduce((a, b) => a + b) / count;
  if (count === 1) return { mean, half: undefined, deviation: undefined, count };
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (count - 1));
  return {
    mean,
    half: (T_975[count - 2] ?? 1.96) * deviation / Math.sqrt(count),
    deviation,
    count,
  };
}

/** Which two rows are compared, on which number. */
export interface Comparison {
  /** The row that is changed. */
  readonly with: string;
  /** The row it is compared to. */
  readonly without: string;
  /** Column of the number; default `"shifted"`. */
  readonly of?: string;
  /** Only this setting; default: all. */
  readonly setting?: string;
}

/**
 * Differences of two rows, pair by pair of the same setting and seed: what differs between seeds, the
 * pictures and the first weights, drops out.
 *
 * @returns One difference a pair, in the table's order.
 */
export function pairedDifferences(
  table: readonly ResultRow[],
  { with: changed, without: base, of = "shifted", setting }: Comparison,
): number[] {
  const key = (row: ResultRow) => `${row.setting} ${row.seed}`;
  const bases = new Map(table.filter(({ row }) => row === base).map((row) => [key(row), row]));
  return table.filter((row) => row.row === changed && (!setting || row.setting === setting))
    .flatMap((row) => {
      const a = row[of], b = bases.get(key(row))?.[of];
      return typeof a === "number" && typeof b === "number" ? [a - b] : [];
    });
}
