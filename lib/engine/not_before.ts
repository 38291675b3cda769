/** Puts off what a gradient computes again, so that a captured step holds it only while it is needed. */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";

/**
 * The same values as `x`; in a captured function, whatever is computed of the result waits until
 * `signal` is there. Without this TensorFlow takes the second computation for the first, keeps the
 * result of that one, and nothing is gained. Gradients pass through to `x`.
 */
export function notBefore<T extends tf.Tensor>(signal: tf.Tensor, x: T): T {
  const backend = capturingBackend(), recorder = backend?.recorder;
  if (!backend || !recorder) return x;
  return tf.customGrad((given) => {
    const [id, after] = backend.getInputTensorIds([given as tf.Tensor, signal]);
    const [metadata] = recorder.executeOp("Identity", [], [id], 1, [after]);
    const value = backend.createOutputTensor(metadata) as tf.Tensor;
    return { value, gradFunc: (dy: tf.Tensor) => dy.clone() };
  })(x) as T;
}
