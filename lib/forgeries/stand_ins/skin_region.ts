/**
 * Which pixels of a face are its bare skin, and which lie before it or beside it: hair, a hand, background.
 * What is pasted, and what colours are measured on, is kept to skin.
 */
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_PARTS } from "lib/faces/landmark_numbers.ts";
import { blur, type Raster } from "lib/media/raster.ts";
import type { Mask } from "lib/media/image.ts";
import { centreOf, convexHull, scaleAbout } from "./landmark_geometry.ts";
import { fillPolygon } from "./manipulation_masks.ts";

/** Least spread of L, a and b that skin is granted: smooth skin in even light has next to none. [ours] */
const LEAST_SPREAD = [8, 4, 5];
/** A highlight is farther from the skin's lightness than a shadow may be, by this factor. [ours] */
const BRIGHTER = 2.5;
/** Pixels farther from the skin's median than this many spreads are no skin. [ours] */
const FARTHEST = 3.5;

const part = (landmarks: readonly Point[], name: keyof typeof LANDMARK_PARTS) =>
  landmarks.slice(...LANDMARK_PARTS[name]);
/** Pixels of either mask. */
const union = (a: Mask, b: Mask): Mask => ({
  ...a,
  data: a.data.map((v, i) => Math.max(v, b.data[i])),
});

/** Where parts are that look like no skin, and belong to the face. */
export interface Features {
  /** Eyes with lashes, and brows. */
  readonly eyes: Mask;
  /** Lips, and what is between them. */
  readonly mouth: Mask;
  /** The lips alone. */
  readonly lips: Mask;
  /** Eyes, mouth and nostrils. */
  readonly all: Mask;
}

/** The features of a face in a picture of a size. */
export function features(
  landmarks: readonly Point[],
  size: { width: number; height: number },
): Features {
  const grown = (points: readonly Point[], factor: number) => {
    const outline = convexHull(points);
    return fillPolygon(scaleAbout(outline, centreOf(outline), factor), size);
  };
  const eyes = [
    grown(part(landmarks, "leftEye"), 1.7),
    grown(part(landmarks, "rightEye"), 1.7),
    grown(landmarks.slice(17, 22), 1.25),
    grown(landmarks.slice(22, 27), 1.25),
  ].reduce(union);
  const mouth = grown(part(landmarks, "outerLips"), 1.25);
  const inner = fillPolygon(part(landmarks, "innerLips"), size).data;
  const outer = fillPolygon(part(landmarks, "outerLips"), size);
  const lips = { ...outer, data: outer.data.map((v, i) => inner[i] > 0 ? 0 : v) };
  return {
    eyes,
    mouth,
    lips,
    all: [eyes, mouth, grown(landmarks.slice(31, 36), 1.3)].reduce(union),
  };
}

/** The median of some numbers, which are sorted for it. */
function median(values: Float32Array): number {
  values.sort();
  return values[values.length >> 1];
}

/**
 * The pixels of a region that have the colour of this face's skin, judged by its cheeks and nose: within 3.5
 * spreads (from the median absolute deviation) of their median colour in CIELAB. Eyes, brows and lips are
 * no skin.
 *
 * @param lab The face in CIELAB.
 * @param face Its landmarks in the raster's pixels, and the region that is asked about.
 * @returns 255 for skin, else 0; the region without its features where no cheek is to be seen.
 */
export function skinRegion(
  lab: Raster,
  face: { landmarks: readonly Point[]; region: Mask },
): Mask {
  const { landmarks, region } = face, marked = features(landmarks, lab).all.data;
  const inner = [...landmarks.slice(1, 16), ...landmarks.slice(27, 36)];
  const cheeks = fillPolygon(scaleAbout(convexHull(inner), centreOf(inner), 0.7), lab).data;
  const bare = region.data.map((v, i) => marked[i] > 0 ? 0 : v);
  const places: number[] = [];
  cheeks.forEach((v, i) => v > 0 && bare[i] > 0 && places.push(i));
  if (places.length === 0) return { ...region, data: bare };
  const spreads = LEAST_SPREAD.map((least, c) => {
    const middle = median(Float32Array.from(places, (i) => lab.data[i * 3 + c]));
    const off = median(Float32Array.from(places, (i) => Math.abs(lab.data[i * 3 + c] - middle)));
    return { middle, spread: Math.max(least, 1.4826 * off) };
  });
  const data = bare.map((v, i) => {
    if (v === 0) return 0;
    const far = spreads.reduce((sum, { middle, spread }, c) => {
      const off = lab.data[i * 3 + c] - middle;
      return sum + (off / (c === 0 && off > 0 ? BRIGHTER * spread : spread)) ** 2;
    }, 0);
    return far <= FARTHEST ** 2 ? 255 : 0;
  });
  return { ...region, data };
}

/** The pixels next to a pixel, by their indices. */
function around(pixel: number, { width, height }: Mask, each: (neighbour: number) => void): void {
  if (pixel % width > 0) each(pixel - 1);
  if (pixel % width < width - 1) each(pixel + 1);
  if (pixel >= width) each(pixel - width);
  if (pixel < width * (height - 1)) each(pixel + width);
}

/** 1 for each pixel of a region that hangs together with its rim over pixels that `isOther` tells. */
function fromRim(region: Mask, isOther: (pixel: number) => boolean): Uint8Array {
  const found = new Uint8Array(region.data.length), queue: number[] = [];
  const visit = (pixel: number) => {
    if (found[pixel] === 1 || region.data[pixel] === 0 || !isOther(pixel)) return;
    found[pixel] = 1;
    queue.push(pixel);
  };
  region.data.forEach((v, pixel) => v === 0 && around(pixel, region, visit));
  for (let next = 0; next < queue.length; next++) around(queue[next], region, visit);
  return found;
}

/**
 * The region without what intrudes from its rim in any of some pictures: everything that is neither skin nor
 * a feature and hangs together with the rim, such as hair on the temples. Features always stay.
 *
 * @param skins What is skin in each picture, from `skinRegion`.
 * @param face Landmarks and region as there; `smooth`: how far, in pixels, corners are rounded off.
 */
export function withoutIntruders(
  skins: readonly Mask[],
  face: { landmarks: readonly Point[]; region: Mask; smooth: number },
): Mask {
  const { landmarks, region, smooth } = face, { width, height } = region;
  const marked = features(landmarks, region).all.data;
  const intruding = skins.map(({ data }) =>
    fromRim(region, (i) => data[i] === 0 && marked[i] === 0)
  );
  const soft = (value: (pixel: number) => boolean) => {
    const data = Float32Array.from(region.data, (v, i) => v > 0 && value(i) ? 1 : 0);
    return blur({ data, width, height, channels: 1 }, smooth).data;
  };
  // At the region's own rim the blur loses to what is outside: it is compared with the whole region's.
  const kept = soft((i) => intruding.every((found) => found[i] === 0)), whole = soft(() => true);
  return {
    ...region,
    data: region.data.map((v, i) => kept[i] > 0.5 * whole[i] || marked[i] > 0 ? v : 0),
  };
}
