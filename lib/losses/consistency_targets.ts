/**
 * What pair-wise self-consistency learning asks of all pairs of places (Zhao et al., "Learning
 * Self-Consistency for Deepfake Detection", ICCV 2021): their cross-entropy is `binaryCrossEntropy`.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * How consistent pairs of places are: 1 − |m_i − m_j|. A mask and its opposite say the same.
 *
 * @param masks `[batch, height, width, 1]`, 0 to 1: the share of the manipulation at each place.
 * @returns `[batch, places, places]`, 0 to 1; 1 everywhere in a real picture.
 *
 * @example
 * ```ts
 * import { consistencyTargets } from "lib/losses/consistency_targets.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const targets = consistencyTargets(tf.tensor4d([0, 0.25, 1], [1, 1, 3, 1]));
 * assert.deepEqual(targets.arraySync(), [[[1, 0.75, 0], [0.75, 1, 0.25], [0, 0.25, 1]]]);
 * ```
 */
export function consistencyTargets(masks: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const [batch, height, width] = masks.shape;
    const places = tf.reshape(masks, [batch, height * width, 1]);
    const others = tf.reshape(masks, [batch, 1, height * width]);
    return tf.sub(1, tf.abs(tf.sub(places, others))) as tf.Tensor3D;
  });
}
