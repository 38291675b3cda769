/** A product in which 0 wins over infinities and NaN. */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";

/**
 * x · factor, and 0 wherever the factor is 0, whatever x is: TensorFlow's MulNoNan. It has no gradient. Mixed
 * precision leaves it in float32, so that it may take a factor from numbers that float16 could not hold without it.
 *
 * @param x float32, of any shape.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { mulNoNan } from "lib/engine/mul_no_nan.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const x = tf.tensor1d([1, NaN, Infinity]);
 * assert.deepEqual([...mulNoNan(x, tf.scalar(0)).dataSync()], [0, 0, 0]);
 * assert.deepEqual([...mulNoNan(x, tf.scalar(2)).dataSync()], [2, NaN, Infinity]);
 * ```
 */
export function mulNoNan<T extends tf.Tensor>(x: T, factor: tf.Scalar): T {
  const backend = capturingBackend();
  if (!backend) {
    return tf.tidy(() => tf.where(tf.equal(factor, 0), tf.zerosLike(x), tf.mul(x, factor))) as T;
  }
  const attributes = [{ name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT }];
  return backend.executeMultipleOutputs("MulNoNan", attributes, [x, factor], 1)[0] as T;
}
