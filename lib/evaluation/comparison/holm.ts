/** Holm's method: many tests at once, with the probability of any false alarm kept to the level. */

/**
 * The adjusted p values (Holm 1979): with p₍₁₎ ≤ … ≤ p₍ₘ₎ the i-th becomes max over j ≤ i of (m − j + 1) p₍ⱼ₎,
 * at most 1. Those at or below the level may be called differences, all together with no more than the
 * level's probability of one that is none, however the tests depend on each other.
 *
 * @param p One a test, 0 to 1, in any order.
 * @returns In the same order.
 * @throws RangeError for a p that is not from 0 to 1.
 *
 * @example
 * ```ts
 * import { holmAdjusted } from "lib/evaluation/comparison/holm.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(holmAdjusted([0.5, 0.125, 0.25]), [0.5, 0.375, 0.5]);
 * ```
 */
export function holmAdjusted(p: readonly number[]): number[] {
  const wrong = p.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) throw new RangeError(`A p value is from 0 to 1, not ${wrong}.`);
  const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((test, i) => {
    largest = Math.max(largest, Math.min(1, (p.length - i) * p[test]));
    adjusted[test] = largest;
  });
  return adjusted;
}
