import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { openLayers, type Updates } from "lib/networks/layers.ts";
import { batchNormParameters, disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";

await startEngine();

/** Which of 64 units the first, second and third dropout of a step keep. */
function masks(seed: number, step: number): string[] {
  return tf.tidy(() => {
    const { dropout } = openLayers({}, {
      training: { seed: tf.tensor1d([seed, step], "int32"), updates: {} },
    });
    return [0, 1, 2].map(() => dropout(tf.ones([1, 64]), 0.5).dataSync().join(""));
  });
}

Deno.test("dropout draws other units in every layer, step and run, and the same when asked again", () => {
  const all = [1, 2, 3].flatMap((seed) => [0, 1, 2, 3].flatMap((step) => masks(seed, step)));
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(masks(2, 3), masks(2, 3));
});

Deno.test("layers drop nothing in inference, or at a rate of 0", () => {
  const x = tf.ones<tf.Rank.R2>([2, 8]);
  const images = tf.ones<tf.Rank.R4>([2, 2, 2, 1]);
  const inference = openLayers({}, {});
  assert.equal(inference.dropout(x, 0.9), x);
  assert.equal(inference.dropImages(images, 0.9), images);
  const training = openLayers({}, {
    training: { seed: tf.tensor1d([1, 2], "int32"), updates: {} },
  });
  assert.equal(training.dropout(x, 0), x);
});

Deno.test("a second pass with the same updates goes on from the first one's statistics", () => {
  const parameters = initialiseParameters(batchNormParameters("norm", 2), createRandom(1));
  const seed = tf.tensor1d([1, 2], "int32"), updates: Updates = {};
  const pass = (x: tf.Tensor2D) =>
    openLayers(parameters, { training: { seed, updates } }).batchNorm(x, "norm");
  const first = tf.tensor2d([[1, 10], [3, 30]]), second = tf.tensor2d([[-5, 0], [5, 4]]);
  const close = (name: string, expected: number[]) =>
    updates[`norm.running_${name}`].dataSync().forEach((value, i) =>
      assert.ok(Math.abs(value - expected[i]) < 1e-5 * Math.abs(expected[i]), `${name} ${value}`)
    );
  pass(first);
  // PyTorch's momentum of a tenth; running variances are unbiased: 2 and 200 of the first batch.
  close("mean", [0.2, 2]);
  close("var", [0.9 + 0.2, 0.9 + 20]);
  pass(second);
  close("mean", [0.9 * 0.2 + 0, 0.9 * 2 + 0.2]);
  close("var", [0.9 * 1.1 + 5, 0.9 * 20.9 + 0.8]);
  assert.deepEqual(Object.keys(updates), ["norm.running_mean", "norm.running_var"]);
  assert.deepEqual([...parameters["norm.running_mean"].dataSync()], [0, 0], "nothing is assigned");
  disposeParameters(parameters);
});
