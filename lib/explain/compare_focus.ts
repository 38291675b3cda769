/**
 * Whether detectors look at fewer regions than another: measures of where each looks over the same pictures,
 * differences picture by picture with intervals, and what they say of a claim such as the paper's ("other
 * detection methods focus on fewer regions", supplement, on its Fig. 7).
 */
import type { Random } from "lib/random.ts";
import { centralFace, energyGain } from "./localisation.ts";
import type { MappedImage } from "./measure_parts.ts";
import { meanOfKnown, meanOverImages, type OverImages, shuffledMap } from "./over_images.ts";
import { effectiveRegions, halfPeakCover, positiveCells } from "./regions.ts";

/** What is measured of where a detector looks, for detectors of any parts and grids. */
export type FocusMeasure =
  | "regions"
  | "mapRegions"
  | "partsRegions"
  | "cover"
  | "partsCover"
  | "gain";

/** What each measure says. */
export const FOCUS: Readonly<Record<FocusMeasure, string>> = Object.freeze({
  regions: "effective number of regions of the whole detector's evidence",
  mapRegions:
    "effective number of regions of one of its maps as figures show it, mean over its maps",
  partsRegions: "effective number of regions of its maps side by side, as figures show them",
  cover: "share of the face with half of the whole evidence's peak or more",
  partsCover: "share of the face with half of some map's peak or more, as figures show them",
  gain: "evidence inside the mask, per area (1: none of it knows the mask)",
});

/**
 * The measures of one picture, in two ways. Of the whole detector: all its evidence added up, with signs, by
 * regions, which asks the same of detectors of one map and of several, and of fine grids and coarse ones.
 * Of its maps, one by one and side by side: what is positive in each cell, as figures show it. Null where there is no
 * positive evidence, or no mask.
 */
export function focusOf(
  { maps: { whole, parts }, mask, size }: Pick<MappedImage, "maps" | "mask" | "size">,
): Record<FocusMeasure, number | null> {
  const face = centralFace({ width: size, height: size }), shown = parts.map(positiveCells);
  return {
    regions: effectiveRegions([whole]),
    mapRegions: meanOfKnown(shown.map((map) => effectiveRegions([map]))),
    partsRegions: effectiveRegions(shown),
    cover: halfPeakCover([whole], face),
    partsCover: halfPeakCover(shown, face),
    gain: mask && energyGain(whole, mask),
  };
}

/** What a difference says of the claim that it is below 0. */
export type Verdict = "supported" | "contradicted" | "not told apart";

/** One measure of one detector. */
export interface FocusRow extends OverImages {
  /** Its name. */
  readonly detector: string;
  /** What was measured; `FOCUS` has it in words. */
  readonly measure: FocusMeasure;
  /** The detector's own maps, or the same with their cells in a random order. */
  readonly of: "this picture" | "shuffled cells";
}

/** How much more of a measure one detector has than another, over the pictures on which both have it. */
export interface FocusDifference extends OverImages {
  /** The one. */
  readonly detector: string;
  /** The other, which is taken off. */
  readonly against: string;
  /** What was measured. */
  readonly measure: FocusMeasure;
  /** Of the claim that the one has less. */
  readonly verdict: Verdict;
}

/**
 * Whether a difference is below 0, by its 95 % interval. `"not told apart"` where 0 is inside, or where
 * there is no interval.
 */
export function verdictOnLess({ low, high }: Pick<OverImages, "low" | "high">): Verdict {
  if (low === null || high === null) return "not told apart";
  return high < 0 ? "supported" : low > 0 ? "contradicted" : "not told apart";
}

/**
 * The verdict on "all of these have less": supported where each is (which needs no correction for asking
 * several), contradicted where one or more is contradicted.
 *
 * @throws RangeError for no differences.
 *
 * @example
 * ```ts
 * import { verdictOnAll } from "lib/explain/compare_focus.ts";
 * import assert from "node:assert/strict";
 *
 * const [less, more, open] = [[-2, -1], [1, 2], [-1, 1]].map(([low, high]) => ({ low, high }));
 * assert.equal(verdictOnAll([less, less]), "supported");
 * assert.equal(verdictOnAll([less, open]), "not told apart");
 * assert.equal(verdictOnAll([less, open, more]), "contradicted");
 * ```
 */
export function verdictOnAll(differences: readonly Pick<OverImages, "low" | "high">[]): Verdict {
  if (differences.length === 0) throw new RangeError("A verdict needs a difference or more.");
  const verdicts = differences.map(verdictOnLess);
  if (verdicts.includes("contradicted")) return "contradicted";
  return verdicts.every((verdict) => verdict === "supported") ? "supported" : "not told apart";
}

/** What is compared. */
export interface CompareFocusOptions {
  /** The detector that the others are compared with. */
  readonly against: string;
  /** Draws shuffles and bootstrap; the same state gives the same rows. */
  readonly random: Random;
}

/**
 * Measures where each detector looks, and by how much that differs from one of them.
 *
 * Intervals are the bootstrap's over videos (or faces); a difference is made picture by picture, so what a
 * picture gives to both drops out. They say what other pictures would change, and nothing of other seeds
 * of training.
 *
 * @param images The same pictures in the same order for each detector, by its name.
 * @throws RangeError for detectors of other pictures than `against`, or where it is none of them.
 *
 * @example One looks at a quarter of the picture, the other at all of it
 * ```ts
 * import { compareFocus } from "lib/explain/compare_focus.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const of = (whole: number[][]) => ["a", "b", "c"].map((video) => (
 *   { video, size: 8, mask: null, maps: { score: 0.9, explained: 2, parts: [whole], whole } }
 * ));
 * const images = { narrow: of([[1, 0], [0, 0]]), broad: of([[1, 1], [1, 1]]) };
 * const { rows, differences } = compareFocus(images, { against: "broad", random: createRandom(1) });
 * assert.ok(Math.abs(rows[0].value! - 4) < 1e-9); // of 16 regions
 * assert.ok(Math.abs(differences[0].value! + 12) < 1e-9 && differences[0].verdict === "supported");
 * ```
 */
export function compareFocus(
  images: Readonly<Record<string, readonly MappedImage[]>>,
  { against, random }: CompareFocusOptions,
): { rows: FocusRow[]; differences: FocusDifference[] } {
  if (!Object.hasOwn(images, against)) {
    const names = Object.keys(images).join(", ");
    throw new RangeError(`There is no detector "${against}" among ${names}.`);
  }
  const videos = images[against].map(({ video }) => video);
  const measures = Object.keys(FOCUS) as FocusMeasure[];
  const meanOf = (values: readonly (number | null)[]) =>
    meanOverImages(values.map((value, i) => ({ video: videos[i], value })), random);
  const found = Object.entries(images).map(([detector, own]) => {
    if (own.length !== videos.length || own.some(({ video }, i) => video !== videos[i])) {
      throw new RangeError(`${detector} was not asked about the same pictures as ${against}.`);
    }
    const shuffled = own.map((image) => ({
      ...image,
      maps: {
        ...image.maps,
        whole: shuffledMap(image.maps.whole, random),
        parts: image.maps.parts.map((map) => shuffledMap(map, random)),
      },
    }));
    return { detector, values: own.map(focusOf), shuffled: shuffled.map(focusOf) };
  });
  const base = found.find(({ detector }) => detector === against)!.values;
  return {
    rows: found.flatMap(({ detector, values, shuffled }) =>
      measures.flatMap((measure): FocusRow[] => [
        { detector, measure, of: "this picture", ...meanOf(values.map((of) => of[measure])) },
        { detector, measure, of: "shuffled cells", ...meanOf(shuffled.map((of) => of[measure])) },
      ])
    ),
    differences: found.filter(({ detector }) => detector !== against)
      .flatMap(({ detector, values }) =>
        measures.map((measure): FocusDifference => {
          const each = values.map((of, i) => {
            const [one, other] = [of[measure], base[i][measure]];
            return one === null || other === null ? null : one - other;
          });
          const difference = meanOf(each);
          return { detector, against, measure, ...difference, verdict: verdictOnLess(difference) };
        })
      ),
  };
}
