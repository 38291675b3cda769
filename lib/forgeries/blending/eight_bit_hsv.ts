/**
 * Hue, saturation and value in 8 bits as OpenCV keeps them, and the change that albumentations 1.1.0
 * makes there. The way there and back alone changes four colours in five: what went it carries a mark.
 * The way back is in single precision, a product and a sum rounded at once, and drops the fraction.
 */
import type { RgbImage } from "lib/media/image.ts";

/** OpenCV divides by multiplying with these, 12 bits after the point. */
const BITS = 12, ROUND = 1 << (BITS - 1);
const byValue = Int32Array.from({ length: 256 }, (_, v) => v && Math.round((255 << BITS) / v));
const byRange = Int32Array.from(
  { length: 256 },
  (_, r) => r && Math.round((180 << BITS) / (6 * r)),
);

/** One byte's new value each: hue goes round at 180, the others end at 0 and 255. */
function shifted(shift: number, kind: "round" | "ends"): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const sum = value + shift;
    return kind === "round" ? ((sum % 180) + 180) % 180 : Math.min(255, Math.max(0, sum));
  });
}

/** For each of 180 hues: sixth of the circle, and how far in it, in single precision. */
const sixth = new Uint8Array(256), within = new Float32Array(256);
for (let hue = 0; hue < 256; hue++) {
  const at = Math.fround(hue * Math.fround(6 / 180));
  sixth[hue] = Math.floor(at) % 6;
  within[hue] = Math.fround(at - Math.floor(at));
}

const SINGLE = Math.fround(1 / 255);

/**
 * Shift hue, saturation and value of a picture in 8 bits.
 *
 * @param shift Hue in steps of 2 degrees (it has 180), saturation and value in levels. Fractions are cut
 * off after adding: anything from 0 to below 1 changes nothing more than the way there and back does,
 * anything from −1 to below 0 is one step less.
 *
 * @example Pure colours survive the way there and back, most others do not
 * ```ts
 * import { shiftHsv } from "lib/forgeries/blending/eight_bit_hsv.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { data: Uint8Array.of(0, 255, 0, 17, 33, 200), width: 2, height: 1 };
 * assert.deepEqual([...shiftHsv(image, [0, 0, 0]).data], [0, 255, 0, 17, 35, 200]);
 * ```
 */
export function shiftHsv(image: RgbImage, shift: readonly [number, number, number]): RgbImage {
  const hues = shifted(shift[0], "round");
  const saturations = shifted(shift[1], "ends"), values = shifted(shift[2], "ends");
  const from = image.data, data = new Uint8Array(from.length);
  for (let i = 0; i < data.length; i += 3) {
    const r = from[i], g = from[i + 1], b = from[i + 2];
    const most = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const least = r < g ? (r < b ? r : b) : (g < b ? g : b);
    const spread = most - least;
    const s = saturations[(spread * byValue[most] + ROUND) >> BITS];
    const turn = most === r ? g - b : most === g ? b - r + 2 * spread : r - g + 4 * spread;
    const degrees = (turn * byRange[spread] + ROUND) >> BITS;
    const hue = hues[degrees < 0 ? degrees + 180 : degrees], v = values[most];
    if (s === 0) {
      data[i] = data[i + 1] = data[i + 2] = v;
      continue;
    }
    const saturation = Math.fround(s * SINGLE), value = Math.fround(v * SINGLE);
    const part = within[hue];
    const low = Math.fround(255 * Math.fround(value * Math.fround(1 - saturation)));
    const falling = Math.fround(255 * Math.fround(value * Math.fround(1 - saturation * part)));
    const rising = Math.fround(
      255 * Math.fround(value * Math.fround(1 - saturation * Math.fround(1 - part))),
    );
    switch (sixth[hue]) {
      case 0:
        data[i] = v, data[i + 1] = rising, data[i + 2] = low;
        break;
      case 1:
        data[i] = falling, data[i + 1] = v, data[i + 2] = low;
        break;
      case 2:
        data[i] = low, data[i + 1] = v, data[i + 2] = rising;
        break;
      case 3:
        data[i] = low, data[i + 1] = falling, data[i + 2] = v;
        break;
      case 4:
        data[i] = rising, data[i + 1] = low, data[i + 2] = v;
        break;
      default:
        data[i] = v, data[i + 1] = low, data[i + 2] = falling;
    }
  }
  return { ...image, data };
}
