import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { silu } from "lib/engine/silu.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { recordedOperations } from "./recorded_operations.ts";

const { backend } = await startEngine();

const POINTS = [-90, -12, -2.4, -1, -1e-3, 0, 0.3, 1, 2.4, 12, 90];

/** SiLU and its first two derivatives, in float64. */
function truth(x: number): [number, number, number] {
  const s = 1 / (1 + Math.exp(-x)), rest = s * (1 - s);
  return [x * s, s + x * rest, rest * (2 + x * (1 - 2 * s))];
}

const value = (x: tf.Tensor) => silu(x);
const slope = tf.grad(value);
const bend = tf.grad((x: tf.Tensor) => slope(x));

Deno.test("silu and its first two gradients are the formulas', eagerly and captured", () => {
  const expected = [0, 1, 2].map((order) => ({
    type: `float32 [${POINTS.length}]`,
    values: POINTS.map((x) => truth(x)[order]!),
  }));
  tf.tidy(() => {
    const x = tf.tensor1d(POINTS);
    assertClose(measure([value(x), slope(x), bend(x)]), expected, 1e-6);
    const run = compile((x) => [value(x), slope(x), bend(x)], [x]);
    assertClose(measure(run(x)), expected, 1e-6);
    run.dispose();
  });
});

Deno.test("silu's slope flows back in proportion to what arrives", () => {
  tf.tidy(() => {
    const x = tf.tensor2d([[-1, 0.5], [2, -3]]), arrives = tf.tensor2d([[2, -1], [0, 10]]);
    const expected = tf.mul(arrives, slope(x));
    const actual = tf.grad((x) => tf.sum(tf.mul(arrives, silu(x))))(x);
    assertClose(measure([actual]), measure([expected]), 1e-7);
  });
});

Deno.test(
  "silu's captured gradient computes the sigmoid anew, once what flows back is there, and keeps its input alone",
  {
    ignore: backend === "cpu",
  },
  () => {
    const gradient = tf.grad((z: tf.Tensor) => tf.sum(tf.square(silu(z))));
    const recorded = recordedOperations(gradient, tf.tensor1d(POINTS));
    const [first, second, ...more] = recorded.filter(({ operation }) => operation === "Sigmoid");
    assert.equal(more.length, 0);
    const postponed = recorded.find(({ made }) => made === second!.inputs[0]);
    assert.deepEqual([postponed?.operation, postponed?.inputs], ["Identity", first!.inputs]);
    assert.equal(postponed?.after.length, 1);
    // The first sigmoid is needed by the product alone.
    const users = recorded.filter(({ inputs }) => inputs.includes(first!.made));
    assert.deepEqual(users.map(({ operation }) => operation), ["Mul"]);
  },
);
