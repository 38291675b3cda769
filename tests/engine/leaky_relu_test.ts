import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { leakyRelu } from "lib/engine/leaky_relu.ts";
import { assertClose, measure } from "./measured_tensors.ts";

const { backend } = await startEngine();

const POINTS = [-90, -2.4, -1e-3, 1e-3, 0.3, 90], SLOPE = 0.01;

const value = (x: tf.Tensor) => leakyRelu(x, SLOPE);
const slope = tf.grad(value);

for (const where of backend === "tensorflow" ? ["tensorflow", "cpu"] : ["cpu"]) {
  Deno.test(`leakyRelu and its slope are the formulas, eagerly and captured, on ${where}`, () => {
    const before = tf.getBackend();
    tf.setBackend(where);
    const values = (of: (x: number) => number) => ({
      type: `float32 [${POINTS.length}]`,
      values: POINTS.map(of),
    });
    const expected = [values((x) => x > 0 ? x : SLOPE * x), values((x) => x > 0 ? 1 : SLOPE)];
    tf.tidy(() => {
      const x = tf.tensor1d(POINTS);
      assertClose(measure([value(x), slope(x)]), expected, 1e-6);
      const run = compile((x) => [value(x), slope(x)], [x]);
      assertClose(measure(run(x)), expected, 1e-6);
      run.dispose();
    });
    tf.setBackend(before);
  });
}

Deno.test("leakyRelu's gradient has one: a penalty on slopes reaches what they are proportional to", () => {
  tf.tidy(() => {
    // The slope of w · leaky(x) in x is w or w · slope; half its square's gradient in w is that, times 1 or slope.
    const x = tf.tensor1d([-2, 3]);
    const penalty = (w: tf.Tensor) => {
      const inner = tf.grad((x) => tf.sum(tf.mul(w, leakyRelu(x, SLOPE))))(x);
      return tf.mul(tf.sum(tf.square(inner)), 0.5);
    };
    const [atNegative, atPositive] = tf.grad(penalty)(tf.tensor1d([5, 7])).dataSync();
    assert.ok(Math.abs(atNegative - 5 * SLOPE ** 2) < 1e-8);
    assert.equal(atPositive, 7);
  });
});
