import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { openLayers } from "lib/networks/layers.ts";

await startEngine();

/** Which of 64 units the first, second and third dropout of a step keep. */
function masks(seed: number, step: number): string[] {
  return tf.tidy(() => {
    const { dropout } = openLayers({}, { training: { seed: tf.tensor1d([seed, step], "int32") } });
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
  const training = openLayers({}, { training: { seed: tf.tensor1d([1, 2], "int32") } });
  assert.equal(training.dropout(x, 0), x);
});
