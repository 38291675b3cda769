/** The kernels of Gaussian blurs: OpenCV's by their side, SciPy's by their deviation. */

/** OpenCV's small kernels for "automatic" sigma, in 1/256. */
const FIXED: Readonly<Record<number, readonly number[]>> = {
  1: [256],
  3: [64, 128, 64],
  5: [16, 64, 96, 64, 16],
  7: [8, 28, 56, 72, 56, 28, 8],
  9: [4, 13, 30, 51, 60, 51, 30, 13, 4],
};

function normal(reach: number, sigma: number): Float64Array {
  const kernel = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, i) => Math.exp(-0.5 * ((i - reach) / sigma) ** 2),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return kernel.map((weight) => weight / total);
}

/**
 * The weights of `cv2.getGaussianKernel`.
 *
 * @param side Odd number of weights.
 * @param sigma In pixels; 0 is "automatic": 0.3 ((side − 1) / 2 − 1) + 0.8, and up to side 9 fixed weights.
 *
 * @example
 * ```ts
 * import { opencvKernel } from "lib/forgeries/blending/gaussian_kernel.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...opencvKernel(3, 0)], [0.25, 0.5, 0.25]);
 * ```
 */
export function opencvKernel(side: number, sigma: number): Float64Array {
  const fixed = FIXED[side];
  if (sigma <= 0 && fixed) return Float64Array.from(fixed, (weight) => weight / 256);
  return normal((side - 1) / 2, sigma > 0 ? sigma : 0.3 * ((side - 1) * 0.5 - 1) + 0.8);
}

/** The weights of `scipy.ndimage.gaussian_filter`: up to four sigma on each side. */
export function scipyKernel(sigma: number): Float64Array {
  return normal(Math.floor(4 * sigma + 0.5), sigma);
}
