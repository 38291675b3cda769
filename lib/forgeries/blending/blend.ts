/** Laying one picture over another with a weight for each pixel, and the mask that says so in 8 bits. */
import type { Mask, RgbImage } from "lib/media/image.ts";
import type { Window } from "./reframe.ts";

/**
 * weight · above + (1 − weight) · below, without the fraction.
 *
 * @param weights One a pixel, 0 to 1.
 */
export function blend(below: RgbImage, above: RgbImage, weights: ArrayLike<number>): RgbImage {
  const { width, height } = below;
  const a = above.data, b = below.data, data = b.slice();
  for (let pixel = 0, i = 0; i < data.length; pixel++, i += 3) {
    const weight = weights[pixel];
    if (weight === 0) continue;
    data[i] = b[i] + weight * (a[i] - b[i]);
    data[i + 1] = b[i + 1] + weight * (a[i + 1] - b[i + 1]);
    data[i + 2] = b[i + 2] + weight * (a[i + 2] - b[i + 2]);
  }
  return { data, width, height };
}

/** Weights as a mask of 8 bits: 0 only where the weight is 0, so that nothing changes outside of it. */
export function weightsMask(
  weights: ArrayLike<number>,
  { width, height }: { width: number; height: number },
): Mask {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const weight = weights[i];
    data[i] = weight > 0 ? Math.max(1, Math.round(255 * weight)) : 0;
  }
  return { data, width, height };
}

/** The smallest window that holds all weights above 0; one without pixels where there are none. */
export function windowOf(
  weights: ArrayLike<number>,
  { width, height }: { width: number; height: number },
): Window {
  let left = width, top = height, right = 0, bottom = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (weights[i] === 0) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (top === height) top = y;
      bottom = y + 1;
    }
  }
  return { left, top, right, bottom };
}
