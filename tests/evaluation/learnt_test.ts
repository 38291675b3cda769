import assert from "node:assert/strict";
import { chanceLimit, learntAuc } from "lib/evaluation/learnt.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { presetOf } from "lib/detectors/configuration.ts";
import { startEngine } from "lib/engine/engine.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import { QUICK_DATA } from "lib/settings/data_settings.ts";
import { QUICK_TRAINING } from "lib/settings/training_settings.ts";
import { createRandom } from "lib/random.ts";
import * as tf from "@tensorflow/tfjs";

/** Says how bright a picture is. */
const brightness = defineDetector<object, tf.Tensor1D>({
  name: "brightness",
  source: "this test",
  rules: { fields: {} },
  presets: { quick: { detector: {}, data: QUICK_DATA, training: QUICK_TRAINING } },
  build: () => ({
    input: { size: 8, normalisation: MINUS_ONE_TO_ONE },
    parameters: [],
    forward: (images) => tf.mean(images, [1, 2, 3]),
    loss: () => ({ total: tf.scalar(0), terms: {} }),
    logOdds: (outputs) => outputs,
    parts: () => [],
  }),
});

const crops = (levels: readonly number[]) =>
  levels.map((level, i) => ({
    image: { data: new Uint8Array(8 * 8 * 3).fill(level), width: 8, height: 8 },
    sample: {
      ...{ path: `${i}`, label: (i % 2) as 0 | 1, dataset: "mine", method: i % 2 ? "DF" : "real" },
      ...{ video: `${i >> 1}`, split: "test" as const, frame: 0, identities: [] },
    },
  }));

Deno.test("learntAuc hands out the AUC of a detector that tells the pictures, and refuses one that does not", async () => {
  await startEngine();
  const { detector } = presetOf(brightness), trained = { detector, parameters: {} };
  const asked = { name: "brightness", random: createRandom(1) };
  const brighter = crops(Array.from({ length: 40 }, (_, i) => 60 + 2 * i + 50 * (i % 2)));
  const { value, low, high } = await learntAuc(trained, { ...asked, crops: brighter });
  assert.ok(value > 0.7 && low <= value && value <= high);
  const alike = crops(Array.from({ length: 40 }, (_, i) => 60 + (i >> 1)));
  await assert.rejects(
    learntAuc(trained, { ...asked, crops: alike }),
    /brightness has not learnt.*AUC is 0\.500 on frames of 20 real and 20 fake videos, and 0\.70/,
  );
  const measured = await learntAuc(trained, { ...asked, crops: alike, refuse: false });
  assert.equal(measured.value, 0.5);
  const apart = alike.map((crop, i) => ({
    image: { ...crop.image, data: crop.image.data.map((value) => value + i % 2) },
    sample: { ...crop.sample, ...i % 2 ? { source: `${i - 1}` } : {} },
  })); // each fake a little brighter than its own source, and darker than most other reals
  const paired = await learntAuc(trained, { ...asked, crops: apart, against: "own source" });
  assert.equal(paired.value, 1);
  await assert.rejects(learntAuc(trained, { ...asked, crops: apart }), /AUC is 0\.5/);
  const few = crops([10, 20, 15, 30]); // an AUC of 0.75, which chance reaches with two of each
  await assert.rejects(learntAuc(trained, { ...asked, crops: few }), /and 1\.15 is asked for/);
});

Deno.test("chanceLimit is half and two deviations of the AUC of scores that know nothing", () => {
  const random = createRandom(4, "chance"), [real, fake] = [12, 30];
  const aucs = Array.from({ length: 4000 }, () => {
    const [reals, fakes] = [real, fake].map((n) => Array.from({ length: n }, random.uniform));
    const right = fakes.reduce((sum, f) => sum + reals.filter((r) => r < f).length, 0);
    return right / (real * fake);
  });
  const deviation = Math.sqrt(aucs.reduce((sum, a) => sum + (a - 0.5) ** 2, 0) / aucs.length);
  assert.ok(Math.abs((chanceLimit({ real, fake }) - 0.5) / (2 * deviation) - 1) < 0.05);
});
