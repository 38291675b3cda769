import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { dropout, statelessNormal, statelessUniform } from "lib/engine/stateless_random.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";
const COUNT = 100_000;
const seed = (a: number, b = 0) => tf.tensor1d([a, b], "int32");

function moments(x: tf.Tensor): { mean: number; variance: number } {
  const values = Array.from(x.dataSync());
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length };
}

/** Bounds of five standard errors: a right generator fails once in two million seeds. */
async function checkStatistics() {
  const uniform = moments(statelessUniform([COUNT], seed(1, 2)));
  assert.ok(Math.abs(uniform.mean - 0.5) < 5 * Math.sqrt(1 / 12 / COUNT));
  assert.ok(Math.abs(uniform.variance - 1 / 12) < 5 * Math.sqrt(1 / 180 / COUNT));
  const normal = moments(statelessNormal([COUNT], seed(1, 2)));
  assert.ok(Math.abs(normal.mean) < 5 * Math.sqrt(1 / COUNT));
  assert.ok(Math.abs(normal.variance - 1) < 5 * Math.sqrt(2 / COUNT));
  const values = await statelessUniform([COUNT], seed(1, 2)).data();
  assert.ok(values.every((v) => v >= 0 && v < 1));
}

Deno.test("statelessUniform and statelessNormal have the moments of their distributions", () =>
  checkStatistics());

Deno.test(
  "stateless numbers are TensorFlow's on the plain cpu backend, whatever the seed and count",
  {
    ignore,
  },
  async () => {
    const draw = () =>
      [[1, 2], [-7, 3], [2 ** 31 - 1, -(2 ** 31)]].flatMap(([a, b]) =>
        [1, 6, 1001].flatMap((count) => [
          [...statelessUniform([count], seed(a, b)).dataSync()],
          [...statelessNormal([count, 2], seed(a, b)).dataSync()],
        ])
      );
    const expected = draw();
    await tf.setBackend("cpu");
    try {
      for (const [i, numbers] of draw().entries()) {
        const isUniform = i % 2 === 0, apart = numbers.map((x, k) => Math.abs(x - expected[i][k]));
        assert.ok(Math.max(...apart) <= (isUniform ? 0 : 2e-6), `case ${i}: ${Math.max(...apart)}`);
      }
      await checkStatistics();
    } finally {
      await tf.setBackend(backend);
    }
  },
);

Deno.test("stateless numbers follow from the seed alone, each half of it counts", () => {
  for (const draw of [statelessUniform, statelessNormal]) {
    const numbers = (a: number, b: number) => [...draw([8], seed(a, b)).dataSync()];
    assert.deepEqual(numbers(4, 5), numbers(4, 5));
    assert.notDeepEqual(numbers(4, 5), numbers(4, 6));
    assert.notDeepEqual(numbers(4, 5), numbers(5, 5));
  }
});

Deno.test("stateless numbers are the same captured, and new for each seed", { ignore }, () => {
  const code = (s: tf.Tensor) => [
    statelessUniform([6], s as tf.Tensor1D),
    statelessNormal([6], s as tf.Tensor1D),
    dropout(tf.ones([6]), 0.5, s as tf.Tensor1D),
  ];
  const captured = compile(code, [seed(0)]);
  const read = (tensors: tf.Tensor[]) => tensors.map((t) => [...t.dataSync()]);
  for (let k = 0; k < 3; k++) assert.deepEqual(read(captured(seed(7, k))), read(code(seed(7, k))));
  assert.notDeepEqual(read(captured(seed(7, 0))), read(captured(seed(7, 1))));
  captured.dispose();
});

Deno.test("a seed must be two int32 numbers", () => {
  assert.throws(() => statelessUniform([2], tf.tensor1d([1, 2])), /two int32 numbers, not float32/);
  assert.throws(() => statelessNormal([2], tf.tensor1d([1], "int32")), /not int32 \[1\]/);
});

Deno.test("dropout zeroes the given share, scales the rest, and the gradient likewise", () => {
  const x = tf.ones([COUNT]), s = seed(9);
  const y = dropout(x, 0.3, s).dataSync();
  const gradient = tf.grad((z) => tf.sum(dropout(z, 0.3, s)))(x).dataSync();
  const zeros = Array.from(y).filter((v) => v === 0).length;
  assert.ok(Math.abs(zeros / COUNT - 0.3) < 5 * Math.sqrt(0.21 / COUNT));
  assert.ok(y.every((v) => v === 0 || Math.abs(v - 1 / 0.7) < 1e-6));
  assert.deepEqual(gradient, y);
});

Deno.test("dropout of rate 0 is a copy; of rate 1 a RangeError", () => {
  const x = tf.tensor1d([1, 2]);
  assert.deepEqual([...dropout(x, 0, seed(1)).dataSync()], [1, 2]);
  assert.throws(() => dropout(x, 1, seed(1)), RangeError);
});
