/** Erosion and dilation of masks by squares. What lies outside of the picture takes no part. */
import type { Mask } from "lib/media/image.ts";

/** For each pixel whether a square around it holds only set pixels ("all") or one at least ("some"). */
function squares({ data: from, width, height }: Mask, side: number, kind: "all" | "some"): Mask {
  const reach = (side - 1) / 2;
  const across = new Uint8Array(from.length), data = new Uint8Array(from.length);
  const sums = new Int32Array(Math.max(width, height) + 1);
  const pass = (
    source: Uint8Array,
    to: Uint8Array,
    line: { start: number; step: number; length: number },
  ) => {
    const { start, step, length } = line;
    for (let i = 0, at = start; i < length; i++, at += step) {
      sums[i + 1] = sums[i] + (source[at] === 0 ? 0 : 1);
    }
    for (let i = 0, at = start; i < length; i++, at += step) {
      const first = Math.max(0, i - reach), past = Math.min(length, i + reach + 1);
      const set = sums[past] - sums[first];
      to[at] = set > 0 && (kind === "some" || set === past - first) ? 255 : 0;
    }
  };
  for (let y = 0; y < height; y++) pass(from, across, { start: y * width, step: 1, length: width });
  for (let x = 0; x < width; x++) pass(across, data, { start: x, step: width, length: height });
  return { data, width, height };
}

/**
 * 255 where all pixels of the mask in the square around are set, as `cv2.erode` with a square of ones.
 *
 * @param side Of the square in pixels, odd.
 *
 * @example
 * ```ts
 * import { dilate, erode } from "lib/forgeries/blending/morphology.ts";
 * import assert from "node:assert/strict";
 *
 * const line = { data: Uint8Array.of(255, 255, 255, 0, 0), width: 5, height: 1 };
 * assert.deepEqual([...erode(line, 3).data], [255, 255, 0, 0, 0]);
 * assert.deepEqual([...dilate(line, 3).data], [255, 255, 255, 255, 0]);
 * ```
 */
export function erode(mask: Mask, side: number): Mask {
  return squares(mask, side, "all");
}

/** 255 where a pixel of the mask in the square around is set, as `cv2.dilate` with a square of ones. */
export function dilate(mask: Mask, side: number): Mask {
  return squares(mask, side, "some");
}
