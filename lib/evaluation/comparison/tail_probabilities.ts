/** Tails of the normal, Student's and the binomial distribution, and where a tail of a given size begins. */

/** ln Γ(x) for x above 0, by Lanczos' approximation (g = 7, nine terms), to about 1e-15 of its size. */
function logGamma(x: number): number {
  const terms = [
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  const base = x + 6.5;
  const sum = terms.reduce((total, term, i) => i === 0 ? term : total + term / (x + i - 1));
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

/** A continued fraction b₀ + a₁/(b₁ + a₂/(b₂ + …)), by the modified Lentz method. */
function continuedFraction(term: (i: number) => { a: number; b: number }): number {
  const away = (value: number) => Math.abs(value) < 1e-300 ? 1e-300 : value;
  let value = away(term(0).b), c = value, d = 0;
  for (let i = 1; i < 10_000; i++) {
    const { a, b } = term(i);
    d = 1 / away(b + a * d);
    c = away(b + a / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return value;
}

/** The regularised incomplete beta function I_x(a, b), 0 to 1 (Abramowitz and Stegun 26.5.8). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a); // where the fraction is slow
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) +
    a * Math.log(x) + b * Math.log1p(-x);
  const fraction = continuedFraction((i) => {
    if (i === 0) return { a: 0, b: 1 };
    const m = Math.floor(i / 2);
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    return { a: i % 2 === 1 ? odd : even, b: 1 };
  });
  return Math.exp(logFront) / (a * fraction);
}

/**
 * The share of a standard normal distribution above z, by the series of erf near 0 and the continued
 * fraction of erfc beyond (Abramowitz and Stegun 7.1.6 and 7.1.14), to about 13 digits however small.
 *
 * @example
 * ```ts
 * import { normalTail } from "lib/evaluation/comparison/tail_probabilities.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(normalTail(0), 0.5);
 * assert.ok(Math.abs(normalTail(1.959963984540054) - 0.025) < 1e-15);
 * ```
 */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const x = z / Math.SQRT2;
  if (x < 2) {
    let term = x, sum = x;
    for (let n = 1; term > 1e-18 * sum; n++) sum += term *= 2 * x * x / (2 * n + 1);
    return 0.5 - Math.exp(-x * x) * sum / Math.sqrt(Math.PI);
  }
  const fraction = continuedFraction((i) => ({ a: i / 2, b: x }));
  return Math.exp(-x * x) / (2 * Math.sqrt(Math.PI) * fraction);
}

/** The share of Student's distribution above t; `degrees` of freedom above 0, whole or not, or Infinity. */
export function studentTail(t: number, degrees: number): number {
  if (t < 0) return 1 - studentTail(-t, degrees);
  if (degrees === Infinity) return normalTail(t);
  return 0.5 * incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The probability of `successes` or fewer in `trials` of which each is one with probability ½. */
export function binomialHalfAtMost(successes: number, trials: number): number {
  if (successes < 0) return 0;
  return successes >= trials ? 1 : incompleteBeta(0.5, trials - successes, successes + 1);
}

/**
 * Where a tail that falls from ½ at 0 has the size `share`, by halving.
 *
 * @param share Above 0, at most ½.
 * @example
 * ```ts
 * import { normalTail, tailBeginning } from "lib/evaluation/comparison/tail_probabilities.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(tailBeginning(normalTail, 0.025) - 1.959963984540054) < 1e-12);
 * ```
 */
export function tailBeginning(tail: (z: number) => number, share: number): number {
  if (!(share > 0 && share <= 0.5)) throw new RangeError(`A tail of ${share} is not in (0, 0.5].`);
  let low = 0, high = 1;
  while (tail(high) > share && high < 1e15) high *= 2;
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (tail(middle) > share) low = middle;
    else high = middle;
  }
  return high;
}
