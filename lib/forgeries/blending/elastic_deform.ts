/** SBI's elastic deformation of a mask: smoothed noise says how far each pixel moves. */
import type { Mask } from "lib/media/image.ts";
import { scipyKernel } from "./gaussian_kernel.ts";
import { borderIndex, filterPlane, type Plane } from "./separable_filter.ts";

/** How noise becomes a deformation. */
export interface Elasticity {
  /** The factor in pixels. */
  readonly alpha: number;
  /** Standard deviation of the Gaussian in pixels; weights go up to 4 sigma on each side. */
  readonly sigma: number;
  /** Every how many pixels, across and down, the noise has a value; 1: each pixel. */
  readonly step: number;
}

/** Columns and rows of noise for a picture: the first value is for its first pixel, the last for its last or beyond. */
export function noiseSize(
  { width, height }: { width: number; height: number },
  { step }: Pick<Elasticity, "step">,
): { width: number; height: number } {
  const values = (length: number) => Math.ceil((length - 1) / step) + 1;
  return { width: values(width), height: values(height) };
}

/** For each pixel of a line the four values around it, and their weights (Lagrange's cubic), in a row each. */
function between(length: number, { step, values }: { step: number; values: number }) {
  const at = new Int32Array(4 * length), weights = new Float64Array(4 * length);
  for (let pixel = 0, i = 0; pixel < length; pixel++, i += 4) {
    const first = Math.floor(pixel / step), t = pixel / step - first;
    for (let k = 0; k < 4; k++) at[i + k] = Math.min(values - 1, Math.max(0, first + k - 1));
    weights[i] = -t * (1 - t) * (2 - t) / 6;
    weights[i + 1] = (1 - t * t) * (2 - t) / 2;
    weights[i + 2] = t * (1 + t) * (2 - t) / 2;
    weights[i + 3] = -t * (1 - t * t) / 6;
  }
  return { at, weights };
}

/** A smooth plane with a value for each pixel. */
function enlarged(
  { data, width: columns, height: rows }: { data: Float64Array; width: number; height: number },
  { step, width, height }: { step: number; width: number; height: number },
): Float32Array {
  const across = between(width, { step, values: columns });
  const down = between(height, { step, values: rows });
  const wide = new Float64Array(rows * width), to = new Float32Array(height * width);
  for (let row = 0, to = 0; row < rows; row++) {
    const start = row * columns, { at, weights } = across;
    for (let x = 0, i = 0; x < width; x++, i += 4, to++) {
      wide[to] = weights[i] * data[start + at[i]] + weights[i + 1] * data[start + at[i + 1]] +
        weights[i + 2] * data[start + at[i + 2]] + weights[i + 3] * data[start + at[i + 3]];
    }
  }
  for (let y = 0, i = 0, place = 0; y < height; y++, i += 4) {
    const { at, weights } = down;
    const p = weights[i], q = weights[i + 1], r = weights[i + 2], s = weights[i + 3];
    let a = at[i] * width, b = at[i + 1] * width, c = at[i + 2] * width, d = at[i + 3] * width;
    for (let x = 0; x < width; x++, place++) {
      to[place] = p * wide[a++] + q * wide[b++] + r * wide[c++] + s * wide[d++];
    }
  }
  return to;
}

/**
 * How far pixels move along one axis: noise, smoothed and multiplied.
 *
 * With a step of 1 it is `alpha * scipy.ndimage.gaussian_filter(noise, sigma)`. With a larger one, as long as
 * sigma is well above it, fields are drawn of the same distribution for a fraction of the work: a
 * smoothed field of coarser noise has the same covariance, once its factor is divided by the step, and so
 * little detail that a cubic through its values says what lies between.
 *
 * @param noise From −1 to 1, of `noiseSize`. Outside, values are reflected with the outermost ones repeated.
 * @param size The picture's.
 * @returns width · height numbers, in pixels.
 */
export function displacement(
  noise: Plane,
  { alpha, sigma, step }: Elasticity,
  size: { width: number; height: number },
): Float32Array {
  const smooth = filterPlane(noise, scipyKernel(sigma / step), "reflect"), { data } = smooth;
  for (let i = 0; i < data.length; i++) data[i] *= alpha / step;
  return step === 1 ? Float32Array.from(data) : enlarged(smooth, { step, ...size });
}

/**
 * The mask with each pixel taken from (x + dx, y + dy), the nearest pixel there; outside, the mask goes on
 * mirrored, its outermost pixels not repeated.
 */
export function deformMask(
  mask: Mask,
  { dx, dy }: { dx: Float32Array; dy: Float32Array },
): Mask {
  const { data: from, width, height } = mask;
  const data = new Uint8Array(from.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let column = Math.floor(x + dx[at] + 0.5), row = Math.floor(y + dy[at] + 0.5);
      if (column < 0 || column >= width) column = borderIndex(column, width, "reflect101");
      if (row < 0 || row >= height) row = borderIndex(row, height, "reflect101");
      data[at] = from[row * width + column];
    }
  }
  return { data, width, height };
}
