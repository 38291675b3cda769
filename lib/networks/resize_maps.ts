/**
 * Resizing of maps as products with matrices: differentiable as it is, while TensorFlow.js's own gradient
 * of bilinear resizing leaves half-pixel centres out of account, and it has no adaptive pooling.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Where new pixels lie: `"corners"`: the outermost pixels' centres stay the outermost (PyTorch's
 * `align_corners=True`); `"areas"`: pixels are areas, and the edges of the picture stay (PyTorch's default).
 */
export type PixelPlaces = "corners" | "areas";

/**
 * How much each old pixel of a side counts in a new one, row by row: `[to, from]`, rows adding up to 1.
 *
 * @param to Pixels of the new side.
 */
export function linearShares(
  from: number,
  { to, places }: { to: number; places: PixelPlaces },
): tf.Tensor2D {
  const values = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const exact = places === "corners"
      ? (to === 1 ? 0 : i * (from - 1) / (to - 1))
      : Math.max(0, (i + 0.5) * from / to - 0.5);
    const low = Math.min(Math.floor(exact), from - 1), high = Math.min(low + 1, from - 1);
    values[i * from + low] += 1 - (exact - low);
    values[i * from + high] += exact - low;
  }
  return tf.tensor2d(values, [to, from]);
}

/** Means over equal shares of a side, which overlap where `to` does not divide it. */
function meanShares(from: number, to: number): tf.Tensor2D {
  const values = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const first = Math.floor(i * from / to), past = Math.ceil((i + 1) * from / to);
    values.fill(1 / (past - first), i * from + first, i * from + past);
  }
  return tf.tensor2d(values, [to, from]);
}

/**
 * A map whose rows, and then columns, are sums of the old ones.
 *
 * @param x `[batch, height, width, channels]`.
 * @param shares `[to, side]` of a side in pixels: what each old row, or column, counts in a new one.
 * @returns `[batch, to, to, channels]`.
 */
export function resizeByShares(
  x: tf.Tensor4D,
  shares: (side: number) => tf.Tensor2D,
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const product = (matrix: tf.Tensor2D, y: tf.Tensor) =>
      tf.matMul(matrix, tf.reshape<tf.Rank.R2>(y, [matrix.shape[1], -1]));
    const [down, across] = [shares(height), shares(width)];
    const [rows, columns] = [down.shape[0], across.shape[0]];
    const byRow = product(down, tf.transpose(x, [1, 0, 2, 3]));
    const byColumn = tf.transpose(tf.reshape(byRow, [rows, batch, width, channels]), [2, 0, 1, 3]);
    const resized = tf.reshape(product(across, byColumn), [columns, rows, batch, channels]);
    return tf.transpose(resized, [2, 1, 0, 3]) as tf.Tensor4D;
  });
}

/**
 * A map at another size; nothing is smoothed before it is made smaller.
 *
 * @param x `[batch, height, width, channels]`.
 * @param side Of the square result in pixels.
 * @returns `[batch, side, side, channels]`.
 *
 * @example Two pixels become three
 * ```ts
 * import { resizeLinear } from "lib/networks/resize_maps.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([0, 2, 0, 2], [1, 2, 2, 1]);
 * const large = resizeLinear(x, 3, "corners");
 * assert.deepEqual([...large.dataSync()], [0, 1, 2, 0, 1, 2, 0, 1, 2]);
 * ```
 */
export function resizeLinear(x: tf.Tensor4D, side: number, places: PixelPlaces): tf.Tensor4D {
  const [, height, width] = x.shape;
  if (height === side && width === side) return x;
  return resizeByShares(x, (from) => linearShares(from, { to: side, places }));
}

/**
 * Means over equal areas that may overlap: PyTorch's `adaptive_avg_pool2d`.
 *
 * @param x `[batch, height, width, channels]`.
 * @param side Of the square result in pixels; it may be larger than the map.
 * @returns `[batch, side, side, channels]`.
 *
 * @example Of three pixels a side, both halves have the middle one
 * ```ts
 * import { averageAreas } from "lib/networks/resize_maps.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([0, 2, 4, 0, 2, 4, 0, 2, 4], [1, 3, 3, 1]);
 * assert.deepEqual([...averageAreas(x, 2).dataSync()], [1, 3, 1, 3]);
 * ```
 */
export function averageAreas(x: tf.Tensor4D, side: number): tf.Tensor4D {
  return resizeByShares(x, (from) => meanShares(from, side));
}
