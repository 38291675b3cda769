/** The last step of SBI: the same random window around the face for all of a pair, at the old size. */
import type { Box } from "lib/media/crop.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import { resizeBilinear } from "lib/media/distortions/bilinear_resize.ts";

/** Columns and rows of pixels; right and bottom are outside. */
export interface Window {
  /** Column of the left edge. */
  readonly left: number;
  /** Row of the upper edge. */
  readonly top: number;
  /** Column after the right edge. */
  readonly right: number;
  /** Row after the lower edge. */
  readonly bottom: number;
}

/**
 * The window around a box with a margin on each side, cut to the picture, as SBI's `crop_face` finds it.
 *
 * @param margins Left, top, right, bottom, in shares of the box's width and height.
 *
 * @example
 * ```ts
 * import { windowAround } from "lib/forgeries/blending/reframe.ts";
 * import assert from "node:assert/strict";
 *
 * const window = windowAround([10, 10, 30, 20], [0.1, 0.5, 0.1, 9], { width: 99, height: 64 });
 * assert.deepEqual(window, { left: 8, top: 5, right: 33, bottom: 64 });
 * ```
 */
export function windowAround(
  [x0, y0, x1, y1]: Box,
  margins: readonly [number, number, number, number],
  { width, height }: { width: number; height: number },
): Window {
  const wide = x1 - x0, high = y1 - y0;
  return {
    left: Math.max(0, Math.trunc(x0 - margins[0] * wide)),
    top: Math.max(0, Math.trunc(y0 - margins[1] * high)),
    right: Math.min(width, Math.trunc(x1 + margins[2] * wide) + 1),
    bottom: Math.min(height, Math.trunc(y1 + margins[3] * high) + 1),
  };
}

/** The picture's part in the window, resized bilinearly to the picture's old size. */
export function reframeImage(image: RgbImage, { left, top, right, bottom }: Window): RgbImage {
  const wide = right - left, high = bottom - top, stride = wide * 3;
  const data = new Uint8Array(stride * high);
  for (let y = 0; y < high; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + stride), y * stride);
  }
  return resizeBilinear({ data, width: wide, height: high }, image);
}

/** The mask's part in the window, resized likewise; 0 only where all that is mixed is 0. */
export function reframeMask(mask: Mask, { left, top, right, bottom }: Window): Mask {
  const { data: from, width, height } = mask;
  const wide = right - left, high = bottom - top;
  /** For each place of a line of the result the two it lies between, and the second one's share. */
  const between = (length: number, span: number, start: number) => {
    const first = new Int32Array(length), second = new Int32Array(length);
    const share = new Float64Array(length);
    for (let at = 0; at < length; at++) {
      const place = (at + 0.5) * span / length - 0.5, below = Math.floor(place);
      first[at] = start + Math.max(0, below);
      second[at] = start + Math.min(span - 1, below + 1);
      share[at] = place - below;
    }
    return { first, second, share };
  };
  const across = between(width, wide, left), down = between(height, high, top);
  const data = new Uint8Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    const above = down.first[y] * width, below = down.second[y] * width, share = down.share[y];
    for (let x = 0; x < width; x++, to++) {
      const a = across.first[x], b = across.second[x], part = across.share[x];
      const upper = from[above + a] * (1 - part) + from[above + b] * part;
      const lower = from[below + a] * (1 - part) + from[below + b] * part;
      const value = upper * (1 - share) + lower * share;
      data[to] = value > 0 ? Math.max(1, Math.round(value)) : 0;
    }
  }
  return { data, width, height };
}
