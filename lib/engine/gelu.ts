/** The activations of transformers: the Gaussian error linear unit, and CLIP's quick form of it. */
import * as tf from "@tensorflow/tfjs";

/**
 * GELU (Hendrycks and Gimpel 2016), exact, as PyTorch's `nn.GELU()`:
 *
 *     x Φ(x),   Φ(x) = (1 + erf(x / √2)) / 2,   derivative Φ(x) + x e^(−x²/2) / √(2π)
 *
 * @example
 * ```ts
 * import { gelu } from "lib/engine/gelu.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const [y] = gelu(tf.tensor1d([1])).dataSync(); // the form with tanh would be .841192
 * assert.ok(Math.abs(y - 0.8413447) < 1e-6);
 * ```
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  return tf.customGrad((input, save) => {
    const half = tf.mul(tf.add(tf.erf(tf.mul(input as T, Math.SQRT1_2)), 1), 0.5); // Φ(x)
    (save as tf.GradSaveFunc)([input as T, half]);
    return {
      value: tf.mul(input as T, half),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, half] = saved;
        const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(half, tf.mul(x, density)));
      },
    };
  })(x) as T;
}

/** x σ(1.702 x), with which OpenAI trained CLIP in GELU's place: up to .02 away from it. */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
}
