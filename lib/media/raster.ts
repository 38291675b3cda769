/**
 * Pictures as floating-point numbers: the form in which manipulations warp, blur and colour them.
 */
import type { Mask, RgbImage } from "./image.ts";

/** Values in rows from the top, the channels of a pixel together. */
export interface Raster {
  /** width · height · channels values. */
  readonly data: Float32Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Values a pixel: 3 for R, G, B (0 to 255), 1 for a weight (0 to 1). */
  readonly channels: number;
}

/** A picture's R, G, B as floating-point numbers, 0 to 255. */
export function toRaster({ data, width, height }: RgbImage): Raster {
  return { data: Float32Array.from(data), width, height, channels: 3 };
}

/**
 * The bilinear value at (x, y), written to `to` from index `at` on, one number a channel. Pixel centres
 * are at halves; outside, the nearest pixel goes on.
 */
export function sample(
  { data, width, height, channels }: Raster,
  [x, y]: readonly [number, number],
  { to, at }: { to: Float32Array; at: number },
): void {
  const u = Math.min(width - 1, Math.max(0, x - 0.5));
  const v = Math.min(height - 1, Math.max(0, y - 0.5));
  const left = Math.floor(u), top = Math.floor(v), p = u - left, q = v - top;
  const right = left + 1 < width ? channels : 0, down = top + 1 < height ? width * channels : 0;
  for (let c = 0, i = (top * width + left) * channels; c < channels; c++, i++) {
    const above = data[i] + p * (data[i + right] - data[i]);
    const below = data[i + down] + p * (data[i + down + right] - data[i + down]);
    to[at + c] = above + q * (below - above);
  }
}

/**
 * Gaussian blur; at the borders the nearest pixel goes on.
 *
 * @param sigma Standard deviation in pixels; 0 copies.
 */
export function blur(raster: Raster, sigma: number): Raster {
  const { width, height, channels } = raster;
  const across = blurLines(raster.data, sigma, {
    length: width,
    step: channels,
    starts: Array.from(
      { length: height * channels },
      (_, i) => Math.floor(i / channels) * width * channels + i % channels,
    ),
  });
  const data = blurLines(across, sigma, {
    length: height,
    step: width * channels,
    starts: Array.from({ length: width * channels }, (_, i) => i),
  });
  return { ...raster, data };
}

/** Blur along lines of `length` values that are `step` apart and begin at `starts`. */
function blurLines(
  from: Float32Array,
  sigma: number,
  lines: { length: number; step: number; starts: readonly number[] },
): Float32Array {
  const { length, step, starts } = lines;
  const reach = Math.ceil(3 * sigma);
  const kernel = Float32Array.from(
    { length: 2 * reach + 1 },
    (_, i) => sigma > 0 ? Math.exp(-0.5 * ((i - reach) / sigma) ** 2) : 1,
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const to = new Float32Array(from.length), line = new Float32Array(length + 2 * reach);
  for (const start of starts) {
    for (let i = 0; i < length; i++) line[i + reach] = from[start + i * step];
    line.fill(line[reach], 0, reach);
    line.fill(line[reach + length - 1], reach + length);
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * line[i + k];
      to[start + i * step] = sum / total;
    }
  }
  return to;
}

/** (1 − weight) · below + weight · above, where the weight is the mask's value over 255. */
export function mix(below: Raster, above: Raster, mask: Mask): Raster {
  for (const { width, height } of [above, mask]) {
    if (width !== below.width || height !== below.height) {
      throw new TypeError(
        `Layers must have one size: ${width} × ${height} on ${below.width} × ${below.height}.`,
      );
    }
  }
  const data = below.data.map((value, i) => {
    const weight = mask.data[Math.floor(i / below.channels)] / 255;
    return weight === 0 ? value : value + (above.data[i] - value) * weight;
  });
  return { ...below, data };
}

/** A raster of R, G, B as a picture: values are cut to 0 to 255 and rounded. */
export function toImage({ data: values, width, height }: Raster): RgbImage {
  const data = new Uint8Array(values.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.round(Math.min(255, Math.max(0, values[i])));
  }
  return { data, width, height };
}
