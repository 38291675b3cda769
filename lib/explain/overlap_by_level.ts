/**
 * How far parts' strongest places overlap, and how much that hangs on where the line is drawn between strong
 * and weak. All measures at one level are in measure_parts.ts.
 */
import type { Random } from "lib/random.ts";
import { chanceMaps } from "./chance_maps.ts";
import { enlarge, evidenceShares, type Grid, strongestCells } from "./map_grid.ts";
import type { MappedImage, MapsOf } from "./measure_parts.ts";
import { type ImageValue, meanOverImages, type OverImages } from "./over_images.ts";
import { meanOfPairs, sharedCells } from "./overlap.ts";

/** The overlap of one kind of maps at one level. */
export interface LevelRow extends OverImages {
  /** Share of the picture that counts as looked at, above 0 up to 1. */
  readonly level: number;
  /** Whose maps. */
  readonly of: Exclude<MapsOf, "chance">;
}

/** What is asked. */
export interface LevelOptions {
  /** Shares of the picture that count as looked at, each above 0 up to 1. */
  readonly levels: readonly number[];
  /** Draws pictures, shuffles and bootstrap; the same state gives the same rows. */
  readonly random: Random;
}

/**
 * Intersection over union of two parts' strongest cells, mean over the pairs of parts and over the pictures,
 * at each level: `topOverlap` of `measureParts` is the one at a fifth, on the same maps where the same
 * state draws them. Maps that have nothing to do with each other share level / (2 − level).
 *
 * @param images Pictures of two videos or more.
 * @returns Rows by kind of maps, the detector's own first, and by level. A picture whose parts have no
 * positive evidence has no overlap and is not counted.
 * @throws RangeError for a level out of range, or when all pictures are of one video.
 *
 * @example Two parts that share one of their two strongest cells, and no other
 * ```ts
 * import { overlapByLevel } from "lib/explain/overlap_by_level.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const parts = [[[4, 3], [0, 0]], [[4, 0], [3, 0]]], whole = [[8, 3], [3, 0]];
 * const maps = { score: 0.9, explained: 2, parts, whole };
 * const images = ["a", "b"].map((video) => ({ video, maps, mask: null, size: 2 }));
 * const rows = overlapByLevel(images, { levels: [0.25, 0.5], random: createRandom(1) });
 * assert.deepEqual(rows.slice(0, 2).map(({ value }) => value), [1, 1 / 3]);
 * ```
 */
export function overlapByLevel(
  images: readonly MappedImage[],
  { levels, random }: LevelOptions,
): LevelRow[] {
  const { others, shuffled } = chanceMaps(images, random);
  const kinds: Record<LevelRow["of"], readonly { readonly parts: readonly Grid[] }[]> = {
    "this picture": images.map(({ maps }) => maps),
    "another picture": others,
    "shuffled cells": shuffled,
  };
  return Object.entries(kinds).flatMap(([of, maps]) => {
    const shares = maps.map(({ parts }, i) => {
      const pixels = { width: images[i].size, height: images[i].size };
      return parts.map((map) => {
        const of = evidenceShares(enlarge(map, pixels));
        return of && { of, rising: of.toSorted() };
      });
    });
    return levels.map((level): LevelRow => {
      const values = shares.map((each, i): ImageValue => {
        const tops = each.map((one) => one && strongestCells(one.of, level, one.rising));
        return { video: images[i].video, value: meanOfPairs(tops, sharedCells) };
      });
      return { level, of: of as LevelRow["of"], ...meanOverImages(values, random) };
    });
  });
}
