/** Whether a detector's parts all have a say, and whether they say the same. */

/**
 * The effective number of parts of one picture: exp(H) of their shares of the evidence, sizes without
 * signs, with H the entropy in nats. n when all n have equal say, 1 when one has it all. Shares that
 * are drawn evenly from all there are have an exp(H) of 3.0 on average for n = 4.
 *
 * @param evidence What each part adds to the explained number, in its unit; the sum of its map.
 * @returns 1 to n; null where no part says anything.
 *
 * @example
 * ```ts
 * import { effectiveParts } from "lib/explain/balance_of_parts.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(effectiveParts([0, -3, 0]), 1);
 * assert.ok(Math.abs(effectiveParts([2, -2, 2, 2])! - 4) < 1e-12);
 * ```
 */
export function effectiveParts(evidence: readonly number[]): number | null {
  const sizes = finite(evidence).map(Math.abs);
  const largest = Math.max(0, ...sizes);
  if (largest === 0) return null;
  const scaled = sizes.map((size) => size / largest);
  const total = scaled.reduce((a, b) => a + b);
  const entropy = scaled.map((size) => size / total)
    .reduce((sum, p) => p === 0 ? sum : sum - p * Math.log(p), 0);
  return Math.exp(entropy);
}

/**
 * Share of the evidence, without signs, that the loudest part has: 1/n when all are equal, to 1.
 *
 * @returns null where no part says anything.
 */
export function largestShare(evidence: readonly number[]): number | null {
  const sizes = finite(evidence).map(Math.abs);
  const largest = Math.max(0, ...sizes);
  return largest === 0 ? null : largest / sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * How far parts repeat one another: Pearson's correlation of two parts' evidence over pictures, mean
 * over all pairs of parts. 1: what one says, the others say; 0: what parts say of one picture and of
 * another has nothing in common. Give it pictures of one class: that fakes have more evidence than
 * real pictures would else count as repetition.
 *
 * @param evidence One line a picture, one number a part.
 * @returns −1 to 1; null for fewer than two parts or pictures, or where no pair of parts varies.
 */
export function repetition(evidence: readonly (readonly number[])[]): number | null {
  const count = evidence[0]?.length ?? 0;
  if (evidence.some((line) => line.length !== count)) {
    throw new TypeError("Each picture has the evidence of the same parts.");
  }
  const parts = Array.from({ length: count }, (_, b) => finite(evidence.map((line) => line[b])));
  const values = parts.flatMap((a, i) => parts.slice(i + 1).map((b) => correlation(a, b)))
    .filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((a, b) => a + b) / values.length;
}

/**
 * Pearson's correlation.
 *
 * @returns −1 to 1; null where one of the lists does not vary.
 */
export function correlation(a: readonly number[], b: readonly number[]): number | null {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [x, y] = [centred(a), centred(b)];
  const product = (u: readonly number[], v: readonly number[]) =>
    u.reduce((sum, value, i) => sum + value * v[i], 0);
  const [ofX, ofY] = [product(x, x), product(y, y)];
  // A constant list is not quite constant once its mean, which is rounded, is taken off.
  if (ofX <= 1e-28 * product(a, a) || ofY <= 1e-28 * product(b, b)) return null;
  return Math.max(-1, Math.min(1, product(x, y) / Math.sqrt(ofX) / Math.sqrt(ofY)));
}

function finite(numbers: readonly number[]): readonly number[] {
  const bad = numbers.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`Evidence is a finite number, not ${bad}.`);
  return numbers;
}
