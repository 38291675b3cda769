/**
 * Changes of colour in 8 bits as albumentations 1.1.0 makes them: by tables of 256 values in single
 * precision, fractions cut off. Hue and saturation are eight_bit_hsv.ts's.
 */
import type { RgbImage } from "lib/media/image.ts";

/** What a byte becomes, for all 256; cut to 0 to 255, without the fraction. */
function table(change: (value: number) => number): Uint8Array {
  return Uint8Array.from(
    { length: 256 },
    (_, value) => Math.min(255, Math.max(0, Math.fround(change(value)))),
  );
}

/**
 * Each channel a constant lighter or darker.
 *
 * @param shift Of red, green and blue, in levels; fractions count.
 *
 * @example
 * ```ts
 * import { shiftRgb } from "lib/forgeries/blending/eight_bit_colour.ts";
 * import assert from "node:assert/strict";
 *
 * const { data } = shiftRgb({ data: Uint8Array.of(5, 100, 250), width: 1, height: 1 }, [-9, 1.9, 9]);
 * assert.deepEqual([...data], [0, 101, 255]);
 * ```
 */
export function shiftRgb(image: RgbImage, shift: readonly [number, number, number]): RgbImage {
  const [red, green, blue] = shift.map((s) => table((value) => value + Math.fround(s)));
  const from = image.data, data = new Uint8Array(from.length);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red[from[i]];
    data[i + 1] = green[from[i + 1]];
    data[i + 2] = blue[from[i + 2]];
  }
  return { ...image, data };
}

/** contrast · value + 255 · brightness for each value. */
export function brightnessContrast(
  image: RgbImage,
  { brightness, contrast }: { brightness: number; contrast: number },
): RgbImage {
  const factor = Math.fround(contrast), more = Math.fround(brightness * 255);
  const values = table((value) => Math.fround(value * factor) + more);
  const from = image.data, data = new Uint8Array(from.length);
  for (let i = 0; i < data.length; i++) data[i] = values[from[i]];
  return { ...image, data };
}
