/** What `applySgd` refuses, and that all its ways agree; steps against PyTorch are in tests/training. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { applySgd } from "lib/engine/sgd.ts";

const { backend } = await startEngine();

/** The variable after three steps, and its velocity. */
function afterThree(captured: boolean): Float32Array[] {
  const w = tf.variable(tf.tensor1d([1, -2, 3])), velocity = tf.variable(tf.zeros([3]), false);
  const step = (gradient: tf.Tensor, rate: tf.Tensor) => {
    const options = { momentum: 0.9, nesterov: true };
    applySgd(w, { velocity }, { gradient, rate: rate as tf.Scalar, ...options });
    return tf.sum(gradient);
  };
  const given = (k: number) => [tf.tensor1d([k, 1, -k]), tf.scalar(0.1 / (k + 1))];
  const compiled = captured ? compileStep(step, given(0)) : undefined;
  for (const k of [0, 1, 2]) (compiled ?? step)(...given(k) as [tf.Tensor, tf.Tensor]);
  const found = [w, velocity].map((variable) => variable.dataSync() as Float32Array);
  compiled?.dispose();
  tf.dispose([w, velocity]);
  return found;
}

Deno.test("applySgd in a captured step, eagerly and on the plain cpu backend moves alike", async () => {
  const captured = afterThree(true), eager = afterThree(false);
  await tf.setBackend("cpu");
  try {
    const plain = afterThree(false);
    for (const other of [captured, eager]) {
      other.forEach((values, i) =>
        values.forEach((x, j) => assert.ok(Math.abs(x - plain[i][j]) < 2e-6, `${x} ${plain[i][j]}`))
      );
    }
  } finally {
    await tf.setBackend(backend);
  }
});

Deno.test("applySgd refuses a gradient of another shape, naming the variable", () => {
  const w = tf.variable(tf.zeros([3])), velocity = tf.variable(tf.zeros([3]), false);
  const update = { gradient: tf.zeros([2]), rate: tf.scalar(1), momentum: 0 };
  assert.throws(() => applySgd(w, { velocity }, update), /is \[2\], the variable \[3\]/);
  tf.dispose([w, velocity]);
});
