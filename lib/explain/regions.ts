/**
 * How much of the picture evidence comes from, by regions that are the same whatever a detector's grid: maps
 * of 4 × 4 cells and of 16 × 16 cannot be compared cell by cell, as small cells can be more confined.
 */
import type { Mask } from "lib/media/image.ts";
import { effectiveParts } from "./balance_of_parts.ts";
import { cellsCover } from "./localisation.ts";
import { enlarge, evidenceShares, type Grid, sizeOf } from "./map_grid.ts";

/**
 * Regions along a side: the picture's sixteenths. No more than the coarsest grid that is compared has
 * cells, or that grid's cells count as several regions each: Xception's and Multi-Attentional's have 4 × 4
 * at 64 pixels. [ours]
 */
export const REGIONS_A_SIDE = 4;

/** From this share of a map's largest value on a place counts as looked at: the half-maximum area. [ours] */
const HALF = 0.5;

/** Which parts of the side's regions each of `cells` cells covers: places, and shares of the cell. */
function covered(cells: number, side: number) {
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = [cell * side / cells, (cell + 1) * side / cells];
    const regions: { region: number; part: number }[] = [];
    for (let region = Math.floor(from); region < Math.min(side, to); region++) {
      const part = (Math.min(to, region + 1) - Math.max(from, region)) / (to - from);
      if (part > 0) regions.push({ region, part });
    }
    return regions;
  });
}

/** Evidence that cancels to this share of what there was is none: the rest is rounding. */
const CANCELLED = 1e-12;

/**
 * A map's evidence by region, `side` rows of `side` numbers: the sum of its cells in each, a cell spread evenly
 * over its area. Signs are kept until then, so that evidence for and against within a region cancels, as it
 * does within the larger cells of a coarser grid. In units of the map's largest cell, without its sign: the
 * same for a map of another scale, however small or large.
 *
 * @param side Regions along a side, a whole number from 1: the picture in `side` × `side` equal rectangles.
 *
 * @example Three cells over two regions: the middle one lies in both
 * ```ts
 * import { regionEvidence } from "lib/explain/regions.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(regionEvidence([[4, 2, -1]], 2), [[0.625, 0], [0.625, 0]]);
 * ```
 */
export function regionEvidence(map: Grid, side: number = REGIONS_A_SIDE): Grid {
  if (!Number.isSafeInteger(side) || side < 1) {
    throw new RangeError(`Regions along a side are a whole number from 1, not ${side}.`);
  }
  const { width, height } = sizeOf(map);
  const [across, down] = [covered(width, side), covered(height, side)];
  const largest = map.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [sums, sizes] = [new Float64Array(side * side), new Float64Array(side * side)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const v of down[y]) {
        for (const h of across[x]) {
          const part = largest && map[y][x] / largest * v.part * h.part,
            region = v.region * side + h.region;
          sums[region] += part;
          sizes[region] += Math.abs(part);
        }
      }
    }
  }
  const kept = (sum: number, i: number) => Math.abs(sum) <= CANCELLED * sizes[i] ? 0 : sum;
  const rows = Array.from({ length: side }, (_, y) => y * side);
  const net = [...sums].map(kept);
  return rows.map((first) => net.slice(first, first + side));
}

/**
 * The effective number of regions that a detector looks at: exp(H) of the shares that regions have of what is
 * positive in `regionEvidence`, H the entropy in nats. It is the number of equally strong regions that would be as diverse (the
 * Hill number of order 1: Hill, "Diversity and evenness", Ecology 54, 1973; Jost, "Entropy and diversity",
 * Oikos 113, 2006): k for evidence spread evenly over k regions, whatever k. Order 1 weighs each region by
 * its share alone. Order 0 would count a region with a trace of evidence in full; order 2, the participation
 * ratio 1 / Σ p², speaks of the strongest and hardly of the others, and subtle clues elsewhere are what
 * the paper's claim is about. `effectiveParts` counts parts the same way.
 *
 * @param maps One map, or those of several parts: then the parts' mean share of each region, each part
 * counting the same however much evidence it has, as where every map of a figure is stretched to its own
 * largest value. Several maps have more regions together than one by chance alone.
 * @returns 1 to `side`²; null where no region of any map has positive evidence. Blind to the maps' scale.
 *
 * @example
 * ```ts
 * import { effectiveRegions } from "lib/explain/regions.ts";
 * import assert from "node:assert/strict";
 *
 * const [left, right] = [[[1, 0], [1, 0]], [[0, 5], [0, 5]]];
 * const near = (a: number | null, b: number) => assert.ok(Math.abs(a! - b) < 1e-9);
 * near(effectiveRegions([left], 2), 2);
 * near(effectiveRegions([left, left], 2), 2);
 * near(effectiveRegions([left, right], 2), 4);
 * ```
 */
export function effectiveRegions(
  maps: readonly Grid[],
  side: number = REGIONS_A_SIDE,
): number | null {
  const known = maps.map((map) => evidenceShares(regionEvidence(map, side)))
    .filter((shares) => shares !== null);
  if (known.length === 0) return null;
  const together = Array.from(
    known[0],
    (_, region) => known.reduce((sum, shares) => sum + shares[region], 0) / known.length,
  );
  return effectiveParts(together);
}

/**
 * The map with what is negative at 0: what figures show of it. By regions it is no longer what a detector of
 * larger cells has, but what the eye adds up.
 */
export const positiveCells = (map: Grid): Grid =>
  map.map((row) => row.map((value) => Math.max(0, value)));

/**
 * Share of the face where a map, by regions and enlarged to the face's size, has half of its largest value
 * or more: what is red in a figure that stretches each map.
 *
 * @param maps One map, or those of several parts: then where any of them has.
 * @param face Which pixels are the face, such as `centralFace`.
 * @returns 0 to 1; null where no region of any map has positive evidence or the face is empty. Blind to the maps' scale.
 */
export function halfPeakCover(maps: readonly Grid[], face: Mask): number | null {
  const strong = maps.map((map) => {
    const values = enlarge(positiveCells(regionEvidence(map)), face).flat();
    const largest = values.reduce((a, b) => Math.max(a, b));
    return largest > 0 ? Uint8Array.from(values, (value) => value >= HALF * largest ? 1 : 0) : null;
  });
  return cellsCover(strong, face);
}
