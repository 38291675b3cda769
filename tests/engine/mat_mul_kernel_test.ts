import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { startEngine } from "lib/engine/engine.ts";
import { recordedOperations } from "./recorded_operations.ts";

await startEngine();
const ignore = !capturingBackend(); // the kernel is TensorFlow's

const rows = [[1, 2, 3], [4, 5, 6]];

Deno.test("matMul multiplies two matrices as written out, transposed or not", () => {
  const columns = [[1, 4], [2, 5], [3, 6]];
  const wanted = rows.map((a) => rows.map((b) => a.reduce((sum, x, i) => sum + x * b[i], 0)));
  for (const [left, transposeA] of [[rows, false], [columns, true]] as const) {
    for (const [right, transposeB] of [[columns, false], [rows, true]] as const) {
      const product = tf.matMul(tf.tensor2d(left), tf.tensor2d(right), transposeA, transposeB);
      assert.deepEqual(product.arraySync(), wanted);
    }
  }
});

Deno.test({
  name: "matMul takes TensorFlow's product of matrices for two, and that of batches for more",
  ignore,
  fn: () => {
    const names = (work: (x: tf.Tensor) => tf.Tensor, shape: number[]) =>
      recordedOperations(work, tf.zeros(shape)).map(({ operation }) => operation);
    const product = (x: tf.Tensor) => tf.matMul(x, x, false, true);
    assert.ok(names(product, [2, 3]).includes("MatMul"));
    assert.ok(!names(product, [2, 3]).includes("BatchMatMulV2"));
    assert.ok(names(product, [5, 2, 3]).includes("BatchMatMulV2"));
    const slope = names(tf.grad((x) => tf.sum(product(x))), [2, 3]);
    assert.equal(slope.filter((name) => name === "MatMul").length, 3); // its own, and either factor's gradient
  },
});
