/** Long runs hold no more than short ones. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { adamNumbers, applyAdam } from "lib/engine/adam.ts";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { collectGarbage } from "lib/engine/collect_garbage.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";

const MEGABYTE = 1e6;
const held = () => ({
  tensors: tf.memory().numTensors,
  handles: capturingBackend()!.eager.handleCount(),
});

/** Resident memory in MB without what only waits to be collected: a read value is garbage at once. */
function residentMemory(): number {
  collectGarbage(capturingBackend()!.eager.native);
  return Deno.memoryUsage().rss / MEGABYTE;
}

/** Runs `work` many times; afterwards it must hold what it held after the first tenth. */
function assertBounded(times: number, work: (k: number) => void): void {
  let k = 0;
  for (; k < times / 10; k++) work(k);
  const before = held(), resident = residentMemory();
  for (; k < times; k++) work(k);
  assert.deepEqual(held(), before);
  const growth = residentMemory() - resident;
  assert.ok(growth < 60, `grew by ${growth.toFixed(0)} MB`); // a leak of one 40 kB tensor a time: 360
}

Deno.test("10,000 operations leave nothing behind", { ignore }, () => {
  const x = tf.ones([100, 100]);
  assertBounded(10_000, (k) => tf.tidy(() => void tf.add(x, k)));
  x.dispose();
});

Deno.test("10,000 uploads and reads of numbers and texts leave nothing behind", { ignore }, () => {
  const numbers = new Float32Array(10_000);
  assertBounded(10_000, (k) =>
    tf.tidy(() => {
      if (k % 10 === 0) tf.equal(tf.tensor1d(["a text", `${k}`]), "a text").dataSync();
      tf.neg(tf.tensor1d(numbers)).dataSync();
    }));
});

Deno.test("500 captured steps leave nothing behind, also with eager reads in between", {
  ignore,
}, () => {
  const weight = tf.tidy(() => tf.variable(tf.ones([100, 100])));
  const zeros = () => tf.tidy(() => tf.variable(tf.zeros([100, 100]), false));
  const slots = { m: zeros(), v: zeros() }, mean = zeros();
  const decay = { beta1: 0.9, beta2: 0.999 };
  const numbers = (k: number) =>
    adamNumbers(k + 1, { ...decay, learningRate: 0.01, epsilon: 1e-8 });
  const inputs = (k: number) => [
    tf.fill([100, 100], k / 500),
    tf.scalar(numbers(k).stepSize),
    tf.scalar(numbers(k).epsilon),
  ];
  const example = inputs(0);
  const step = compileStep((x, stepSize, epsilon) => {
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(tf.sub(tf.matMul(weight as tf.Tensor2D, x), 1))) as tf.Scalar,
      [weight],
    );
    applyAdam(weight, slots, {
      gradient: grads[weight.name],
      step: { ...decay, stepSize: stepSize as tf.Scalar, epsilon: epsilon as tf.Scalar },
    });
    mean.assign(tf.add(tf.mul(mean, 0.9), tf.mul(x, 0.1)) as tf.Tensor2D);
    return value;
  }, example);
  example.forEach((t) => t.dispose());
  assertBounded(500, (k) =>
    tf.tidy(() => {
      step(...inputs(k))[0].dataSync();
      if (k % 10 === 9) tf.sum(weight as tf.Tensor).dataSync();
      if (k % 50 === 0) weight.assign(tf.mul(weight, 0.99) as tf.Tensor2D);
    }));
  step.dispose();
  tf.dispose([weight, slots, mean]);
});
