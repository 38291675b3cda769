import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { addTo } from "lib/engine/add_to.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";

await startEngine();

Deno.test("addTo adds alike eagerly and captured, in which the sum cannot be read afterwards", () => {
  const sum = tf.variable(tf.tensor1d([1, 2])), more = tf.tensor1d([0.5, -4]);
  addTo(sum, more);
  assert.deepEqual([...sum.dataSync()], [1.5, -2]);
  const add = compileStep((x) => {
    addTo(sum, x);
    return tf.sum(x);
  }, [more]);
  for (let i = 0; i < 2; i++) tf.dispose(add(more));
  assert.deepEqual([...sum.dataSync()], [2.5, -10]);
  assert.throws(() => addTo(sum, tf.zeros([3])), /\[3\] cannot be added to a variable of \[2\]/);
  const read = (x: tf.Tensor) => {
    addTo(sum, x);
    return tf.add(sum as tf.Tensor, 1);
  };
  assert.throws(() => compileStep(read, [more]), /read in a captured step after its update/);
  add.dispose();
});
