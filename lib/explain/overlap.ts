/** Whether two maps, or a detector's parts, look at the same place. */
import {
  type Cells,
  evidenceShares,
  type Grid,
  requireOneSize,
  type Shares,
  topCells,
} from "./map_grid.ts";
import { meanOfKnown } from "./over_images.ts";

/** Share of all cells that count as looked at, where a level is needed. [ours] */
export const TOP_LEVEL = 0.2;

/**
 * Overlap of the strongest cells of two maps: intersection over union of their `topCells`. Two maps
 * that have nothing to do with each other share level / (2 − level) of them: 0.11 at a level of 0.2.
 *
 * @returns 0 (apart) to 1 (the same cells); null where a map has no positive evidence.
 * @throws TypeError when the maps differ in size.
 *
 * @example
 * ```ts
 * import { topOverlap } from "lib/explain/overlap.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(topOverlap([[1, 2, 0, 0]], [[0, 3, 4, 0]], 0.5), 1 / 3);
 * assert.equal(topOverlap([[1, 2, 0, 0]], [[-1, -1, -2, 0]], 0.5), null);
 * ```
 */
export function topOverlap(a: Grid, b: Grid, level: number = TOP_LEVEL): number | null {
  requireOneSize(a, b);
  return sharedCells(topCells(a, level), topCells(b, level));
}

/** Intersection over union of cells, some in each; null where one of the maps has none. */
export function sharedCells(a: Cells | null, b: Cells | null): number | null {
  if (!a || !b) return null;
  let both = 0, either = 0;
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return both / either;
}

/**
 * Overlap of the evidence of two maps, without a level: Σ min(aᵢ, bᵢ) over each map's shares of its
 * positive evidence (histogram intersection; 1 less the total variation distance).
 *
 * @returns 0 (apart) to 1 (the same, up to scale); null where a map has no positive evidence.
 * @throws TypeError when the maps differ in size.
 */
export function evidenceOverlap(a: Grid, b: Grid): number | null {
  requireOneSize(a, b);
  return sharedEvidence(evidenceShares(a), evidenceShares(b));
}

/** `evidenceOverlap` of shares; null where one of the maps has none. */
export function sharedEvidence(a: Shares | null, b: Shares | null): number | null {
  if (!a || !b) return null;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.min(a[i], b[i]);
  return sum;
}

/**
 * The mean of a measure over all pairs of a detector's parts.
 *
 * @param parts One thing a part, such as its map.
 * @param measure Of two, such as `evidenceOverlap`; null where it is undefined.
 * @returns null where it is undefined for all pairs.
 *
 * @example
 * ```ts
 * import { evidenceOverlap, meanOfPairs } from "lib/explain/overlap.ts";
 * import assert from "node:assert/strict";
 *
 * const [left, right] = [[[1, 0]], [[0, 1]]];
 * assert.equal(meanOfPairs([left, left, right], evidenceOverlap), 1 / 3);
 * ```
 */
export function meanOfPairs<Part>(
  parts: readonly Part[],
  measure: (a: Part, b: Part) => number | null,
): number | null {
  return meanOfKnown(parts.flatMap((a, i) => parts.slice(i + 1).map((b) => measure(a, b))));
}
