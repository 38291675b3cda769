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

/**
 * sRGB (0 to 255; values outside are cut) to CIELAB: L 0 to 100, a and b about −100 to 100.
 *
 * @param where Only pixels where this mask is not 0; the others become 0. Default: all.
 */
export function rgbToLab(rgb: Raster, where?: Mask): Raster {
  const data = new Float32Array(rgb.data.length);
  const linear = (v: number) => toLinear(Math.min(255, Math.max(0, v)) / 255);
  for (let i = 0; i < data.length; i += 3) {
    if (where?.data[i / 3] === 0) continue;
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

/**
 * CIELAB to sRGB, 0 to 255; colours that sRGB does not hold are cut to it.
 *
 * @param where Only pixels where this mask is not 0; the others become black. Default: all.
 */
export function labToRgb(lab: Raster, where?: Mask): Raster {
  const data = new Float32Array(lab.data.length);
  const encode = (v: number) => 255 * fromLinear(Math.min(1, Math.max(0, v)));
  for (let i = 0; i < data.length; i += 3) {
    if (where?.data[i / 3] === 0) continue;
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
  for (let pixel = 0; pixel < mask.data.length; pixel++) {
    if (mask.data[pixel] === 0) continue;
    count++;
    for (let c = 0; c < channels; c++) {
      const v = data[pixel * channels + c];
      sums[c] += v;
      squares[c] += v * v;
    }
  }
  if (count === 0) throw new RangeError("Statistics need a mask that is not empty.");
  const mean = [...sums].map((sum) => sum / count);
  const deviation = [...squares].map((square, c) =>
    Math.sqrt(Math.max(0, square / count - mean[c] ** 2))
  );
  return { mean, deviation };
}

/**
 * The spread of a channel changes by at least and at most these factors, that of lightness by these times
 * what a change of light alone would do: a dim face has only noise to stretch, and where chroma is
 * stretched eyes turn red. [ours]
 */
const LEAST_GAIN = 0.6, MOST_GAIN = 1.2;

/** Where something is measured in each of two pictures, such as on bare skin. */
export interface Measured {
  /** In the picture that is changed; not 0 where it counts. */
  readonly source: Mask;
  /** In the picture that it is matched to. */
  readonly model: Mask;
}

/**
 * The weight of a change of a or b: nothing for grey, whole from half the mean's distance from grey on. A
 * change that suits lips would colour teeth. [ours]
 */
const chromaWeight = (value: number, mean: number) =>
  Math.abs(mean) < 2 ? 1 : Math.min(1, Math.abs(2 * value / mean));

/**
 * Reinhard's transfer: `source` gets the mean and standard deviation of `model`, channel by channel; both are
 * CIELAB. The deviation changes by no more than `LEAST_GAIN` and `MOST_GAIN`. The change is the same
 * everywhere, also outside of the masks.
 *
 * @param options `masks`: where mean and deviation are measured. `keepsGrey`: what is nearer to grey than
 * half the mean keeps part of its own chroma, such as teeth between lips. Default false.
 * @throws RangeError when a mask is empty.
 */
export function transferColour(
  source: Raster,
  model: Raster,
  options: { masks: Measured; keepsGrey?: boolean },
): Raster {
  const { masks, keepsGrey = false } = options;
  const is = statistics(source, masks.source), wanted = statistics(model, masks.model);
  // Light that is k times as strong takes L + 16 times the cube root of k, for all L alike.
  const light = (wanted.mean[0] + 16) / (is.mean[0] + 16);
  const gain = is.deviation.map((deviation, c) => {
    const base = c === 0 ? Math.min(1, light) : 1;
    const exact = deviation > 0 ? wanted.deviation[c] / deviation : 1;
    return Math.min(MOST_GAIN * base, Math.max(LEAST_GAIN * base, exact));
  });
  const data = new Float32Array(source.data.length);
  for (let i = 0; i < data.length; i++) {
    const c = i % 3, value = source.data[i], to = (value - is.mean[c]) * gain[c] + wanted.mean[c];
    const weight = keepsGrey && c > 0 ? chromaWeight(value, is.mean[c]) : 1;
    data[i] = value + weight * (to - value);
  }
  return { ...source, data };
}

/**
 * Beyond `from` deviations above the model's mean lightness only a `part` of what a highlight has stays, and
 * within `fade` more of lightness its chroma becomes the mean's. [ours]
 */
const GLARE = { from: 1.5, part: 0.2, fade: 8 };

/**
 * The raster (CIELAB) with its highlights held to those of the model: a face in hard light would bring white
 * patches into soft light.
 *
 * @param mask Where the model's colours are measured.
 */
export function dampHighlights(source: Raster, model: Raster, mask: Mask): Raster {
  const { mean, deviation } = statistics(model, mask), data = source.data.slice();
  const most = mean[0] + GLARE.from * deviation[0];
  for (let i = 0; i < data.length; i += 3) {
    const over = data[i] - most;
    if (over <= 0) continue;
    data[i] = most + GLARE.part * over;
    const share = Math.min(1, over / GLARE.fade);
    for (let c = 1; c < 3; c++) data[i + c] += share * (mean[c] - data[i + c]);
  }
  return { ...source, data };
}

/**
 * The blur of what the mask shows; pixels outside do not bleed in. Pixels near it get what is near them, those
 * far from it the mean. A wide blur needs no fine grid: it is computed on blocks of about a quarter of sigma,
 * then interpolated.
 *
 * @param options `mask`: where values are known. `where`: where the blur is wanted; 0 elsewhere.
 */
function blurInside(
  raster: Raster,
  options: { mask: Mask; where: Mask; sigma: number },
): Raster {
  const { data, width, height, channels } = raster, { mask, where, sigma } = options;
  const { mean } = statistics(raster, mask);
  const block = Math.max(1, Math.floor(sigma / 4));
  const wide = Math.ceil(width / block), high = Math.ceil(height / block);
  // Sums of the values' distance from the mean and, as one channel more, how many pixels were summed.
  const sums = new Float32Array(wide * high * (channels + 1));
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (mask.data[pixel] === 0) continue;
    const row = Math.floor(Math.floor(pixel / width) / block);
    const to = (row * wide + Math.floor(pixel % width / block)) * (channels + 1);
    for (let c = 0; c < channels; c++) sums[to + c] += data[pixel * channels + c] - mean[c];
    sums[to + channels]++;
  }
  const coarse = { data: sums, width: wide, height: high, channels: channels + 1 };
  const soft = blur(coarse, sigma / block);
  const little = block * block / 1000;
  const here = new Float32Array(channels + 1), result = new Float32Array(data.length);
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (where.data[pixel] === 0) continue;
    const x = (pixel % width + 0.5) / block, y = (Math.floor(pixel / width) + 0.5) / block;
    sample(soft, [x, y], { to: here, at: 0 });
    const weight = here[channels] + little;
    for (let c = 0; c < channels; c++) result[pixel * channels + c] = mean[c] + here[c] / weight;
  }
  return { ...raster, data: result };
}

/**
 * Give `source` part of the light and shade of `model`; both are CIELAB. The difference of both after a blur
 * of `sigma` pixels is added, times `share` to L and whole to a and b. The chroma's blur is a third as wide, so
 * that coloured light on one of them leaves no stains; what is darker than skin, such as pupils and lashes,
 * gets less chroma.
 *
 * @param options `masks`: where light and shade are measured; beside them they are continued. `where`: what
 * is to change.
 * @throws RangeError when a mask is empty.
 */
export function transferShading(
  source: Raster,
  model: Raster,
  options: { masks: Measured; where: Mask; sigma: number; share: number },
): Raster {
  const { masks, where, sigma, share } = options;
  const difference = (radius: number) => {
    const is = blurInside(source, { mask: masks.source, where, sigma: radius }).data;
    return blurInside(model, { mask: masks.model, where, sigma: radius }).data
      .map((v, i) => v - is[i]);
  };
  const wide = difference(sigma), narrow = difference(sigma / 3), data = source.data.slice();
  const { mean: [mean], deviation: [deviation] } = statistics(source, masks.source);
  const darkest = Math.max(1, mean - 2.5 * deviation);
  for (let i = 0; i < data.length; i += 3) {
    if (where.data[i / 3] === 0) continue;
    const weight = Math.min(1, Math.max(0, data[i] / darkest));
    data[i] += share * wide[i];
    data[i + 1] += weight * narrow[i + 1];
    data[i + 2] += weight * narrow[i + 2];
  }
  return { ...source, data };
}
