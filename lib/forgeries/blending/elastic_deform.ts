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

/** For each pixel of a line the four values around it, and their weights (Lagrange's cubic). */
function between(length: number, { step, values }: { step: number; values: number }) {
  return Array.from({ length }, (_, pixel) => {
    const first = Math.floor(pixel / step), t = pixel / step - first;
    const at = [-1, 0, 1, 2].map((i) => Math.min(values - 1, Math.max(0, first + i)));
    const weights = [
      -t * (1 - t) * (2 - t) / 6,
      (1 - t * t) * (2 - t) / 2,
      t * (1 + t) * (2 - t) / 2,
      -t * (1 - t * t) / 6,
    ];
    return { at, weights };
  });
}

/** A smooth plane with a value for each pixel. */
function enlarged(
  { data, width: columns, height: rows }: Plane,
  { step, width, height }: { step: number; width: number; height: number },
): Float32Array {
  const across = between(width, { step, values: columns });
  const down = between(height, { step, values: rows });
  const wide = new Float32Array(rows * width), to = new Float32Array(height * width);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let x = 0; x < width; x++, i++) {
      const { at: [a, b, c, d], weights: [p, q, r, s] } = across[x], start = row * columns;
      wide[i] = p * data[start + a] + q * data[start + b] + r * data[start + c] +
        s * data[start + d];
    }
  }
  for (let y = 0, i = 0; y < height; y++) {
    const { at, weights: [p, q, r, s] } = down[y];
    const [a, b, c, d] = at.map((row) => row * width);
    for (let x = 0; x < width; x++, i++) {
      to[i] = p * wide[a + x] + q * wide[b + x] + r * wide[c + x] + s * wide[d + x];
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
  const smooth = filterPlane(noise, scipyKernel(sigma / step), "reflect"), factor = alpha / step;
  const values = Float32Array.from(smooth.data, (value) => factor * value);
  return step === 1 ? values : enlarged({ ...smooth, data: values }, { step, ...size });
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
      let column = Math.round(x + dx[at]), row = Math.round(y + dy[at]);
      if (column < 0 || column >= width) column = borderIndex(column, width, "reflect101");
      if (row < 0 || row >= height) row = borderIndex(row, height, "reflect101");
      data[at] = from[row * width + column];
    }
  }
  return { data, width, height };
}
