/**
 * The two losses beside RECCE's classifier (Cao et al., "End-to-End Reconstruction-Classification Learning",
 * CVPR 2022), as VISION-SJTU/RECCE has them at commit 58cabeb: real faces are to be decoded and to lie
 * together, fakes are to do neither. Targets may be soft after mixup: a picture counts as real as far as it is.
 */
import * as tf from "@tensorflow/tfjs";

/** Shares of real and of fake, each `[batch]`. */
const sharesOf = (classes: tf.Tensor2D) => tf.unstack(classes, 1) as [tf.Tensor1D, tf.Tensor1D];

/**
 * Mean of |reconstruction − picture| over the real pictures of a batch; 0 where there is none.
 *
 * @param reconstruction `[batch, height, width, channels]`.
 * @param images Of the same shape.
 * @param classes `[batch, 2]`: probability of real and of fake.
 *
 * @example A fake's reconstruction does not matter
 * ```ts
 * import { reconstructionOfReals } from "lib/losses/reconstruction_losses.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const images = tf.zeros<tf.Rank.R4>([2, 1, 1, 3]);
 * const decoded = tf.tensor4d([1, 1, 4, 9, 9, 9], [2, 1, 1, 3]);
 * const loss = reconstructionOfReals(decoded, images, tf.tensor2d([[1, 0], [0, 1]]));
 * assert.equal(loss.dataSync()[0], 2);
 * ```
 */
export function reconstructionOfReals(
  reconstruction: tf.Tensor4D,
  images: tf.Tensor4D,
  classes: tf.Tensor2D,
): tf.Scalar {
  return tf.tidy(() => {
    const [real] = sharesOf(classes);
    const each = tf.mean(tf.abs(tf.sub(reconstruction, images)), [1, 2, 3]);
    const count = tf.sum(real), isNone = tf.cast(tf.equal(count, 0), "float32");
    return tf.div(tf.sum(tf.mul(each, real)), tf.add(count, isNone)) as tf.Scalar;
  });
}

/** Added to counts of pairs, so that none of a kind gives 0. [code] */
const FEW = 1e-6;

/** (cosine + 1) / 2 of every pair of rows: `[batch, batch]`, 0 to 1. */
export function similarities(embeddings: tf.Tensor2D): tf.Tensor2D {
  const lengths = tf.maximum(tf.sqrt(tf.sum(tf.square(embeddings), 1, true)), 1e-12);
  const directions = tf.div(embeddings, lengths) as tf.Tensor2D;
  return tf.div(tf.add(tf.matMul(directions, directions, false, true), 1), 2);
}

/**
 * Metric learning: max(0, 1 − s_rr + s_rf), s_rr being the mean similarity of two different reals of the
 * batch, s_rf that of a real and a fake; fakes among themselves are left free.
 *
 * @param embeddings `[batch, features]`.
 * @param classes `[batch, 2]`: probability of real and of fake.
 */
export function metricLoss(embeddings: tf.Tensor2D, classes: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const [real, fake] = sharesOf(classes), pairs = similarities(embeddings);
    const different = tf.sub(1, tf.eye(real.shape[0]));
    const reals = tf.mul(tf.outerProduct(real, real), different);
    const mixed = tf.add(tf.outerProduct(real, fake), tf.outerProduct(fake, real));
    const mean = (of: tf.Tensor) => tf.div(tf.sum(tf.mul(pairs, of)), tf.add(tf.sum(of), FEW));
    return tf.relu(tf.add(tf.sub(1, mean(reals)), mean(mixed))) as tf.Scalar;
  });
}
