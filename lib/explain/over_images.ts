/** A measure over many pictures with its interval, and over maps that know nothing beside it. */
import { percentileInterval, resampledPlaces } from "lib/evaluation/bootstrap.ts";
import type { Random } from "lib/random.ts";
import type { Grid } from "./map_grid.ts";

/** A measure over pictures. */
export interface OverImages {
  /** Over all pictures; null where it is undefined. */
  readonly value: number | null;
  /** Lower end of the 95 % interval; null where there are too few pictures for one. */
  readonly low: number | null;
  /** Upper end of the interval. */
  readonly high: number | null;
  /** Pictures that have the measure. */
  readonly images: number;
  /** Of the 1000 resamples that the interval is made of, those left out because it is undefined there. */
  readonly undefinedResamples: number;
}

/** Times that videos are drawn for an interval. */
const RESAMPLES = 1000;

/** The mean of the numbers that are known; null where none is. */
export function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b) / known.length;
}

/** Something measured for one picture. */
export interface ImageValue {
  /** The picture's video, or face: what is drawn anew as a whole. */
  readonly video: string;
  /** Its value; null where the measure is undefined for it, as without positive evidence. */
  readonly value: number | null;
}

/**
 * The mean over the pictures that have a value, with a bootstrap interval over videos: what other
 * pictures of the same kind would change. Pictures without a value are left out and not counted.
 *
 * @example
 * ```ts
 * import { meanOverImages } from "lib/explain/over_images.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const values = [1, 2, null, 3].map((value, i) => ({ video: `${i}`, value }));
 * const { value, low, high, images } = meanOverImages(values, createRandom(1));
 * assert.ok(value === 2 && images === 3 && low! >= 1 && high! <= 3);
 * ```
 */
export function meanOverImages(values: readonly ImageValue[], random: Random): OverImages {
  const known = values.filter(({ value }) => value !== null);
  const numbers = Float64Array.from(known, ({ value }) => value!);
  const statistic = (places: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < places.length; i++) sum += numbers[places[i]];
    return places.length === 0 ? null : sum / places.length;
  };
  return overImages(known.map(({ video }) => video), { statistic, random });
}

/**
 * Any statistic over pictures, such as a correlation, with a bootstrap interval over videos. The interval
 * is that of the resamples on which the statistic is defined; how many are not is said beside it, as with
 * many of them the interval speaks for the others only.
 *
 * @param videos The video of each picture.
 * @param options `statistic`: a number from places in the list, of which some are there several times;
 * null where it is undefined. `random` draws the videos.
 */
export function overImages(
  videos: readonly string[],
  { statistic, random }: {
    statistic: (places: ArrayLike<number>) => number | null;
    random: Random;
  },
): OverImages {
  const images = videos.length;
  const value = statistic(videos.map((_, i) => i));
  const none = { value, low: null, high: null, images, undefinedResamples: 0 };
  if (value === null || new Set(videos).size < 2) return none;
  const rows = videos.map((video) => ({ video, label: 0 })), defined: number[] = [];
  for (const places of resampledPlaces(rows, { random, resamples: RESAMPLES })) {
    const resampled = statistic(places);
    if (resampled !== null) defined.push(resampled);
  }
  const undefinedResamples = RESAMPLES - defined.length;
  if (defined.length === 0) return { ...none, undefinedResamples };
  return { value, ...percentileInterval(defined), images, undefinedResamples };
}

/** The map's cells in a random order: as strong, but nowhere in particular. */
export function shuffledMap(map: Grid, random: Random): Grid {
  const width = map[0].length, cells = random.shuffle(map.flat());
  return map.map((_, y) => cells.slice(y * width, (y + 1) * width));
}

/**
 * For each picture, the place of another one of another video, drawn at random: its map has the shape
 * of a map and the habits of the detector, but knows nothing of this picture.
 *
 * @throws RangeError when all pictures are of one video.
 */
export function otherImages(videos: readonly string[], random: Random): number[] {
  if (new Set(videos).size < 2) {
    throw new RangeError("Maps of another picture need pictures of two videos or more.");
  }
  return videos.map((video) => {
    for (;;) {
      const other = random.integer(videos.length);
      if (videos[other] !== video) return other;
    }
  });
}
