/** The colours in which DeeperForensics takes away saturation and adds noise. */
import type { RgbImage } from "../image.ts";

/**
 * Change each pixel in "YCbCr", and cut the result to 0 to 255 without its fraction.
 *
 * The quotation marks: with R, G, B from 0 to 255,
 *
 *     Y = 0.299 R + 0.587 G + 0.114 B,   Cb = 0.564 (B − Y) + 0.5,   Cr = 0.713 (R − Y) + 0.5,
 *
 * and `change` sees (219 Y + 16) / 255, (224 Cb + 16) / 255 and (224 Cr + 16) / 255. Both steps are
 * meant for values from 0 to 1; the official code takes them on values up to 255, so that grey has a
 * chroma of 128 / 255, and chroma are from about −112 to 113. The way back is
 *
 *     R = Y + 1.403 (Cr − 0.5),   G = Y − 0.714 (Cr − 0.5) − 0.344 (Cb − 0.5),   B = Y + 1.773 (Cb − 0.5).
 *
 * @param change Gets luminance, Cb and Cr of one pixel after the other, and changes them in place.
 */
export function changeColours(image: RgbImage, change: (colour: Float64Array) => void): RgbImage {
  const { data: from, width, height } = image;
  const data = new Uint8Array(from.length), colour = new Float64Array(3);
  for (let i = 0; i < from.length; i += 3) {
    const r = from[i], g = from[i + 1], b = from[i + 2];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    colour[0] = (219 * y + 16) / 255;
    colour[1] = (224 * (0.564 * (b - y) + 0.5) + 16) / 255;
    colour[2] = (224 * (0.713 * (r - y) + 0.5) + 16) / 255;
    change(colour);
    const luminance = (255 * colour[0] - 16) / 219;
    const blue = (255 * colour[1] - 16) / 224 - 0.5, red = (255 * colour[2] - 16) / 224 - 0.5;
    data[i] = within(luminance + 1.403 * red);
    data[i + 1] = within(luminance - 0.714 * red - 0.344 * blue);
    data[i + 2] = within(luminance + 1.773 * blue);
  }
  return { data, width, height };
}

/** From 0 to 255; the array of bytes drops the fraction. */
const within = (value: number): number => Math.min(255, Math.max(0, value));
