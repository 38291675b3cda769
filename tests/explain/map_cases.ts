/** Maps and masks for the tests of measures. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Mask } from "lib/media/image.ts";
import type { Grid } from "lib/explain/map_grid.ts";
import type { Random } from "lib/random.ts";

/** Fails unless the number is there and within the bound. */
export function near(actual: number | null, expected: number, bound = 1e-9): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= bound,
    `${actual}, not ${expected}`,
  );
}

/** Grids of one size, signed, with many zeros and values of all magnitudes. */
export function grids(count: number): fc.Arbitrary<Grid[]> {
  const side = fc.integer({ min: 1, max: 6 });
  const cell = fc.oneof(
    fc.constant(0),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 0, max: 1e-300, noNaN: true }),
  );
  return fc.tuple(side, side).chain(([height, width]) => {
    const row = fc.array(cell, { minLength: width, maxLength: width });
    const grid = fc.array(row, { minLength: height, maxLength: height });
    return fc.array(grid, { minLength: count, maxLength: count });
  });
}

/** A square map of even noise. */
export function noise(random: Random, side: number): Grid {
  return Array.from({ length: side }, () => Array.from({ length: side }, () => random.uniform()));
}

/** A mask of rows of 0 and 1. */
export function maskOf(rows: readonly (readonly number[])[]): Mask {
  const data = Uint8Array.from(rows.flat(), (value) => 255 * value);
  return { data, width: rows[0].length, height: rows.length };
}
