/**
 * Cropping and resizing. A crop is a square in whole pixels that may leave the picture; finding the
 * faces to crop is left to detect_faces.ts.
 */
import { type Mask, rawOptions, type RgbImage } from "./image.ts";
import { resizePixels } from "./resize_pixels.ts";

/** Left, top, right, bottom in pixels; right and bottom are outside. Fractions are allowed. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** A square in whole pixels; it may leave the picture. */
export interface Square {
  /** Column of its left edge; negative outside. */
  readonly left: number;
  /** Row of its top edge; negative outside. */
  readonly top: number;
  /** Length of a side in pixels, at least 1. */
  readonly side: number;
}

/**
 * The square around a box: same centre, the box's longer side plus `margin` of that side on each
 * side, rounded to whole pixels.
 *
 * @param margin Share of the box's longer side; 0 is none, 0.15 makes the square 1.3 times as long.
 * @throws RangeError when the box has no area, or the margin is negative.
 *
 * @example
 * ```ts
 * import { squareAround } from "lib/media/crop.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(squareAround([10, 20, 30, 60], 0.25), { left: -10, top: 10, side: 60 });
 * ```
 */
export function squareAround(box: Box, margin: number): Square {
  const [x0, y0, x1, y1] = box;
  if (!(x1 > x0 && y1 > y0) || !box.every(Number.isFinite)) {
    throw new RangeError(`A box needs right > left and bottom > top, not [${box.join(", ")}].`);
  }
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(`A margin is a share of the box's side, 0 or more, not ${margin}.`);
  }
  const side = Math.max(1, Math.round(Math.max(x1 - x0, y1 - y0) * (1 + 2 * margin)));
  const left = Math.round((x0 + x1 - side) / 2), top = Math.round((y0 + y1 - side) / 2);
  return { left, top, side };
}

/**
 * Cut a square out of a picture. Where it leaves the picture, the nearest pixel of the edge goes on,
 * so that no black bars tell a detector where a face was.
 *
 * @throws RangeError when the square's side is not a positive whole number.
 */
export function cropSquare(image: RgbImage, { left, top, side }: Square): RgbImage {
  if (!Number.isSafeInteger(side) || side < 1) {
    throw new RangeError(`A crop's side is a positive whole number of pixels, not ${side}.`);
  }
  const { data: from, width, height } = image;
  const data = new Uint8Array(side * side * 3);
  for (let y = 0, to = 0; y < side; y++) {
    const row = Math.min(height - 1, Math.max(0, top + y)) * width;
    for (let x = 0; x < side; x++) {
      const at = (row + Math.min(width - 1, Math.max(0, left + x))) * 3;
      data[to++] = from[at];
      data[to++] = from[at + 1];
      data[to++] = from[at + 2];
    }
  }
  return { data, width: side, height: side };
}

/**
 * The picture at another size; proportions are not kept. Shrinking averages what falls together
 * (Lanczos, scaled to the ratio), so that it does not alias.
 *
 * @param size Whole pixels, both at least 1.
 * @throws RangeError when a side is not a positive whole number.
 */
export async function resizeImage(
  image: RgbImage | Mask,
  size: { width: number; height: number },
): Promise<RgbImage> {
  const { width, height } = size;
  if (![width, height].every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new RangeError(`A size is two positive whole numbers, not ${width} × ${height}.`);
  }
  if (width === image.width && height === image.height) {
    return { data: image.data.slice(), width, height };
  }
  const { raw } = rawOptions(image);
  return { data: await resizePixels(image.data, { from: raw, to: size }), width, height };
}

/** How a face is cut out. */
export interface CropOptions {
  /** Added on every side, as a share of the box's longer side, 0 or more. */
  readonly margin: number;
  /** Side of the result in pixels. */
  readonly size: number;
}

/**
 * A face as a square picture of `size` × `size`: the square around its box with the margin, edges
 * repeated where it leaves the picture.
 *
 * @throws RangeError for a box without area, a negative margin or a size below 1.
 */
export function cropFace(image: RgbImage, box: Box, options: CropOptions): Promise<RgbImage> {
  const { margin, size } = options;
  return resizeImage(cropSquare(image, squareAround(box, margin)), { width: size, height: size });
}

/** A point of the picture in the coordinates of a square that was cut out and resized to `size`. */
export function intoCrop(
  [x, y]: readonly [number, number],
  { left, top, side }: Square,
  size: number,
): [number, number] {
  return [(x - left) * size / side, (y - top) * size / side];
}

/** The picture with left and right exchanged. */
export function mirrorImage({ data: from, width, height }: RgbImage): RgbImage {
  const data = new Uint8Array(from.length);
  for (let to = 0; to < data.length; to += 3) {
    const column = to / 3 % width;
    const at = to + (width - 1 - 2 * column) * 3;
    data[to] = from[at];
    data[to + 1] = from[at + 1];
    data[to + 2] = from[at + 2];
  }
  return { data, width, height };
}
