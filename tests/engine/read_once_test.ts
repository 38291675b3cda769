import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { readOnce } from "lib/engine/read_once.ts";

const { backend } = await startEngine();

Deno.test("readOnce frees what it copied from the device, and the tensor stays", {
  ignore: backend !== "tensorflow",
}, async () => {
  const doubled = tf.mul(tf.tensor1d([1, 2]), 2);
  const seen = await readOnce(doubled, (values) => ({ values, sum: values[0] + values[1] }));
  assert.equal(seen.sum, 6);
  assert.equal(seen.values.length, 0);
  assert.equal(await readOnce(doubled, ([first]) => first), 2);
});

Deno.test("readOnce frees no array that a tensor still holds", async () => {
  const tensor = tf.tensor1d(Float32Array.of(1, 2)); // uploaded when it is first computed with
  assert.equal(await readOnce(tensor, ([, second]) => second), 2);
  assert.deepEqual([...tf.neg(tensor).dataSync()], [-1, -2]);
});
