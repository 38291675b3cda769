/**
 * Maps that know nothing of a picture, to set beside its own: those of other pictures, and shuffled ones.
 * What is measured on them is left to measure_parts.ts and overlap_by_level.ts.
 */
import type { Random } from "lib/random.ts";
import { otherImages, shuffledMap } from "./over_images.ts";
import type { PartMaps } from "./part_maps.ts";

/** The maps that stand in for a picture's own, one entry a picture. */
export interface ChanceMaps {
  /**
   * Each part's map, and the whole's, taken from a picture of its own: as wide and as central as this
   * detector's maps are, but of somebody else.
   */
  readonly others: readonly Pick<PartMaps, "parts" | "whole">[];
  /** The picture's own maps with their cells in a random order: as strong, but nowhere in particular. */
  readonly shuffled: readonly Pick<PartMaps, "parts" | "whole">[];
}

/**
 * Draws them for pictures of one detector.
 *
 * @param images Each picture's maps and its video; others are of other videos.
 * @param random Draws the other pictures first, then the orders; the same state gives the same maps.
 * @throws RangeError when all pictures are of one video.
 *
 * @example
 * ```ts
 * import { chanceMaps } from "lib/explain/chance_maps.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const of = (value: number) => ({ score: 0.5, explained: 0, parts: [[[value]]], whole: [[value]] });
 * const images = [{ video: "a", maps: of(1) }, { video: "b", maps: of(2) }];
 * const { others } = chanceMaps(images, createRandom(1));
 * assert.deepEqual(others.map(({ whole }) => whole), [[[2]], [[1]]]);
 * ```
 */
export function chanceMaps(
  images: readonly { readonly video: string; readonly maps: PartMaps }[],
  random: Random,
): ChanceMaps {
  const videos = images.map(({ video }) => video), n = images[0]?.maps.parts.length ?? 0;
  const elsewhere = Array.from({ length: n + 1 }, () => otherImages(videos, random));
  const others = images.map((_, i) => ({
    parts: elsewhere.slice(0, n).map((places, b) => images[places[i]].maps.parts[b]),
    whole: images[elsewhere[n][i]].maps.whole,
  }));
  const shuffled = images.map(({ maps }) => ({
    parts: maps.parts.map((map) => shuffledMap(map, random)),
    whole: shuffledMap(maps.whole, random),
  }));
  return { others, shuffled };
}
