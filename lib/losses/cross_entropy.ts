/** Cross-entropy of two-class (or any-class) logits against soft targets. One head, one number. */
import * as tf from "@tensorflow/tfjs";
import { logSoftmax } from "lib/engine/log_softmax.ts";
import { requireSameShape } from "./shapes.ts";

/**
 * Cross-entropy from logits, mean over the batch, in nats:
 *
 *     L_CE = −(1/B) Σ_b Σ_y t_by log p(y | b),   p = softmax(logits)
 *
 * Targets are distributions, so mixup needs nothing more: λ·CE(y_a) + (1 − λ)·CE(y_b) is the
 * cross-entropy against λ·onehot(y_a) + (1 − λ)·onehot(y_b). Finite for any finite logits.
 *
 * @param logits `[batch, classes]`.
 * @param targets `[batch, classes]`, each row sums to 1; a one-hot row is a hard label.
 * @returns A scalar, 0 or more.
 * @throws TypeError when the shapes differ or are not `[batch, classes]`.
 *
 * @example A head that knows nothing pays log 2
 * ```ts
 * import { crossEntropy } from "lib/losses/cross_entropy.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const loss = crossEntropy(tf.zeros([4, 2]), tf.tensor2d([[1, 0], [0, 1], [1, 0], [0.3, 0.7]]));
 * assert.ok(Math.abs(loss.dataSync()[0] - Math.LN2) < 1e-6);
 * ```
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  requireSameShape("crossEntropy", { logits, targets });
  return tf.tidy(() => {
    const logP = logSoftmax(logits);
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, logP), 1))) as tf.Scalar;
  });
}
