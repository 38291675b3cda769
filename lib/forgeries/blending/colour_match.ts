/**
 * The ways in which generators of blended fakes make a foreground's colours those of the background, in 8
 * bits as they do. The stand-ins' own transfer is stand_ins/match_colour.ts's.
 */
import type { Mask, RgbImage } from "lib/media/image.ts";
import { toImage, toRaster } from "lib/media/raster.ts";
import { labToRgb, rgbToLab } from "../stand_ins/match_colour.ts";

/**
 * "mean": the mean of R, G, B over the mask (Face X-ray's generator, I2G). "meanAndDeviation": their
 * standard deviations too (DeepfakeBench). "reinhard": mean and deviation of CIELAB in 8 bits, over the
 * whole pictures.
 */
export type ColourMatch = "mean" | "meanAndDeviation" | "reinhard";

/** Mean and population standard deviation of three channels over the pixels that count. */
function statistics(values: ArrayLike<number>, counts: (pixel: number) => boolean) {
  const mean = [0, 0, 0], deviation = [0, 0, 0];
  let pixels = 0;
  for (let pixel = 0; pixel * 3 < values.length; pixel++) {
    if (!counts(pixel)) continue;
    pixels++;
    for (let c = 0; c < 3; c++) mean[c] += values[pixel * 3 + c];
  }
  for (let c = 0; c < 3; c++) mean[c] /= pixels;
  for (let pixel = 0; pixel * 3 < values.length; pixel++) {
    if (!counts(pixel)) continue;
    for (let c = 0; c < 3; c++) deviation[c] += (values[pixel * 3 + c] - mean[c]) ** 2;
  }
  return { mean, deviation: deviation.map((sum) => Math.sqrt(sum / pixels)), pixels };
}

/** CIELAB as 8 bits keep it: L over 0 to 255, a and b from −128. */
function labBytes(image: RgbImage): Uint8Array {
  const { data } = rgbToLab(toRaster(image));
  const byte = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return Uint8Array.from(data, (v, i) => byte(i % 3 === 0 ? v * 255 / 100 : v + 128));
}

/** Reinhard's transfer as generators write it: fractions are cut off before the way back to RGB. */
function reinhard(foreground: RgbImage, background: RgbImage): RgbImage {
  const lab = labBytes(foreground), always = () => true;
  const is = statistics(lab, always), wanted = statistics(labBytes(background), always);
  const data = Float32Array.from(lab, (value, i) => {
    const c = i % 3, gain = is.deviation[c] > 0 ? wanted.deviation[c] / is.deviation[c] : 1;
    const cut = (value - is.mean[c]) * gain + wanted.mean[c];
    const byte = Math.floor(Math.min(255, Math.max(0, cut)));
    return c === 0 ? byte * 100 / 255 : byte - 128;
  });
  const { width, height } = foreground;
  return toImage(labToRgb({ data, width, height, channels: 3 }));
}

/**
 * The foreground in the background's colours. Values are cut to 0 to 255, without the fraction; "mean" and
 * "meanAndDeviation" change what the mask shows, "reinhard" everything.
 *
 * @param mask Where colours are compared; not 0 somewhere.
 * @throws RangeError when the mask is empty.
 *
 * @example
 * ```ts
 * import { matchColours } from "lib/forgeries/blending/colour_match.ts";
 * import assert from "node:assert/strict";
 *
 * const grey = { data: Uint8Array.of(100, 100, 100, 120, 120, 120), width: 2, height: 1 };
 * const red = { data: Uint8Array.of(200, 10, 10, 200, 10, 10), width: 2, height: 1 };
 * const mask = { data: Uint8Array.of(255, 255), width: 2, height: 1 };
 * const { data } = matchColours(grey, red, { mask, match: "mean" });
 * assert.deepEqual([...data], [190, 0, 0, 210, 20, 20]);
 * ```
 */
export function matchColours(
  foreground: RgbImage,
  background: RgbImage,
  { mask, match }: { mask: Mask; match: ColourMatch },
): RgbImage {
  if (match === "reinhard") return reinhard(foreground, background);
  const inside = (pixel: number) => mask.data[pixel] !== 0;
  const is = statistics(foreground.data, inside), wanted = statistics(background.data, inside);
  if (is.pixels === 0) throw new RangeError("Colours cannot be compared under an empty mask.");
  const data = foreground.data.slice();
  const gain = is.deviation.map((own, c) =>
    match === "meanAndDeviation" && own > 0 ? wanted.deviation[c] / own : 1
  );
  for (let pixel = 0, i = 0; i < data.length; pixel++) {
    for (let c = 0; c < 3; c++, i++) {
      if (!inside(pixel)) continue;
      data[i] = Math.min(255, Math.max(0, (data[i] - is.mean[c]) * gain[c] + wanted.mean[c]));
    }
  }
  return { ...foreground, data };
}
