/** What is done with the gradients of all variables together: clipping, and the way up of sharpness-aware minimisation. */
import * as tf from "@tensorflow/tfjs";

/** Tensors by the names of the variables that they belong to. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;

/** √Σ g², over all numbers of all gradients. */
export function gradientNorm(gradients: Gradients): tf.Scalar {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((g) => tf.sum(tf.square(g)));
    return tf.sqrt(tf.addN(squares)) as tf.Scalar;
  });
}

const scaled = (gradients: Gradients, factor: tf.Scalar): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.mul(g, factor)]));

/**
 * Gradients whose norm together is `clipNorm` at most, as PyTorch's `clip_grad_norm_`: all are multiplied by
 * min(1, clipNorm / (norm + 1e-6)), so smaller ones stay as they are, bit for bit.
 *
 * @param clipNorm Above 0.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { clippedGradients } from "lib/training/gradient_norm.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const gradients = { a: tf.tensor1d([3]), b: tf.tensor1d([4]) };
 * const { a, b } = clippedGradients(gradients, 1);
 * assert.ok(Math.abs(a.dataSync()[0] - 0.6) + Math.abs(b.dataSync()[0] - 0.8) < 1e-6);
 * assert.equal(clippedGradients(gradients, 10).a.dataSync()[0], 3);
 * ```
 */
export function clippedGradients(
  gradients: Gradients,
  clipNorm: number,
): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const factor = tf.div(clipNorm, tf.add(gradientNorm(gradients), 1e-6));
    return scaled(gradients, tf.minimum(factor, 1) as tf.Scalar);
  });
}

/**
 * Weights from which sharpness-aware minimisation takes its gradient (Foret et al. 2021, Eq. 2): up the
 * gradient by ρ,
 *
 *     w + ρ g / (‖g‖ + 1e-12)
 *
 * with ‖g‖ over all variables. [code: mapooon/SelfBlendedImages, commit 9fe4efe]
 *
 * @returns Tensors, for the variables that have a gradient.
 */
export function sharpenedWeights(
  weights: Readonly<Record<string, tf.Variable>>,
  gradients: Gradients,
  rho: number,
): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const way = scaled(
      gradients,
      tf.div(rho, tf.add(gradientNorm(gradients), 1e-12)) as tf.Scalar,
    );
    const moved = Object.entries(way).map(([name, part]) => [name, tf.add(weights[name], part)]);
    return Object.fromEntries(moved);
  });
}
