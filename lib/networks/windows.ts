/** Windows of pictures, one of each, enlarged to the picture's size: differentiable, and drawn on the device. */
import * as tf from "@tensorflow/tfjs";

/**
 * How much each old place of a side counts in a new one, for a window of its own in each picture.
 *
 * @param ends `[batch]` each: the window's first and last edge as shares of the side, 0 to 1.
 * @returns `[batch, side, side]`, rows adding up to 1.
 */
function shares(ends: readonly [tf.Tensor1D, tf.Tensor1D], side: number): tf.Tensor3D {
  const [first, last] = ends.map((end) => tf.reshape(end, [-1, 1, 1]));
  const within = tf.reshape(tf.div(tf.add(tf.range(0, side), 0.5), side), [1, side, 1]);
  // The middle of a new place, in old places; beyond the outermost middles, the outermost places.
  const exact = tf.sub(tf.mul(tf.add(first, tf.mul(within, tf.sub(last, first))), side), 0.5);
  const inside = tf.clipByValue(exact, 0, side - 1);
  const away = tf.abs(tf.sub(inside, tf.reshape(tf.range(0, side), [1, 1, side])));
  return tf.relu(tf.sub(1, away)) as tf.Tensor3D;
}

/**
 * A window of each picture at the size of the picture, bilinear, edges on edges (PyTorch's
 * `align_corners=False`).
 *
 * @param x `[batch, side, side, channels]`.
 * @param windows `[batch, 4]`: left, top, right and bottom edge as shares of the side, 0 to 1.
 * @returns Of the shape of `x`.
 *
 * @example The whole picture stays as it is
 * ```ts
 * import { enlargedWindows } from "lib/networks/windows.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * assert.deepEqual([...enlargedWindows(x, tf.tensor2d([[0, 0, 1, 1]])).dataSync()], [1, 2, 3, 4]);
 * assert.deepEqual([...enlargedWindows(x, tf.tensor2d([[0, 0, 0.5, 1]])).dataSync()], [1, 1.25, 3, 3.25]);
 * ```
 */
export function enlargedWindows(x: tf.Tensor4D, windows: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => {
    const side = x.shape[1];
    const [left, top, right, bottom] = tf.unstack(windows, 1) as tf.Tensor1D[];
    return resizeEachByShares(x, {
      rows: shares([top, bottom], side),
      columns: shares([left, right], side),
    });
  });
}

/**
 * Pictures whose rows, and then columns, are sums of the old ones, by shares of each picture's own; where all
 * pictures have the same, `resizeByShares` takes fewer products.
 *
 * @param x `[batch, height, width, channels]`.
 * @param by `rows`, `[batch, height, height]`, and `columns`, `[batch, width, width]`: what each old one
 * counts in a new one.
 * @returns Of the shape of `x`.
 */
export function resizeEachByShares(
  x: tf.Tensor4D,
  { rows, columns }: { rows: tf.Tensor3D; columns: tf.Tensor3D },
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const lines = tf.reshape<tf.Rank.R3>(x, [batch, height, width * channels]);
    const byRow = tf.reshape(tf.matMul(rows, lines), [batch, height, width, channels]);
    const turned = tf.reshape<tf.Rank.R3>(
      tf.transpose(byRow, [0, 2, 1, 3]),
      [batch, width, height * channels],
    );
    const both = tf.reshape(tf.matMul(columns, turned), [batch, width, height, channels]);
    return tf.transpose(both, [0, 2, 1, 3]) as tf.Tensor4D;
  });
}
