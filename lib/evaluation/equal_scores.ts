/**
 * Scores that many samples share to the last digit. Log-odds of different pictures practically never
 * agree in every digit: equal ones come of a value that stands for no answer, of the same picture read
 * again, of black frames, or of a network that saturates. They tie, and what ties is ranked by nobody.
 */

import { resized } from "lib/data/resized.ts";

/** One score with the samples that have it. */
export interface EqualScores {
  /** The log-odds. */
  readonly logOdds: number;
  /** Reals that have exactly these. */
  readonly real: number;
  /** Fakes that have exactly these. */
  readonly fake: number;
  /** All reals with a score. */
  readonly reals: number;
  /** All fakes with a score. */
  readonly fakes: number;
}

/**
 * The scores that two samples or more have, the most frequent first; of equally frequent ones the higher.
 *
 * @example
 * ```ts
 * import { equalScores } from "lib/evaluation/equal_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [0, 0, 0, 1.5].map((logOdds, i) => ({ label: i % 2, logOdds }));
 * assert.deepEqual(equalScores(rows), [{ logOdds: 0, real: 2, fake: 1, reals: 2, fakes: 2 }]);
 * ```
 */
export function equalScores(
  rows: Iterable<{ readonly label: number; readonly logOdds: number }>,
): EqualScores[] {
  const all = [0, 1].map(() => new Float64Array(1 << 10)), counts = [0, 0];
  for (const { label, logOdds } of rows) {
    const place = counts[label]++;
    if (place === all[label].length) all[label] = resized(all[label], 2 * place);
    all[label][place] = 0 + logOdds; // −0 is 0
  }
  const [real, fake] = all.map((own, label) => own.subarray(0, counts[label]).sort());
  const equal: EqualScores[] = [];
  for (let r = 0, f = 0; r < real.length || f < fake.length;) {
    const [firstReal, firstFake] = [r, f];
    const isReal = f === fake.length || real[r] <= fake[f] || r < real.length && isNaN(fake[f]);
    const logOdds = isReal ? real[r] : fake[f]; // NaN is the last of those that are sorted
    while (Object.is(real[r], logOdds)) r++;
    while (Object.is(fake[f], logOdds)) f++;
    const own = { real: r - firstReal, fake: f - firstFake };
    if (own.real + own.fake < 2) continue;
    equal.push({ logOdds, ...own, reals: real.length, fakes: fake.length });
  }
  return equal.sort((a, b) => b.real + b.fake - a.real - a.fake || b.logOdds - a.logOdds);
}

/**
 * Those that are so frequent that something is wrong: more than 1 % of all samples, and 20 or more.
 *
 * @param equal As `equalScores` gives them.
 * @param samples How many samples there are.
 */
export function suspiciousScores(equal: readonly EqualScores[], samples: number): EqualScores[] {
  return equal.filter(({ real, fake }) => real + fake >= 20 && real + fake > samples / 100);
}
