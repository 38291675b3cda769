/**
 * What pair-wise self-consistency learning asks of all pairs of places (Zhao et al., "Learning
 * Self-Consistency for Deepfake Detection", ICCV 2021, Eqs. 2 and 3).
 */
import * as tf from "@tensorflow/tfjs";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { binaryCrossEntropy } from "./binary_cross_entropy.ts";

/**
 * How consistent pairs of places are: 1 − |m_i − m_j|. A mask and its opposite say the same.
 *
 * @param masks `[batch, height, width, 1]`, 0 to 1: the share of the manipulation at each place.
 * @returns `[batch, places, places]`, 0 to 1; 1 everywhere in a real picture.
 *
 * @example
 * ```ts
 * import { consistencyTargets } from "lib/losses/pair_consistency_loss.ts";
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

/**
 * Mean binary cross-entropy of all pairs, in nats.
 *
 * @param volume Logits, `[batch, places, places]`, of the places of a square map.
 * @param masks `[batch, size, size, 1]`, 0 to 1; they are resized to the map, corner to corner, and not
 * smoothed before. [code: `UpsamplingBilinear2d`]
 * @throws TypeError when the places are not those of a square.
 */
export function pairConsistencyLoss(volume: tf.Tensor3D, masks: tf.Tensor4D): tf.Scalar {
  const places = volume.shape[1], side = Math.round(Math.sqrt(places));
  if (side ** 2 !== places) {
    throw new TypeError(`Pairs of places need a square map, and ${places} places are none.`);
  }
  return tf.tidy(() =>
    binaryCrossEntropy(volume, consistencyTargets(resizeLinear(masks, side, "corners")))
  );
}
