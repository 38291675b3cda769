import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import {
  batchNormParameters,
  disposeParameters,
  isLearnt,
  type ParameterRole,
} from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";

await tf.setBackend("cpu");

const of = (role: ParameterRole, shape: number[] = [5]) => ({ name: role, shape, role, fanIn: 4 });

Deno.test("initialiseParameters begins loss weights at 1 and buffers at 0, and only the first are learnt", () => {
  const parameters = initialiseParameters(
    [of("lossWeight", [3]), of("buffer", [2, 4])],
    createRandom(1),
  );
  assert.deepEqual([...parameters.lossWeight.dataSync()], [1, 1, 1]);
  assert.deepEqual([...parameters.buffer.dataSync()], Array(8).fill(0));
  assert.deepEqual(parameters.buffer.shape, [2, 4]);
  assert.deepEqual([parameters.lossWeight.trainable, parameters.buffer.trainable], [true, false]);
  disposeParameters(parameters);
});

Deno.test("initialiseParameters begins a batch norm as one that changes nothing", () => {
  const parameters = initialiseParameters(batchNormParameters("norm", 2), createRandom(1));
  const values = Object.values(parameters).map((variable) => [...variable.dataSync()]);
  assert.deepEqual(values, [[1, 1], [0, 0], [0, 0], [1, 1]]);
  assert.deepEqual(Object.values(parameters).map(({ trainable }) => trainable), [
    true,
    true,
    false,
    false,
  ]);
  disposeParameters(parameters);
});

Deno.test("initialiseParameters draws numbers for the rest, the same for the same seed", () => {
  const drawn: ParameterRole[] = ["matrix", "uniformFilter", "bias", "idle"];
  for (const role of drawn) {
    const [one, again, other] = [1, 1, 2].map((seed) =>
      initialiseParameters([of(role, [50])], createRandom(seed))[role]
    );
    assert.deepEqual(one.dataSync(), again.dataSync());
    assert.notDeepEqual(one.dataSync(), other.dataSync());
    assert.ok(one.dataSync().every((x) => Math.abs(x) <= 0.5 && x !== 0)); // 1/√4
    assert.equal(one.trainable, isLearnt(role));
  }
  assert.ok(!isLearnt("idle") && isLearnt("matrix"));
});

Deno.test("initialiseParameters refuses a name that comes twice", () => {
  assert.throws(() => initialiseParameters([of("bias"), of("bias")], createRandom(1)), {
    name: "TypeError",
    message: /Two parameters are named bias/,
  });
});
