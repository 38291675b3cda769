import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { recordedOperations } from "./recorded_operations.ts";

const { backend } = await startEngine();

const wave = (...shape: number[]) =>
  tf.reshape(tf.sin(tf.mul(tf.range(0, shape.reduce((a, b) => a * b, 1)), 1.7)), shape);

/** Sums over `axes`, all when undefined, and the shape that they have with axes of length 1. */
const CASES: { shape: number[]; axes?: number[]; kept: number[] }[] = [
  { shape: [2, 3, 4, 5], axes: [1, 2], kept: [2, 1, 1, 5] },
  { shape: [2, 3, 4, 5], axes: [-1], kept: [2, 3, 4, 1] },
  { shape: [3, 1, 2], axes: [1], kept: [3, 1, 2] },
  { shape: [4, 3], kept: [1, 1] },
  { shape: [2, 1, 3, 2, 2], axes: [0, 3], kept: [1, 1, 3, 1, 2] },
];

for (const { shape, axes, kept } of CASES) {
  for (const keepDims of [false, true]) {
    const name = `[${shape}] over ${axes ?? "all"}${keepDims ? ", axes kept" : ""}`;
    Deno.test(`the gradients of sum and mean repeat what arrives, and divide it by the count: ${name}`, () => {
      tf.tidy(() => {
        const x = wave(...shape), sum = tf.sum(x, axes, keepDims);
        const arrives = tf.reshape(tf.cos(tf.range(0, sum.size)), sum.shape);
        const one = tf.mul(tf.reshape(arrives, kept), tf.ones(shape)), count = x.size / sum.size;
        const gradient = (f: typeof tf.sum) =>
          tf.grad((x) => tf.sum(tf.mul(arrives, f(x, axes, keepDims))))(x);
        assertClose(measure([gradient(tf.sum)]), measure([one.clone()]), 0);
        assertClose(measure([gradient(tf.mean)]), measure([tf.div(one, count)]), 1e-7);
      });
    });
  }
}

Deno.test("the gradients of sum and mean have gradients: of (mean x²)² they are products of x", () => {
  tf.tidy(() => {
    const x = tf.tensor1d([1, -2, 3]), square = (x: tf.Tensor) => tf.square(tf.mean(tf.square(x)));
    const slope = tf.grad(square), alongOnes = tf.grad((x: tf.Tensor) => tf.sum(slope(x)))(x);
    // With m = mean x² = 14/3: the slope is 4/3 · m · x, the sum of its slopes 4/3 · (m + 2/3 · x · Σx).
    assertClose(
      measure([slope(x), alongOnes]),
      measure([tf.mul(56 / 9, x), tf.mul(4 / 3, tf.add(14 / 3, tf.mul(4 / 3, x)))]),
      1e-6,
    );
  });
});

Deno.test("a captured gradient of sums makes nothing of the input's size but the gradient", {
  ignore: backend === "cpu",
}, () => {
  const gradient = tf.grad((z: tf.Tensor) => tf.sum(tf.square(tf.mean(z, [1, 2]))));
  const large = recordedOperations(gradient, wave(2, 3, 4, 5))
    .filter(({ operation, size }) => size === 120 && !/Cast|Identity/.test(operation))
    .map(({ operation }) => operation);
  assert.deepEqual(large, ["Tile"]);
});
