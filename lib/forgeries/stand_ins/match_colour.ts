/**
 * Matching the colours of one face to another's: by mean and spread, and by light and shade, in
 * CIELAB.
 *
 * Reinhard et al., "Color Transfer between Images", IEEE Computer Graphics and Applications 21 (2001).
 * They use lαβ; CIELAB (D65) is used here, as it stays defined at black.
 */
import type { Mask } from "lib/media/image.ts";
import { blur, type Raster, sample } from "lib/media/raster.ts";

const toLinear = (v: number) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const fromLinear = (v: number) => v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055;
/** D65 white of sRGB. */
const WHITE = [0.95047, 1, 1.08883];
const DELTA = 6 / 29;
const bend = (t: number) => t > DELTA ** 3 ? Math.cbrt(t) : t / (3 * DELTA ** 2) + 4 / 29;
const unbend = (t: number) => t > DELTA ? t ** 3 : 3 * DELTA ** 2 * (t - 4 / 29);

/** sRGB (0 to 255; values outside are cut) to CIELAB: L 0 to 100, a and b about −100 to 100. */
export function rgbToLab(rgb: Raster): Raster {
  const data = new Float32Array(rgb.data.length);
  const linear = (v: number) => toLinear(Math.min(255, Math.max(0, v)) / 255);
  for (let i = 0; i < data.length; i += 3) {
    const r = linear(rgb.data[i]), g = linear(rgb.data[i + 1]), b = linear(rgb.data[i + 2]);
    const x = bend((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
    const y = bend((0.2126729 * r + 0.7151522 * g + 0.0721750 * b) / WHITE[1]);
    const z = bend((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / WHITE[2]);
    data[i] = 116 * y - 16;
    data[i + 1] = 500 * (x - y);
    data[i + 2] = 200 * (y - z);
  }
  return { ...rgb, data };
}

/** CIELAB to sRGB, 0 to 255; colours that sRGB does not hold are cut to it. */
export function labToRgb(lab: Raster): Raster {
  const data = new Float32Array(lab.data.length);
  const encode = (v: number) => 255 * fromLinear(Math.min(1, Math.max(0, v)));
  for (let i = 0; i < data.length; i += 3) {
    const y = (lab.data[i] + 16) / 116;
    const X = unbend(y + lab.data[i + 1] / 500) * WHITE[0];
    const Y = unbend(y) * WHITE[1];
    const Z = unbend(y - lab.data[i + 2] / 200) * WHITE[2];
    data[i] = encode(3.2404542 * X - 1.5371385 * Y - 0.4985314 * Z);
    data[i + 1] = encode(-0.9692660 * X + 1.8760108 * Y + 0.0415560 * Z);
    data[i + 2] = encode(0.0556434 * X - 0.2040259 * Y + 1.0572252 * Z);
  }
  return { ...lab, data };
}

/** Mean and standard deviation of each channel over the pixels where the mask is not 0. */
export function statistics(raster: Raster, mask: Mask): { mean: number[]; deviation: number[] } {
  const { data, channels } = raster;
  const sums = new Float64Array(channels), squares = new Float64Array(channels);
  let count = 0;
  mask.data.forEach((value, pixel) => {
    if (value === 0) return;
    count++;
    for (let c = 0; c < channels; c++) {
      const v = data[pixel * channels + c];
      sums[c] += v;
      squares[c] += v * v;
    }
  });
  if (count === 0) throw new RangeError("Statistics need a mask that is not empty.");
  const mean = [...sums].map((sum) => sum / count);
  const deviation = [...squares].map((square, c) =>
    Math.sqrt(Math.max(0, square / count - mean[c] ** 2))
  );
  return { mean, deviation };
}

/** The spread grows by no more than this factor: a dim face has only noise to stretch. */
const MOST_GAIN = 1.5;

/** The raster scaled and shifted a channel so that over the mask its mean and spread become the wanted. */
function restate(raster: Raster, mask: Mask, wanted: ReturnType<typeof statistics>): Raster {
  const { mean, deviation } = statistics(raster, mask);
  const gain = deviation.map((is, c) => is > 0 ? Math.min(MOST_GAIN, wanted.deviation[c] / is) : 1);
  const data = raster.data.map((value, i) => {
    const c = i % raster.channels;
    return (value - mean[c]) * gain[c] + wanted.mean[c];
  });
  return { ...raster, data };
}

/**
 * Reinhard's transfer: over the mask, `source` (RGB) gets the mean and standard deviation that
 * `model` (RGB) has there, channel by channel in CIELAB. The deviation grows at most 1.5-fold, and
 * colours that sRGB does not hold are cut to it.
 *
 * @throws RangeError when the mask is empty.
 */
export function transferColour(source: Raster, model: Raster, mask: Mask): Raster {
  return labToRgb(restate(rgbToLab(source), mask, statistics(rgbToLab(model), mask)));
}

/**
 * The blur of what the mask shows; pixels outside do not bleed in. A wide blur needs no fine grid: it is
 * computed on blocks of about a quarter of sigma, then interpolated.
 */
function blurInside(raster: Raster, mask: Mask, sigma: number): Raster {
  const { data, width, height, channels } = raster;
  const block = Math.max(1, Math.floor(sigma / 4));
  const wide = Math.ceil(width / block), high = Math.ceil(height / block);
  // Sums of the values and, as one channel more, how many pixels were summed.
  const sums = new Float32Array(wide * high * (channels + 1));
  mask.data.forEach((inside, pixel) => {
    if (inside === 0) return;
    const row = Math.floor(Math.floor(pixel / width) / block);
    const to = (row * wide + Math.floor(pixel % width / block)) * (channels + 1);
    for (let c = 0; c < channels; c++) sums[to + c] += data[pixel * channels + c];
    sums[to + channels]++;
  });
  const coarse = { data: sums, width: wide, height: high, channels: channels + 1 };
  const soft = blur(coarse, sigma / block);
  const here = new Float32Array(channels + 1), result = new Float32Array(data.length);
  mask.data.forEach((inside, pixel) => {
    if (inside === 0) return;
    const x = (pixel % width + 0.5) / block, y = (Math.floor(pixel / width) + 0.5) / block;
    sample(soft, [x, y], { to: here, at: 0 });
    for (let c = 0; c < channels; c++) result[pixel * channels + c] = here[c] / here[channels];
  });
  return { ...raster, data: result };
}

/**
 * Give `source` (RGB) part of the light and shade of `model` (RGB) over the mask: the difference of
 * both after a blur of `sigma` pixels is added, times `share`, in CIELAB.
 */
export function transferShading(
  source: Raster,
  model: Raster,
  options: { mask: Mask; sigma: number; share: number },
): Raster {
  const { mask, sigma, share } = options;
  const lab = rgbToLab(source);
  const is = blurInside(lab, mask, sigma).data;
  const wanted = blurInside(rgbToLab(model), mask, sigma).data;
  return labToRgb({ ...lab, data: lab.data.map((v, i) => v + share * (wanted[i] - is[i])) });
}
