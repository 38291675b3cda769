import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { handOver } from "lib/engine/hand_over.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters, linearParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";

const { backend } = await startEngine();
const ignore = backend !== "tensorflow";

Deno.test(
  "handOver keeps no second copy: values are on the device, the array is empty",
  { ignore },
  () => {
    const values = Float32Array.of(1, 2, 3, 4), tensor = handOver(values, [2, 2]);
    assert.equal(values.length, 0);
    assert.equal(capturingBackend()!.tensorMap.get(tensor.dataId).values, null);
    assert.deepEqual(tensor.arraySync(), [[1, 2], [3, 4]]);
    tensor.dispose();
  },
);

Deno.test("handOver leaves an array alone that is a part of another one's memory", () => {
  const all = Float32Array.of(0, 1, 2), tensor = handOver(all.subarray(1), [2]);
  assert.deepEqual([...all], [0, 1, 2]);
  assert.deepEqual([...tensor.dataSync()], [1, 2]);
  assert.throws(() => handOver(Float32Array.of(1), [2]), /shape/i);
  tensor.dispose();
});

Deno.test("handOver while a function is captured makes a constant of it", () => {
  const x = tf.tensor1d([1, 2]);
  const run = compile((x) => tf.add(x, handOver(Float32Array.of(10, 20), [2])), [x]);
  for (let time = 0; time < 2; time++) assert.deepEqual([...run(x)[0].dataSync()], [11, 22]);
  run.dispose();
});

Deno.test("initialiseParameters has its weights on the device alone", { ignore }, () => {
  const specifications = linearParameters("head", { inputs: 3, outputs: 2 });
  const parameters = initialiseParameters(specifications, createRandom(1));
  for (const { dataId } of Object.values(parameters)) {
    assert.equal(capturingBackend()!.tensorMap.get(dataId).values, null);
  }
  disposeParameters(parameters);
});
