/**
 * Scaling and shifting a picture about its middle: SBI's affine step. Pixels that come from outside are
 * black, as there.
 */
import type { Mask, RgbImage } from "lib/media/image.ts";
import type { Window } from "./reframe.ts";

/** A scale about the picture's middle and a shift. */
export interface ScaleAndShift {
  /** Along x and y; 1 keeps. */
  readonly scale: readonly [number, number];
  /** To the right and downwards, as shares of width and height; not scaled. */
  readonly translate: readonly [number, number];
}

/** Where each pixel of a line comes from: x' = c + scale (x − c) + shift, c = (length − 1) / 2, undone. */
function origins(length: number, scale: number, translate: number): Float64Array {
  const middle = (length - 1) / 2, shift = translate * length;
  return Float64Array.from(
    { length },
    (_, at) => middle + (at - middle - shift) / scale,
  );
}

/**
 * The picture scaled and shifted; each pixel is the bilinear value where it comes from, rounded.
 *
 * @param window Of the result only these pixels are worked out, the others are black. Default: all.
 *
 * @example
 * ```ts
 * import { warpImage } from "lib/forgeries/blending/affine_warp.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { data: Uint8Array.of(9, 8, 7, 6, 5, 4), width: 2, height: 1 };
 * const moved = warpImage(image, { scale: [1, 1], translate: [0.5, 0] }); // one of two pixels
 * assert.deepEqual([...moved.data], [0, 0, 0, 9, 8, 7]);
 * ```
 */
export function warpImage(
  image: RgbImage,
  { scale, translate }: ScaleAndShift,
  window: Window = { left: 0, top: 0, right: image.width, bottom: image.height },
): RgbImage {
  const { data: from, width, height } = image, { left: first, right: end } = window;
  const columns = origins(width, scale[0], translate[0]);
  const rows = origins(height, scale[1], translate[1]);
  const stride = width * 3, data = new Uint8Array(from.length);
  const lefts = columns.map(Math.floor), shares = columns.map((at, x) => at - lefts[x]);
  // One row of the result at a time: first the mixture of the two rows that it lies between.
  const line = new Float64Array(stride + 6); // a black pixel at either end
  for (let y = window.top; y < window.bottom; y++) {
    const top = Math.floor(rows[y]), share = rows[y] - top;
    const above = top >= 0 && top < height ? 1 - share : 0;
    const below = top >= -1 && top < height - 1 ? share : 0;
    const a = above > 0 ? top * stride : 0, b = below > 0 ? (top + 1) * stride : 0;
    for (let i = 0; i < stride; i++) line[i + 3] = above * from[a + i] + below * from[b + i];
    for (let x = first, to = (y * width + first) * 3; x < end; x++, to += 3) {
      const left = lefts[x], part = shares[x];
      if (left < -1 || left >= width) continue;
      const at = (left + 1) * 3;
      data[to] = line[at] + part * (line[at + 3] - line[at]) + 0.5;
      data[to + 1] = line[at + 1] + part * (line[at + 4] - line[at + 1]) + 0.5;
      data[to + 2] = line[at + 2] + part * (line[at + 5] - line[at + 2]) + 0.5;
    }
  }
  return { data, width, height };
}

/** The mask scaled and shifted; each pixel is the nearest one where it comes from, 0 outside. */
export function warpMask(mask: Mask, { scale, translate }: ScaleAndShift): Mask {
  const { data: from, width, height } = mask;
  const columns = origins(width, scale[0], translate[0]).map(Math.round);
  const rows = origins(height, scale[1], translate[1]).map(Math.round);
  const data = new Uint8Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    const row = rows[y];
    for (let x = 0; x < width; x++, to++) {
      const column = columns[x];
      if (row >= 0 && row < height && column >= 0 && column < width) {
        data[to] = from[row * width + column];
      }
    }
  }
  return { data, width, height };
}
