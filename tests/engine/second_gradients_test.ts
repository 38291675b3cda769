/** Gradients of gradients against finite differences: what a step within a loss is differentiated by. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { batchNormTraining } from "lib/engine/batch_norm.ts";
import { conv2d, depthwiseConv2d, maxPool } from "lib/engine/convolution.ts";
import { compile, startEngine } from "lib/engine/engine.ts";
import { logSoftmax } from "lib/engine/log_softmax.ts";
import { fill } from "../networks/fixture_formula.ts";

await startEngine();

type Operation = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor;

const numbers = (name: string, shape: [number, number, number, number]) =>
  tf.tensor4d(fill(name, shape.reduce((a, b) => a * b)), shape);
const X = numbers("second.x", [2, 7, 7, 2]), D = numbers("second.d", [2, 7, 7, 2]);

/** Σ ‖∂/∂x Σ sin y‖² + ‖∂/∂w Σ sin y‖²: a number whose gradient takes the gradients of all gradients. */
function slopes(operation: Operation, x: tf.Tensor4D, w: tf.Tensor4D): tf.Scalar {
  const f = (x: tf.Tensor, w: tf.Tensor) =>
    tf.sum(tf.sin(operation(x as tf.Tensor4D, w as tf.Tensor4D))) as tf.Scalar;
  const squares = tf.grads(f)([x, w]).map((g) => tf.sum(tf.square(g)));
  return tf.addN(squares) as tf.Scalar;
}

/** The slope of `slopes` along a direction of both, by its gradient and by a finite difference. */
function compared(operation: Operation, w: tf.Tensor4D): [gradient: number, difference: number] {
  return tf.tidy(() => {
    const along = tf.tensor4d(
      fill("second.e", w.size),
      w.shape as [number, number, number, number],
    );
    const [gx, gw] = tf.grads((x, w) => slopes(operation, x as tf.Tensor4D, w as tf.Tensor4D))([
      X,
      w,
    ]);
    const slope = tf.add(tf.sum(tf.mul(gx, D)), tf.sum(tf.mul(gw, along)));
    const at = (step: number) =>
      slopes(operation, tf.add(X, tf.mul(D, step)), tf.add(w, tf.mul(along, step))).dataSync()[0];
    return [slope.dataSync()[0], (at(2e-3) - at(-2e-3)) / 4e-3];
  });
}

const CASES: Record<string, [Operation, filter: [number, number, number, number]]> = {
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

for (const [name, [operation, shape]] of Object.entries(CASES)) {
  Deno.test(`gradients of gradients of ${name} are finite differences`, () => {
    const w = numbers("second.w", shape), [gradient, difference] = compared(operation, w);
    const error = Math.abs(gradient - difference) / Math.abs(difference);
    assert.ok(error < 5e-3, `${gradient}, by difference ${difference}`);
    w.dispose();
  });
}

Deno.test("gradients of gradients are the same numbers in a captured function", () => {
  const [operation, shape] = CASES["one of stride 2 with padding"];
  const w = numbers("second.w", shape);
  const gradient = (x: tf.Tensor, w: tf.Tensor) =>
    tf.grads((x, w) => slopes(operation, x as tf.Tensor4D, w as tf.Tensor4D))([x, w])[1];
  const eager = tf.tidy(() => gradient(X, w).dataSync());
  const captured = compile((x, w) => gradient(x, w), [X, w], { name: "second gradients" });
  const [found] = captured(X, w), values = found.dataSync();
  eager.forEach((value, i) =>
    assert.ok(Math.abs(value - values[i]) < 1e-3 * (1 + Math.abs(value)))
  );
  tf.dispose([found, w]);
  captured.dispose();
});
