/**
 * What two groups of features say together beyond what each says alone (Dong et al., ECCV 2022): the term by
 * which FST-Matching would have its two sides work together.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * The interaction of two groups of features, a group left out being 0:
 *
 *     I = f(a, b) − f(0, b) − f(a, 0) + f(0, 0)
 *
 * Of a linear f it is 0 whatever the features are.
 *
 * @param f Of both groups, each `[batch, features]`: `[batch, classes]`.
 *
 * @example The product of two numbers is all interaction, their sum none
 * ```ts
 * import { featureInteraction } from "lib/losses/feature_interaction.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const a = tf.tensor2d([[3]]), b = tf.tensor2d([[5]]);
 * assert.equal(featureInteraction(a, b, (x, y) => tf.mul(x, y)).dataSync()[0], 15);
 * assert.equal(featureInteraction(a, b, (x, y) => tf.add(x, y)).dataSync()[0], 0);
 * ```
 */
export function featureInteraction(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  f: (first: tf.Tensor2D, second: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  const [noA, noB] = [tf.zerosLike(a), tf.zerosLike(b)];
  return tf.add(tf.sub(tf.sub(f(a, b), f(noA, b)), f(a, noB)), f(noA, noB));
}

/** How much more of fake than of real there is in each row of `[batch, 2]`: `[batch, 1]`. */
function fakeLessReal(each: tf.Tensor2D): tf.Tensor2D {
  const [real, fake] = tf.split(each, 2, 1);
  return tf.sub(fake, real);
}

/**
 * The margin as published: the code takes columns by a batch's labels, `I[:, labels] − I[:, 1 − labels]`, and so
 * each picture's interaction at every other's label. Its sum is (fakes − reals) times the sum for fake, 0 in a
 * balanced batch.
 *
 * @param interaction `[batch, 2]`. @param classes `[batch, 2]`, of real and of fake.
 * @returns A scalar, to be made large.
 */
export function crossedMargin(interaction: tf.Tensor2D, classes: tf.Tensor2D): tf.Scalar {
  return tf.mul(tf.sum(fakeLessReal(classes)), tf.sum(fakeLessReal(interaction))) as tf.Scalar;
}

/**
 * The margin that the paper's text means: each picture's interaction for its own class less that for the other.
 *
 * @param interaction `[batch, 2]`. @param classes `[batch, 2]`, of real and of fake.
 * @returns Its mean over the batch, a scalar, to be made large.
 */
export function ownMargin(interaction: tf.Tensor2D, classes: tf.Tensor2D): tf.Scalar {
  return tf.mean(tf.mul(fakeLessReal(classes), fakeLessReal(interaction))) as tf.Scalar;
}
