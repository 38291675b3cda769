/** Cross-entropy of maps of probabilities against soft targets, from their logits. */
import * as tf from "@tensorflow/tfjs";

/** Logarithms are not let below this, as in PyTorch's `binary_cross_entropy`. */
const LOWEST = -100;

/**
 * Mean over all places of −t·log σ(z) − (1 − t)·log(1 − σ(z)), in nats, with logarithms from −100.
 *
 * @param logits z, any shape.
 * @param targets t, 0 to 1, of the same shape.
 * @returns A scalar, 0 or more.
 * @throws TypeError when the shapes differ.
 *
 * @example Who says one half everywhere pays log 2
 * ```ts
 * import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const loss = binaryCrossEntropy(tf.zeros([1, 2, 2, 1]), tf.tensor4d([0, 1, 0.3, 0.5], [1, 2, 2, 1]));
 * assert.ok(Math.abs(loss.dataSync()[0] - Math.LN2) < 1e-6);
 * ```
 */
export function binaryCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  if (logits.shape.join() !== targets.shape.join()) {
    throw new TypeError(
      `binaryCrossEntropy needs logits and targets of one shape, not [${logits.shape}] and [${targets.shape}].`,
    );
  }
  return tf.tidy(() => {
    // log σ(z) = −softplus(−z); written so that it is exact and finite for any z.
    const logSigmoid = (z: tf.Tensor) =>
      tf.maximum(tf.sub(tf.minimum(z, 0), tf.log1p(tf.exp(tf.neg(tf.abs(z))))), LOWEST);
    const fake = tf.mul(targets, logSigmoid(logits));
    const real = tf.mul(tf.sub(1, targets), logSigmoid(tf.neg(logits)));
    return tf.neg(tf.mean(tf.add(fake, real))) as tf.Scalar;
  });
}
