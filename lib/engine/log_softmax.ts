/**
 * log softmax with gradients of its gradient. TensorFlow.js differentiates its own by what that keeps of its
 * result, which is a constant to a second gradient: the softmax's own slope is missing there, silently.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * log softmax along the last axis, and its gradient, in the numbers of `tf.logSoftmax`.
 *
 * @example The second derivative of −log p for logits 0 and 0 is p (1 − p)
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { logSoftmax } from "lib/engine/log_softmax.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const loss = (z: tf.Tensor) => tf.neg(tf.slice(logSoftmax(tf.pad(z as tf.Tensor1D, [[0, 1]])), 0, 1));
 * const slope = tf.grad((z) => tf.sum(loss(z))), curvature = tf.grad((z) => tf.sum(slope(z)));
 * assert.equal(curvature(tf.tensor1d([0])).dataSync()[0], 0.25);
 * ```
 */
export function logSoftmax<T extends tf.Tensor>(logits: T): T {
  return tf.customGrad((...given) => {
    const [z, save] = given as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([z]);
    return {
      value: tf.logSoftmax(z),
      gradFunc: (dy: tf.Tensor, [z]: tf.Tensor[]) =>
        tf.sub(dy, tf.mul(tf.sum(dy, -1, true), softmax(z))),
    };
  })(logits) as T;
}

/** exp(log softmax), differentiable as often as is asked. */
function softmax(logits: tf.Tensor): tf.Tensor {
  return tf.customGrad((...given) => {
    const [z, save] = given as unknown as [tf.Tensor, tf.GradSaveFunc];
    save([z]);
    return {
      value: tf.exp(tf.logSoftmax(z)),
      gradFunc: (dy: tf.Tensor, [z]: tf.Tensor[]) => {
        const p = softmax(z);
        return tf.mul(p, tf.sub(dy, tf.sum(tf.mul(p, dy), -1, true)));
      },
    };
  })(logits);
}
