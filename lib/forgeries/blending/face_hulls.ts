/**
 * The masks that blended fakes begin with: unions of convex hulls of landmarks, in the four kinds that
 * Face X-ray's generator draws from (the kinds are those of the faceswap project).
 */
import type { Point } from "lib/faces/face.ts";
import type { Mask } from "lib/media/image.ts";
import { fillHull } from "./hull_raster.ts";

/** The kinds of masks. */
export const FACE_HULLS = ["dflFull", "components", "extended", "facehull"] as const;

/** A kind of mask: a key of `FACE_HULLS`. */
export type FaceHull = typeof FACE_HULLS[number];

/** Whole numbers from the first to the last, both included. */
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Jaw with mouth, bridge of the nose, brows with the temples. */
const DFL_FULL: readonly (readonly number[])[] = [
  [...range(0, 16), ...range(48, 67)],
  [27, 28, 29, 30, 33],
  [...range(17, 26), 0, 27, 16, 33],
];

/** Both jaws, both cheeks, the ridge of the nose, both eyes, the nose. */
const COMPONENTS: readonly (readonly number[])[] = [
  [...range(0, 8), 17],
  [...range(8, 16), 26],
  [17, 18, 19, 8],
  [24, 25, 26, 8],
  [...range(19, 24), 8],
  [...range(17, 21), 27, ...range(31, 35), 8],
  [...range(22, 26), 27, ...range(31, 35), 8],
  range(27, 35),
];

/** How many parts `facePartsMask` chooses from. */
export const FACE_PARTS: number = COMPONENTS.length;

const middle = (a: Point, b: Point): Point => [
  Math.floor((a[0] + b[0]) / 2),
  Math.floor((a[1] + b[1]) / 2),
];

/** The landmarks with each brow's points moved away from the eye, by half of what lies between. */
function raiseBrows(landmarks: readonly Point[]): Point[] {
  const left = middle(landmarks[36], middle(landmarks[36], landmarks[0]));
  const right = middle(landmarks[45], middle(landmarks[16], landmarks[45]));
  const eyes = [left, ...landmarks.slice(36, 40), ...landmarks.slice(42, 46), right];
  return landmarks.map(([x, y], i): Point => {
    if (i < 17 || i > 26) return [x, y];
    const [u, v] = eyes[i - 17];
    return [x + Math.floor((x - u) / 2), y + Math.floor((y - v) / 2)];
  });
}

const whole = (landmarks: readonly Point[]) =>
  landmarks.map(([x, y]): Point => [Math.floor(x), Math.floor(y)]);

function union(
  points: readonly Point[],
  parts: readonly (readonly number[])[],
  { width, height }: { width: number; height: number },
): Mask {
  const mask = { data: new Uint8Array(width * height), width, height };
  for (const part of parts) fillHull(mask, part.map((i) => points[i]));
  return mask;
}

/**
 * A mask of one kind: 255 inside, 0 outside.
 *
 * @param landmarks The 68, in pixels; fractions are cut off. The kind "facehull" takes more points, such
 * as those of a forehead, into its hull.
 * @param size Of the picture.
 *
 * @example
 * ```ts
 * import { faceHullMask } from "lib/forgeries/blending/face_hulls.ts";
 * import assert from "node:assert/strict";
 *
 * const ring = Array.from({ length: 68 }, (_, i) =>
 *   [16 + 9 * Math.cos(i), 16 + 9 * Math.sin(i)] as const);
 * const { data } = faceHullMask("facehull", ring, { width: 32, height: 32 });
 * assert.ok(data[16 * 32 + 16] === 255 && data[0] === 0);
 * ```
 */
export function faceHullMask(
  kind: FaceHull,
  landmarks: readonly Point[],
  size: { width: number; height: number },
): Mask {
  const points = whole(landmarks);
  if (kind === "facehull") return union(points, [range(0, points.length - 1)], size);
  if (kind === "dflFull") return union(points, DFL_FULL, size);
  return union(kind === "extended" ? raiseBrows(points) : points, COMPONENTS, size);
}

/**
 * The union of some of the eight parts of "extended", as I2G draws them; 255 inside, 0 outside.
 *
 * @param parts Which, from 0 to `FACE_PARTS` − 1.
 * @param landmarks The 68, in pixels; fractions are cut off.
 */
export function facePartsMask(
  parts: readonly number[],
  landmarks: readonly Point[],
  size: { width: number; height: number },
): Mask {
  return union(raiseBrows(whole(landmarks)), parts.map((part) => COMPONENTS[part]), size);
}
