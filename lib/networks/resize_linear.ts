/**
 * Linear resizing of maps as products with matrices: differentiable as it is, while TensorFlow.js's own
 * gradient of bilinear resizing leaves half-pixel centres out of account.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Where new pixels lie: `"corners"`: the outermost pixels' centres stay the outermost (PyTorch's
 * `align_corners=True`); `"areas"`: pixels are areas, and the edges of the picture stay (PyTorch's default).
 */
export type PixelPlaces = "corners" | "areas";

/** Row i holds the shares of the old pixels in the new pixel i, `[to, from]`. */
function shares(from: number, to: number, places: PixelPlaces): tf.Tensor2D {
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

/**
 * A map at another size; nothing is smoothed before it is made smaller.
 *
 * @param x `[batch, height, width, channels]`.
 * @param side Of the square result in pixels.
 * @returns `[batch, side, side, channels]`.
 *
 * @example Two pixels become three
 * ```ts
 * import { resizeLinear } from "lib/networks/resize_linear.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([0, 2, 0, 2], [1, 2, 2, 1]);
 * const large = resizeLinear(x, 3, "corners");
 * assert.deepEqual([...large.dataSync()], [0, 1, 2, 0, 1, 2, 0, 1, 2]);
 * ```
 */
export function resizeLinear(x: tf.Tensor4D, side: number, places: PixelPlaces): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (height === side && width === side) return x;
  return tf.tidy(() => {
    const product = (matrix: tf.Tensor2D, y: tf.Tensor, count: number) =>
      tf.matMul(matrix, tf.reshape<tf.Rank.R2>(y, [count, -1]));
    const rows = product(shares(height, side, places), tf.transpose(x, [1, 0, 2, 3]), height);
    const byColumn = tf.transpose(tf.reshape(rows, [side, batch, width, channels]), [2, 0, 1, 3]);
    const columns = product(shares(width, side, places), byColumn, width);
    return tf.transpose(tf.reshape(columns, [side, side, batch, channels]), [
      2,
      1,
      0,
      3,
    ]) as tf.Tensor4D;
  });
}
