import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { compileEachShape } from "lib/engine/compile_each_shape.ts";
import { startEngine } from "lib/engine/engine.ts";

const { backend } = await startEngine();

Deno.test("compileEachShape gives each shape and type its own function, made when it is first met", () => {
  let captures = 0;
  using twice = compileEachShape((x) => {
    captures++;
    return [tf.mul(x, x.dtype === "int32" ? tf.scalar(2, "int32") : 2), tf.sum(x)];
  }, { name: "twice" });
  const inputs = [
    tf.tensor1d([1, 2]),
    tf.tensor2d([[1, 2, 3]]),
    tf.tensor1d([1, 2], "int32"),
    tf.tensor1d([1, 2, 3]),
  ];
  const ask = (x: tf.Tensor) =>
    tf.tidy(() => twice.run(x).map((answer) => [answer.dtype, ...answer.dataSync()]));
  const answers = inputs.map(ask);
  assert.deepEqual(answers[0], [["float32", 2, 4], ["float32", 3]]);
  assert.deepEqual(answers[1], [["float32", 2, 4, 6], ["float32", 6]]);
  assert.deepEqual(answers[2], [["int32", 2, 4], ["int32", 3]]);
  assert.deepEqual(answers[3], [["float32", 2, 4, 6], ["float32", 6]]);
  if (backend === "tensorflow") {
    const made = captures;
    assert.ok(made >= inputs.length);
    assert.deepEqual(inputs.map(ask), answers);
    assert.equal(captures, made, "what was met is not captured again");
  }
  tf.dispose(inputs);
});

Deno.test("compileEachShape tells inputs apart by the shapes of all of them", () => {
  using product = compileEachShape((a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), {
    name: "product",
  });
  for (const [rows, inner, columns] of [[1, 2, 3], [2, 2, 3], [1, 3, 3], [1, 2, 1]]) {
    tf.tidy(() => {
      const [answer] = product.run(tf.ones([rows, inner]), tf.ones([inner, columns]));
      assert.deepEqual(answer.shape, [rows, columns]);
      assert.ok(answer.dataSync().every((value) => value === inner));
    });
  }
});

Deno.test("compileEachShape reads variables anew at each run, and leaves no tensor behind", () => {
  const weight = tf.variable(tf.scalar(2)), x = tf.tensor1d([1, 2]), wide = tf.tensor1d([1, 2, 3]);
  const before = tf.memory().numTensors;
  {
    using scaled = compileEachShape((input) => tf.mul(input, weight), { name: "scaled" });
    const ask = (input: tf.Tensor) => tf.tidy(() => [...scaled.run(input)[0].dataSync()]);
    assert.deepEqual([ask(x), ask(wide)], [[2, 4], [2, 4, 6]]);
    tf.tidy(() => weight.assign(tf.scalar(3)));
    assert.deepEqual([ask(x), ask(wide)], [[3, 6], [3, 6, 9]]);
  }
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([weight, x, wide]);
});
