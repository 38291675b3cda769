/** Whether two maps, or a detector's blocks, look at the same place. */
import { cellsOfBoth, evidenceShares, type Grid, topCells } from "./grid.ts";

/** A number for two maps, 0 to 1; null where one of them has no positive evidence. */
export type PairMeasure = (a: Grid, b: Grid) => number | null;

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
  cellsOfBoth(a, b);
  const [one, other] = [topCells(a, level), topCells(b, level)];
  if (!one || !other) return null;
  let both = 0, either = 0;
  one.forEach((inOne, i) => {
    both += inOne & other[i];
    either += inOne | other[i];
  });
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
  cellsOfBoth(a, b);
  const [one, other] = [evidenceShares(a), evidenceShares(b)];
  if (!one || !other) return null;
  return one.reduce((sum, share, i) => sum + Math.min(share, other[i]), 0);
}

/**
 * The mean of a measure over all pairs of a detector's blocks.
 *
 * @param maps One map a block.
 * @returns null where no pair has positive evidence in both maps.
 */
export function overlapOfBlocks(
  maps: readonly Grid[],
  measure: PairMeasure = evidenceOverlap,
): number | null {
  const pairs = maps.flatMap((a, i) => maps.slice(i + 1).map((b) => measure(a, b)));
  const known = pairs.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b) / known.length;
}
