/** Detectors with their norms and adapters merged: the same answers and maps, from weights that are held once. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { detectorKind } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { openPartMapper } from "lib/explain/part_maps.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();

/** The smallest network of a kind for pictures of 32 pixels, with weights and statistics that differ from 0 and 1. */
function made(name: string, changes: Record<string, unknown> = {}): TrainedDetector {
  const base = presetOf(detectorKind(name), "smoke");
  const { detector }: Configuration = vary(base, changes);
  const parameters = initialiseParameters(detector.parameters, createRandom(1, "weights"));
  const random = createRandom(2, "statistics");
  for (const { name, role, shape, adapter } of detector.parameters) {
    const isVariance = role === "runningVariance";
    if (!isVariance && role !== "runningMean" && role !== "scale" && !adapter) continue;
    const size = shape.reduce((a, b) => a * b, 1);
    const draw = () => isVariance ? 0.5 + random.uniform() : 0.3 * random.normal();
    tf.tidy(() =>
      parameters[name].assign(tf.tensor(Array.from({ length: size }, draw), [...shape]))
    );
  }
  return { detector, parameters };
}

const crops = madeUpCrops(2);

const answers = async (trained: TrainedDetector) => {
  using predictor = openPredictor(trained);
  using mapper = openPartMapper({ ...trained, batchSize: 2 });
  const scores = await Array.fromAsync(predictor.predict(crops), ({ logOdds }) => logOdds);
  const maps = (await mapper.maps(crops)).flatMap(({ whole, parts }) => [whole, ...parts]);
  return { scores, maps: maps.flat(2) };
};

/** Float32's rounding over a network's depth, as a share of the largest value. */
const ROUNDING = 5e-5;

for (
  const [name, changes] of [
    ["exposing_the_deception", { backbone: "conv4", width: 1, blocks: 2 }],
    ["sbi", {}], // its part is a convolution with a norm behind it
    ["mesonet", { imageSize: 32 }], // norms behind activations
    ["foundation_encoder", { tuning: "lora" }],
    ["ost", {}], // learns from each picture that it scores
  ] as const
) {
  Deno.test(`foldedDetector of ${name} answers and explains as the original`, async () => {
    const original = made(name, changes), bytes = tf.memory().numBytes;
    const wanted = await answers(original);
    using folded = foldedDetector(original, { takesOver: true });
    assert.ok(tf.memory().numBytes <= bytes, "weights are held once");
    assert.ok(Object.values(original.parameters).every(({ isDisposed }) => isDisposed));
    const found = await answers(folded);
    for (const part of ["scores", "maps"] as const) {
      const largest = Math.max(...wanted[part].map(Math.abs));
      assert.ok(largest > 0);
      found[part].forEach((value, i) => {
        const off = Math.abs(value - wanted[part][i]) / largest;
        assert.ok(off < ROUNDING, `${part}: off by ${off}`);
      });
    }
  });
}

Deno.test("a detector that changes after it was folded is scored as it is now; its fold stays, and cannot learn", async () => {
  const original = made("exposing_the_deception", { backbone: "conv4", width: 1, blocks: 1 });
  using folded = foldedDetector(original);
  using before = openPredictor(folded);
  using live = openPredictor(original);
  const scores = (predictor: typeof live) =>
    Array.fromAsync(predictor.predict(crops), ({ logOdds }) => logOdds);
  const [first] = await scores(live);
  for (const one of Object.values(original.parameters)) {
    if (String(one.shape) !== "2") continue; // biases of heads
    tf.tidy(() => one.assign(tf.add(one as tf.Tensor, tf.tensor1d([0, 3]))));
  }
  assert.ok(Math.abs((await scores(before))[0] - first) < ROUNDING * Math.max(1, Math.abs(first)));
  assert.notEqual((await scores(live))[0], first);
  using anew = foldedDetector(original, { takesOver: true });
  using renewed = openPredictor(anew);
  const [changed] = await scores(renewed);
  assert.ok(Math.abs(changed - first) > 1e-3);
  await assert.rejects(() => scores(live), /disposed/); // never the old values without a word
  const training = { seed: tf.tensor1d([1, 2], "int32"), updates: {} };
  const pictures = tf.zeros<tf.Rank.R4>([2, 32, 32, 3]);
  assert.throws(
    () => anew.detector.forward(pictures, anew.parameters, { training }),
    /no batch norm to train/,
  );
});
