/** Comparison of measured quantities in the tests of lib/information. */
import assert from "node:assert/strict";

/** Fails unless the numbers agree within `tolerance`, 1e-12 unless said, or are both infinite. */
export function near(actual: number, expected: number, tolerance = 1e-12) {
  assert(
    actual === expected || Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}
