/** The discrete cosine transform (type II, orthonormal) as a matrix: one product along each side of a picture. */
import * as tf from "@tensorflow/tfjs";

/**
 * D with D[u, x] = c_u cos((2 x + 1) u π / (2 size)), c_0 = √(1/size), else √(2/size): row u is a basis
 * function, and D Dᵀ = 1. The transform of a square X is D X Dᵀ, and Dᵀ Y D undoes it.
 *
 * @returns `[size, size]`.
 *
 * @example Four equal numbers are all mean
 * ```ts
 * import { cosineTransform } from "lib/networks/cosine_transform.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const spectrum = tf.matMul(cosineTransform(4), tf.ones<tf.Rank.R2>([4, 1])).dataSync();
 * [2, 0, 0, 0].forEach((value, u) => assert.ok(Math.abs(spectrum[u] - value) < 1e-6));
 * ```
 */
export function cosineTransform(size: number): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(cosines(size)), [size, size]);
}

/** The same numbers in float64, row by row. */
export function cosines(size: number): Float64Array {
  const values = new Float64Array(size * size);
  for (let u = 0; u < size; u++) {
    const scale = u === 0 ? Math.sqrt(1 / size) : Math.sqrt(2 / size);
    for (let x = 0; x < size; x++) {
      values[u * size + x] = scale * Math.cos((2 * x + 1) * u * Math.PI / (2 * size));
    }
  }
  return values;
}
