/** Vectors of unit length, with the gradient of PyTorch's `normalize`. */
import * as tf from "@tensorflow/tfjs";

/** Shorter vectors are not made longer than by this. [PyTorch] */
const SHORTEST = 1e-12;

/**
 * Vectors over the last axis divided by their length, or by 1e-12 where that is more; there the length
 * has no gradient, as in PyTorch's `normalize`.
 *
 * @example
 * ```ts
 * import { ofUnitLength } from "lib/engine/unit_length.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const [x, y, ...nothing] = ofUnitLength(tf.tensor2d([[3, 4], [0, 0]])).dataSync();
 * assert.ok(Math.abs(x - 0.6) < 1e-6 && Math.abs(y - 0.8) < 1e-6);
 * assert.deepEqual(nothing, [0, 0]);
 * ```
 */
export function ofUnitLength<T extends tf.Tensor>(x: T): T {
  const squares = tf.sum(tf.square(x), -1, true);
  return tf.div(x, tf.sqrt(tf.maximum(squares, SHORTEST ** 2)));
}
