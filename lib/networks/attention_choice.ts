/**
 * Which of a picture's attention maps is looked through: the more there is in a map, the likelier it is chosen
 * (Hu et al., "See Better Before Looking Closer", 2019, and what is built on it).
 */
import * as tf from "@tensorflow/tfjs";

/**
 * How likely each map of a picture is chosen: √(`least` + what it adds up to), `[batch, maps]`, rows adding up
 * to 1.
 *
 * @param maps `[batch, height, width, maps]`, 0 or more.
 * @param least What an empty map has. Default 1. [Multi-Attentional: 1; WS-DAN: 1e-12]
 */
export function choiceProbabilities(maps: tf.Tensor4D, least = 1): tf.Tensor2D {
  const weights = tf.sqrt(tf.add(tf.sum<tf.Tensor2D>(maps, [1, 2]), least));
  return tf.div(weights, tf.sum(weights, 1, true));
}

/**
 * Of each picture the map at its place among the probabilities: one-hot, `[batch, maps]`.
 *
 * @param places `[batch]`, 0 to below 1.
 * @param least As `choiceProbabilities`.
 *
 * @example A place behind the first map's probability means the second
 * ```ts
 * import { chosenMaps } from "lib/networks/attention_choice.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const maps = tf.tensor4d([3, 0, 3, 0], [2, 1, 1, 2]); // √4 and √1: two thirds and one
 * assert.deepEqual(chosenMaps(maps, tf.tensor1d([0.6, 0.7])).arraySync(), [[1, 0], [0, 1]]);
 * ```
 */
export function chosenMaps(maps: tf.Tensor4D, places: tf.Tensor1D, least = 1): tf.Tensor2D {
  const [batch, , , count] = maps.shape;
  const below = Array.from({ length: count ** 2 }, (_, i) => Math.floor(i / count) <= i % count);
  const upTo = tf.matMul(
    choiceProbabilities(maps, least),
    tf.tensor2d(below.map(Number), [count, count]),
  );
  const passed = tf.lessEqual(upTo, tf.reshape(places, [batch, 1]));
  const at = tf.minimum(tf.sum(tf.cast(passed, "int32"), 1), tf.scalar(count - 1, "int32"));
  return tf.oneHot(tf.cast(at, "int32") as tf.Tensor1D, count, 1, 0, "float32") as tf.Tensor2D;
}
