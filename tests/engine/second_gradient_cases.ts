/** Operations whose gradients are differentiated, for running one list on several backends. */
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining } from "lib/engine/batch_norm.ts";
import { conv2d, depthwiseConv2d, maxPool } from "lib/engine/convolution.ts";
import { logSoftmax } from "lib/engine/log_softmax.ts";
import { fill } from "../networks/fixture_formula.ts";

/** Of pictures and what weighs them. */
export type Operation = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor;

/** Numbers of a name, the same everywhere. */
export const numbers = (name: string, shape: [number, number, number, number]) =>
  tf.tensor4d(fill(name, shape.reduce((a, b) => a * b)), shape);

/** Σ ‖∂/∂x Σ sin y‖² + ‖∂/∂w Σ sin y‖²: a number whose gradient takes the gradients of all gradients. */
export function slopes(operation: Operation, x: tf.Tensor4D, w: tf.Tensor4D): tf.Scalar {
  const f = (x: tf.Tensor, w: tf.Tensor) =>
    tf.sum(tf.sin(operation(x as tf.Tensor4D, w as tf.Tensor4D))) as tf.Scalar;
  const squares = tf.grads(f)([x, w]).map((g) => tf.sum(tf.square(g)));
  return tf.addN(squares) as tf.Scalar;
}

/** Operations by name, with the shape of what weighs `[2, 7, 7, 2]` pictures. */
export const SECOND_GRADIENT_CASES: Record<
  string,
  [Operation, filter: [number, number, number, number]]
> = {
  "a convolution": [(x, w) => conv2d(x, w), [3, 3, 2, 3]],
  "one of stride 2 with padding": [
    (x, w) => conv2d(x, w, { stride: 2, padding: 1 }),
    [3, 3, 2, 3],
  ],
  "a convolution of each channel": [
    (x, w) => depthwiseConv2d(x, w, { padding: 1 }),
    [3, 3, 2, 1],
  ],
  "max-pooling behind a product": [
    (x, w) => maxPool(tf.mul(tf.sin(x), w), { size: 3, stride: 2, padding: 1 }),
    [1, 7, 7, 2],
  ],
  "log softmax behind a product": [
    (x, w) => logSoftmax(tf.reshape(tf.mul(x, w), [-1, 7])),
    [1, 7, 7, 2],
  ],
  "batch norm": [
    (x, w) =>
      batchNormTraining(x, {
        scale: tf.reshape(tf.sin(w), [2]),
        offset: tf.reshape(tf.cos(w), [2]),
        epsilon: 1e-2,
      }, { isTwice: true }).y,
    [1, 1, 1, 2],
  ],
};
