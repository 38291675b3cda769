/** Softmax with an additive margin on cosines (Wang et al., "Additive Margin Softmax", 2018). */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "./cross_entropy.ts";

/** Below this a length counts as this. [PyTorch's `normalize`] */
const SHORTEST = 1e-12;

/**
 * Cosines of the angles between features and the directions of classes, from −1 to 1.
 *
 * @param features `[batch, features]`.
 * @param directions `[features, classes]`: a column a class, of any length.
 * @returns `[batch, classes]`.
 */
export function classCosines(features: tf.Tensor2D, directions: tf.Tensor2D): tf.Tensor2D {
  const unit = (x: tf.Tensor2D, axis: number) =>
    tf.div(x, tf.maximum(tf.norm(x, 2, axis, true), SHORTEST)) as tf.Tensor2D;
  return tf.clipByValue(tf.matMul(unit(features, 1), unit(directions, 0)), -1, 1);
}

/**
 * The cross-entropy of s (cos − m t): a picture's own class must lead by the margin m.
 *
 *     L = −(1/B) Σ_b log [ e^{s (cos_y − m)} / (e^{s (cos_y − m)} + Σ_{j≠y} e^{s cos_j}) ]
 *
 * @param cosines `[batch, classes]`, as `classCosines` gives them.
 * @param targets `[batch, classes]`, each row sums to 1; of soft ones each class has its share of m.
 * @param options `margin` m, 0 or more, and `scale` s, above 0.
 * @returns A scalar in nats.
 * @throws TypeError when the shapes differ.
 *
 * @example Without a margin, the cross-entropy of scaled cosines
 * ```ts
 * import { amSoftmax } from "lib/losses/am_softmax.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const loss = amSoftmax(tf.zeros([1, 2]), tf.tensor2d([[0, 1]]), { margin: 0, scale: 30 });
 * assert.ok(Math.abs(loss.dataSync()[0] - Math.LN2) < 1e-6);
 * ```
 */
export function amSoftmax(
  cosines: tf.Tensor2D,
  targets: tf.Tensor2D,
  { margin, scale }: { margin: number; scale: number },
): tf.Scalar {
  return crossEntropy(tf.mul(tf.sub(cosines, tf.mul(targets, margin)), scale), targets);
}
