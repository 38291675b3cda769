import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { gradientsAt } from "lib/engine/gradients_at.ts";

await startEngine();

Deno.test("gradientsAt is variableGrads for variables, grad for tensors, and leaves out what is not used", () => {
  const w = tf.variable(tf.tensor1d([1, -2, 3]));
  tf.tidy(() => {
    const x = tf.tensor1d([0.5, 4, -1]), idle = tf.tensor1d([7]);
    const f = () => tf.sum(tf.mul(tf.exp(x), tf.square(w as tf.Tensor))) as tf.Scalar;
    const { value, gradients } = gradientsAt(f, { w, idle, x });
    assert.deepEqual(Object.keys(gradients), ["w", "x"]);
    const expected = tf.variableGrads(f, [w]);
    assert.deepEqual(gradients.w.dataSync(), expected.grads[w.name].dataSync());
    assert.deepEqual(value.dataSync(), expected.value.dataSync());
    const ofX = tf.grad((y) => tf.sum(tf.mul(tf.exp(y), tf.square(w as tf.Tensor))))(x);
    assert.deepEqual(gradients.x.dataSync(), ofX.dataSync());
  });
  w.dispose();
});
