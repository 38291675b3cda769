/**
 * All measures of where a detector's parts look, over many pictures, each beside what maps get that
 * know nothing. How a measure is computed stands in overlap.ts, localisation.ts, balance_of_parts.ts.
 */
import type { Mask } from "lib/media/image.ts";
import type { Random } from "lib/random.ts";
import { effectiveParts, repetition } from "./balance_of_parts.ts";
import { chanceMaps } from "./chance_maps.ts";
import type { PartMaps } from "./part_maps.ts";
import { enlarge, evidenceShares, type Grid, strongestCells } from "./map_grid.ts";
import {
  areaOf,
  cellsCover,
  centralFace,
  peakInside,
  perArea,
  sharesInside,
} from "./localisation.ts";
import {
  type ImageValue,
  meanOfKnown,
  meanOverImages,
  type OverImages,
  overImages,
} from "./over_images.ts";
import { meanOfPairs, sharedCells, sharedEvidence, TOP_LEVEL } from "./overlap.ts";

/** A picture's maps with what is known about it. */
export interface MappedImage {
  /** Its video, or face: pictures of one are drawn together when intervals are made. */
  readonly video: string;
  /** Its maps. */
  readonly maps: PartMaps;
  /** Where it was changed; null for a real picture, or where nobody knows. */
  readonly mask: Mask | null;
  /** Side of the picture in pixels. */
  readonly size: number;
}

/** Whose maps were measured: the detector's own, or those of a kind that knows nothing. */
export type MapsOf =
  | "this picture"
  | "another picture"
  | "shuffled cells"
  | "chance";

/** One measure of one kind of maps. */
export interface MeasureRow extends OverImages {
  /** What was measured; `MEASURES` has it in words. */
  readonly measure: Measure;
  /** Whose maps. */
  readonly of: MapsOf;
}

/** The measures' names. */
export type Measure =
  | "topOverlap"
  | "evidenceOverlap"
  | "coverage"
  | "partsPoint"
  | "wholePoints"
  | "partsGain"
  | "wholeGain"
  | "effectiveParts"
  | "repetition";

/** What each measure says. */
export const MEASURES: Readonly<Record<Measure, string>> = Object.freeze({
  topOverlap: "overlap of two parts' strongest fifths (intersection over union)",
  evidenceOverlap: "overlap of two parts' evidence (histogram intersection)",
  coverage: "share of the face in some part's strongest fifth",
  partsPoint: "share of parts whose strongest place is inside the mask",
  wholePoints: "the whole's strongest place is inside the mask",
  partsGain: "evidence of parts inside the mask, per area (1: none of it knows the mask)",
  wholeGain: "evidence of the whole inside the mask, per area",
  effectiveParts: "effective number of parts by their shares of the evidence",
  repetition: "correlation of two parts' evidence over pictures",
});

/** A part's evidence: the sum of its map. */
const sum = (map: Grid) => map.flat().reduce((a, b) => a + b, 0);

/** Measures of one picture; those that a kind of maps does not have are left out. */
type Values = Partial<Record<Measure, number | null>>;

/** What is measured for a picture alone, from maps on its own grid. */
function measuresOf(
  { parts, whole }: Pick<PartMaps, "parts" | "whole">,
  { mask, size }: MappedImage,
): Values {
  const pixels = { width: size, height: size };
  const ofWhole = evidenceShares(enlarge(whole, pixels));
  const shares = parts.map((map) => evidenceShares(enlarge(map, pixels)));
  const tops = shares.map((each) => each && strongestCells(each, TOP_LEVEL));
  return {
    topOverlap: meanOfPairs(tops, sharedCells),
    evidenceOverlap: meanOfPairs(shares, sharedEvidence),
    coverage: cellsCover(tops, centralFace(pixels)),
    partsPoint: mask && meanOfKnown(shares.map((each) => peakInside(each, mask))),
    wholePoints: mask && peakInside(ofWhole, mask),
    partsGain: mask && meanOfKnown(shares.map((each) => perArea(sharesInside(each, mask), mask))),
    wholeGain: mask && perArea(sharesInside(ofWhole, mask), mask),
  };
}

/** Shares of n parts drawn evenly from all there are: what an effective number means without a detector. */
function evenShares(n: number, random: Random): number[] {
  return Array.from({ length: n }, () => -Math.log(1 - random.uniform()));
}

/** The maps of each picture taken from others, and all that is measured for each picture and kind. */
function kindsOfMaps(images: readonly MappedImage[], random: Random) {
  const n = images[0]?.maps.parts.length ?? 0, { others, shuffled } = chanceMaps(images, random);
  const chance = images.map(({ mask }): Values => ({
    partsPoint: mask && areaOf(mask),
    wholePoints: mask && areaOf(mask),
    partsGain: mask && 1,
    wholeGain: mask && 1,
    effectiveParts: effectiveParts(evenShares(n, random)),
  }));
  const own = images.map((image): Values => ({
    ...measuresOf(image.maps, image),
    effectiveParts: effectiveParts(image.maps.parts.map(sum)),
  }));
  const kinds: Record<MapsOf, Values[]> = {
    "this picture": own,
    "another picture": images.map((image, i) => measuresOf(others[i], image)),
    "shuffled cells": images.map((image, i) => measuresOf(shuffled[i], image)),
    chance,
  };
  return { others, kinds };
}

/**
 * Measures the maps of many pictures of one kind, such as fakes.
 *
 * Beside each measure of the maps stand those of maps that know nothing: **another picture**, each
 * part's map taken from a picture of its own (as wide and as central as this detector's maps are, but
 * of somebody else); **shuffled cells** (as strong, but nowhere in particular); **chance**, what follows
 * without maps: the mask's area for pointing, 1 for a gain, shares drawn evenly for the number of parts.
 *
 * @param images Pictures of two videos or more.
 * @param random Draws pictures, shuffles and bootstrap; the same state gives the same rows.
 * @returns Rows by measure, the detector's own first. Measures that need a mask are null without one.
 *
 * @example Two pictures whose two parts look left and right
 * ```ts
 * import { measureParts } from "lib/explain/measure_parts.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const parts = [[[1, 0], [1, 0]], [[0, 1], [0, 1]]], whole = [[1, 1], [1, 1]];
 * const maps = { score: 0.9, explained: 2, parts, whole };
 * const images = ["a", "b"].map((video) => ({ video, maps, mask: null, size: 2 }));
 * const [{ measure, of, value }] = measureParts(images, createRandom(1));
 * assert.deepEqual([measure, of, value], ["topOverlap", "this picture", 0]);
 * ```
 */
export function measureParts(images: readonly MappedImage[], random: Random): MeasureRow[] {
  const videos = images.map(({ video }) => video);
  const { others, kinds } = kindsOfMaps(images, random);
  const rows = (Object.keys(MEASURES) as Measure[]).flatMap((measure) =>
    Object.entries(kinds).flatMap(([of, values]): MeasureRow[] => {
      const each = values.flatMap((ofPicture, i): ImageValue[] => {
        const value = ofPicture[measure];
        return value === undefined ? [] : [{ video: videos[i], value }];
      });
      if (each.length === 0) return [];
      return [{ measure, of: of as MapsOf, ...meanOverImages(each, random) }];
    })
  );
  const ofParts = (parts: readonly Grid[]) => parts.map(sum);
  for (
    const [of, lines] of [
      ["this picture", images.map(({ maps }) => ofParts(maps.parts))],
      ["another picture", others.map(({ parts }) => ofParts(parts))],
    ] as const
  ) {
    const statistic = (places: ArrayLike<number>) =>
      repetition(Array.from(places, (i) => lines[i]));
    rows.push({ measure: "repetition", of, ...overImages(videos, { statistic, random }) });
  }
  return rows;
}
