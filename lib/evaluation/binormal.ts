/**
 * Scores that an AUC could come from: reals and fakes normal with one variance, as far apart as the AUC says.
 * For what a published AUC means where nothing but it was published.
 */
import type { Random } from "lib/random.ts";
import { normalTail, tailBeginning } from "./comparison/tail_probabilities.ts";

/** @throws RangeError for an AUC that no distance gives. */
function checked(auc: number): number {
  if (auc > 0 && auc < 1) return auc;
  throw new RangeError(`An AUC between 0 and 1, without the ends, is wanted, not ${auc}.`);
}

/**
 * How far apart the means of fakes and reals are, in standard deviations: d′ = √2·Φ⁻¹(AUC) (Green and Swets
 * 1966). Negative for an AUC below ½.
 *
 * @throws RangeError for an AUC of 0, of 1 or outside.
 *
 * @example
 * ```ts
 * import { separationOf } from "lib/evaluation/binormal.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(separationOf(0.7602499389065233) - 1) < 1e-9); // Φ(1/√2)
 * ```
 */
export function separationOf(auc: number): number {
  const tail = Math.min(checked(auc), 1 - auc), z = tailBeginning(normalTail, tail);
  return Math.SQRT2 * (auc < 0.5 ? -z : z);
}

/**
 * The equal error rate of such scores, Φ(−d′/2): at the threshold half-way as many reals are called fake as
 * fakes real.
 *
 * @throws RangeError as `separationOf`.
 */
export function equalErrorOf(auc: number): number {
  return normalTail(separationOf(auc) / 2);
}

/**
 * Draws scores with such an AUC in expectation; reals first.
 *
 * @param counts How many reals and fakes.
 * @throws RangeError as `separationOf`.
 */
export function drawBinormal(
  auc: number,
  { reals, fakes, random }: {
    readonly reals: number;
    readonly fakes: number;
    readonly random: Random;
  },
): { readonly scores: Float64Array; readonly labels: Uint8Array } {
  const apart = separationOf(auc), labels = new Uint8Array(reals + fakes).fill(1, reals);
  const scores = Float64Array.from(labels, (label) => random.normal() + label * apart);
  return { scores, labels };
}
