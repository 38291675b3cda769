/** Layer norm (Ba et al. 2016): each row by its own mean and variance, with a gradient of one formula. */
import * as tf from "@tensorflow/tfjs";

/** What a row's normalisation is followed by, `[channels]` each. */
export interface LayerNormParameters {
  /** PyTorch's weight. */
  readonly scale: tf.Tensor1D;
  /** PyTorch's bias. */
  readonly offset: tf.Tensor1D;
  /** Added to the variance. */
  readonly epsilon: number;
}

/**
 * y = scale · x̂ + offset with x̂ = (x − mean) / √(variance + ε) by row, the variance divided by the count.
 *
 * Differentiable in x, scale and offset: with h = scale · dy,
 *
 *     dx = (h − mean(h) − x̂ · mean(h · x̂)) / √(variance + ε)
 *
 * @param x `[rows, channels]`.
 *
 * @example
 * ```ts
 * import { layerNorm } from "lib/engine/layer_norm.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = { scale: tf.tensor1d([1, 1]), offset: tf.tensor1d([0, 5]), epsilon: 0 };
 * const y = layerNorm(tf.tensor2d([[1, 3], [20, 10]]), parameters);
 * assert.deepEqual([...y.dataSync()], [-1, 6, 1, 4]);
 * ```
 */
export function layerNorm(
  x: tf.Tensor2D,
  { scale, offset, epsilon }: LayerNormParameters,
): tf.Tensor2D {
  const rows = tf.customGrad((input, save) => {
    const centred = tf.sub(input as tf.Tensor, tf.mean(input as tf.Tensor, 1, true));
    const variance = tf.mean(tf.square(centred), 1, true);
    const factor = tf.rsqrt(tf.add(variance, epsilon));
    const value = tf.mul(centred, factor);
    (save as tf.GradSaveFunc)([value, factor]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, factor] = saved;
        const along = tf.mul(y, tf.mean(tf.mul(dy, y), 1, true));
        return tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, 1, true)), along), factor);
      },
    };
  })(x);
  return tf.add(tf.mul(rows, scale), offset);
}
