/** Making a picture sharper or coarser as SBI does, in 8 bits. */
import type { RgbImage } from "lib/media/image.ts";
import { resizeBilinear } from "lib/media/distortions/bilinear_resize.ts";
import { borderIndex } from "./separable_filter.ts";

/** More than single precision loses in nine sums of up to some thousands. */
const NEAR_HALF = 0.005;

/**
 * A mixture of the picture and its edges, as albumentations' `Sharpen`: the middle pixel of 3 × 3 counts
 * 1 − alpha + alpha (8 + lightness), each other one −alpha. Outside, the picture goes on mirrored, its
 * outermost pixels not repeated.
 *
 * @param options `alpha` from 0 (nothing changes) to 1; `lightness` 1 keeps the mean, less is darker.
 */
export function sharpen(
  { data: from, width, height }: RgbImage,
  { alpha, lightness }: { alpha: number; lightness: number },
): RgbImage {
  const middle = Math.fround(Math.fround(1 - alpha) + Math.fround(alpha * (8 + lightness)));
  const around = -Math.fround(alpha);
  const stride = width * 3, data = new Uint8ClampedArray(from.length); // rounds, halves to the even one
  const add = (sum: number, weight: number, value: number) => Math.fround(sum + weight * value);
  const befores = new Int32Array(stride), afters = new Int32Array(stride);
  for (let i = 0; i < stride; i++) {
    const x = Math.floor(i / 3), c = i % 3;
    befores[i] = borderIndex(x - 1, width, "reflect101") * 3 + c;
    afters[i] = borderIndex(x + 1, width, "reflect101") * 3 + c;
  }
  const three = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    const above = borderIndex(y - 1, height, "reflect101") * stride;
    const here = y * stride, below = borderIndex(y + 1, height, "reflect101") * stride;
    for (let i = 0; i < stride; i++) three[i] = from[above + i] + from[here + i] + from[below + i];
    for (let i = 0; i < stride; i++) {
      const left = befores[i], right = afters[i], value = from[here + i];
      let sum = middle * value + around * (three[left] + three[i] + three[right] - value);
      if (Math.abs(sum - Math.floor(sum) - 0.5) < NEAR_HALF) {
        // Halves are frequent. OpenCV adds products one by one in single precision, which decides.
        sum = add(add(0, around, from[above + left]), around, from[above + i]);
        sum = add(add(sum, around, from[above + right]), around, from[here + left]);
        sum = add(add(sum, middle, value), around, from[here + right]);
        sum = add(add(sum, around, from[below + left]), around, from[below + i]);
        sum = add(sum, around, from[below + right]);
      }
      data[here + i] = sum;
    }
  }
  return { data: new Uint8Array(data.buffer), width, height };
}

/**
 * The picture at a half or quarter of its size by leaving out pixels, and back by bilinear resizing.
 *
 * @param ratio How many times smaller, 1 or more.
 */
export function coarsen(image: RgbImage, ratio: number): RgbImage {
  const { data: from, width, height } = image;
  const wide = Math.max(1, Math.floor(width / ratio)),
    high = Math.max(1, Math.floor(height / ratio));
  const data = new Uint8Array(wide * high * 3);
  for (let y = 0, to = 0; y < high; y++) {
    const row = Math.floor(y * height / high) * width;
    for (let x = 0; x < wide; x++, to += 3) {
      const at = (row + Math.floor(x * width / wide)) * 3;
      data[to] = from[at];
      data[to + 1] = from[at + 1];
      data[to + 2] = from[at + 2];
    }
  }
  return resizeBilinear({ data, width: wide, height: high }, { width, height });
}
