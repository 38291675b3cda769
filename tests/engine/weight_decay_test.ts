/** Weight decay of a step's gradients, small ones together; steps against PyTorch are in tests/training. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { decayedGradients } from "lib/engine/weight_decay.ts";
import { recordedOperations } from "./recorded_operations.ts";

const { backend } = await startEngine();

/** Numbers without a pattern. */
const wave = (shape: number[], speed: number) =>
  tf.tidy(() => {
    const size = tf.util.sizeFromShape(shape);
    return tf.reshape(tf.sin(tf.mul(tf.range(0, size), speed)), shape);
  });

/** Small variables around a large one, and gradients of all but one. */
const SHAPES = { vector: [7], large: [3, 100, 100], scalar: [], matrix: [2, 3], idle: [4] };

function problem() {
  const variables = Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => [name, tf.variable(wave(shape, 1.7))]),
  );
  const gradients = Object.fromEntries(
    Object.entries(SHAPES).filter(([name]) => name !== "idle")
      .map(([name, shape]) => [name, wave(shape, 2.3)]),
  );
  return { variables, gradients };
}

Deno.test("decayedGradients adds to each gradient its own variable's share, to the bit, captured too", async () => {
  const decayed = () => {
    const { variables, gradients } = problem(), names = Object.keys(gradients);
    const code = (factor: tf.Tensor) => {
      const all = decayedGradients(variables, gradients, factor as tf.Scalar);
      assert.deepEqual(Object.keys(all), names);
      return Object.values(all);
    };
    const captured = compileStep(code, [tf.scalar(0)]), factor = tf.scalar(0.3);
    for (const found of [code(factor), captured(factor)]) {
      names.forEach((name, i) => {
        const wanted = tf.add(gradients[name], tf.mul(variables[name] as tf.Tensor, factor));
        assert.deepEqual(found[i].shape, wanted.shape);
        assert.deepEqual(found[i].dataSync(), wanted.dataSync(), name);
      });
    }
    captured.dispose();
    tf.dispose([variables, gradients]);
  };
  decayed();
  await tf.setBackend("cpu");
  try {
    decayed();
  } finally {
    await tf.setBackend(backend);
  }
});

Deno.test(
  "decayedGradients of a hundred small variables takes the operations of two, and reads a large one late",
  {
    ignore: backend === "cpu",
  },
  () => {
    const operations = (count: number) => {
      const names = Array.from({ length: count }, (_, i) => `w${i}`);
      const size = (i: number) => 8 + i % 2;
      const variables = Object.fromEntries(
        names.map((name, i) => [name, tf.variable(tf.ones([size(i)]))]),
      );
      const large = tf.variable(wave(SHAPES.large, 1));
      const recorded = recordedOperations((x) => {
        const gradients = Object.fromEntries(
          names.map((name, i) => [name, tf.slice1d(x as tf.Tensor1D, 0, size(i))]),
        );
        const given = { ...gradients, large: tf.fill(SHAPES.large, 1) };
        const all = decayedGradients({ ...variables, large }, given, tf.scalar(0.1));
        return tf.addN(Object.values(all).map((g) => tf.sum(g)));
      }, tf.zeros([9]));
      tf.dispose([variables, large]);
      return recorded.filter(({ operation }) => !["Slice", "Sum"].includes(operation));
    };
    const many = operations(100);
    assert.equal(many.length, operations(2).length);
    const products = many.filter(({ operation }) => operation === "Mul");
    // The large variable's waits for its gradient: free, it would be there from the step's beginning.
    assert.deepEqual(products.map(({ size, after }) => [size, after.length]), [[850, 0], [
      30_000,
      1,
    ]]);
  },
);
