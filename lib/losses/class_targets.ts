/** Labels as the distributions that losses are measured against. */
import * as tf from "@tensorflow/tfjs";

/** Real and fake. */
const CLASSES = 2;

/**
 * The classes of labels, smoothed (Szegedy et al. 2016, as PyTorch's `label_smoothing`): (1 − ε) · one-hot + ε / 2.
 *
 * @param labels int32 `[batch]`: 0 real, 1 fake.
 * @param smoothing ε, 0 to below 1; 0: one-hot.
 * @returns float32 `[batch, 2]`: probability of real and of fake.
 *
 * @example
 * ```ts
 * import { classTargets } from "lib/losses/class_targets.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const labels = tf.tensor1d([0, 1], "int32");
 * assert.deepEqual(classTargets(labels, 0).arraySync(), [[1, 0], [0, 1]]);
 * assert.deepEqual(classTargets(labels, 0.5).arraySync(), [[0.75, 0.25], [0.25, 0.75]]);
 * ```
 */
export function classTargets(labels: tf.Tensor1D, smoothing: number): tf.Tensor2D {
  const rest = smoothing / CLASSES;
  return tf.oneHot(labels, CLASSES, 1 - rest, rest, "float32") as tf.Tensor2D;
}
