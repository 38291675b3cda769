/** The leaky ReLU with a gradient of its gradient, which TensorFlow.js's own has not. */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { ATTRIBUTES } from "./kernel_binding.ts";

/**
 * max(0, x) + slope · min(0, x) (Maas, Hannun and Ng 2013), any number of times differentiable.
 *
 * @param slope Below 0; 0 or more.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { leakyRelu } from "lib/engine/leaky_relu.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * assert.deepEqual([...leakyRelu(tf.tensor1d([-2, 3]), 0.5).dataSync()], [-1, 3]);
 * ```
 */
export function leakyRelu<T extends tf.Tensor>(x: T, slope: number): T {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: tf.leakyRelu(input as tf.Tensor, slope),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => slopeGradient(dy, x, slope),
    };
  })(x) as T;
}

/** dy where x is above 0, else slope · dy; differentiable in dy, for gradients of gradients. */
function slopeGradient(dy: tf.Tensor, x: tf.Tensor, slope: number): tf.Tensor {
  const backend = capturingBackend();
  if (!backend) return tf.mul(dy, tf.add(tf.mul(tf.step(x), 1 - slope), slope));
  const attributes = [
    { name: "alpha", type: ATTRIBUTES.FLOAT, value: slope },
    { name: "T", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(dy.dtype) },
  ];
  return tf.customGrad((given) => ({
    value:
      backend.executeMultipleOutputs("LeakyReluGrad", attributes, [given as tf.Tensor, x], 1)[0],
    gradFunc: (ddy: tf.Tensor) => slopeGradient(ddy, x, slope),
  }))(dy);
}
