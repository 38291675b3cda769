/** Scoring pictures: in batches, from files, in memory that does not grow. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { SMOKE, vary } from "lib/config.ts";
import type { Crop } from "lib/data/samples.ts";
import { ImageError } from "lib/media/image_error.ts";
import { writeImage } from "lib/media/write_image.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { scoreCrops } from "lib/evaluation/score_crops.ts";
import { createDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { createRandom } from "lib/random.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();
const configuration = vary(SMOKE, { batchSize: 4 });
const parameters = createDetector(configuration, createRandom(3, "weights"));
const detector = { parameters, configuration };

Deno.test("predict gives each crop the score it has alone, with its record, whatever the batches", async () => {
  const crops = madeUpCrops(10);
  const before = tf.memory().numTensors;
  const alone: number[] = [];
  for (const crop of crops) alone.push(...await scoreCrops([crop], detector));
  using predictor = openPredictor(detector);
  const rows = await Array.fromAsync(predictor.predict(crops));
  assert.deepEqual(rows.map((row) => row.path), crops.map((crop) => crop.sample.path));
  rows.forEach((row, i) => assert.ok(Math.abs(row.score - alone[i]) < 1e-6));
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("predict reads the variables anew at each batch", async () => {
  using predictor = openPredictor(detector);
  const score = async () => (await Array.fromAsync(predictor.predict(madeUpCrops(1))))[0].score;
  const first = await score();
  const bias = parameters["linear.1.bias"];
  const kept = tf.tidy(() => bias.clone());
  tf.tidy(() => bias.assign(tf.add(bias as tf.Tensor, tf.tensor1d([0, 2]))));
  assert.ok(await score() > first + 0.05);
  bias.assign(kept);
  kept.dispose();
  assert.equal(await score(), first);
});

Deno.test("predict holds one batch at a time, also when left early", async () => {
  let read = 0;
  let closed = false;
  async function* source() {
    try {
      while (true) yield madeUpCrops(1).map((crop): Crop => (read++, crop))[0];
    } finally {
      closed = true;
    }
  }
  using predictor = openPredictor(detector);
  let seen = 0;
  for await (const _ of predictor.predict(source())) {
    assert.ok(read <= seen + configuration.batchSize, `${read} read after ${seen}`);
    if (++seen === 9) break;
  }
  assert.ok(closed);
});

Deno.test("predict refuses pictures of another size by name", async () => {
  using predictor = openPredictor(detector);
  const [{ image, sample }] = madeUpCrops(1);
  const wide = { image: { ...image, width: 64, height: 16 }, sample: { ...sample, path: "wide" } };
  await assert.rejects(Array.fromAsync(predictor.predict([wide])), {
    name: "TypeError",
    message: /"wide" is 64 × 16.*32 × 32/,
  });
});

Deno.test("predictFiles gives files the scores of their pictures, and says what it cannot read", async () => {
  await inFolder(async (folder) => {
    const crops = madeUpCrops(6);
    for (const { image, sample } of crops) {
      await writeImage(join(folder, `${sample.path}.png`), image);
    }
    const samples = crops.map(({ sample }) => ({ ...sample, path: `${sample.path}.png` }));
    using predictor = openPredictor(detector);
    const before = tf.memory().numTensors;
    const rows = await Array.fromAsync(predictor.predictFiles(samples, { root: folder }));
    assert.deepEqual(rows.map((row) => row.path), samples.map((sample) => sample.path));
    const expected = await scoreCrops(crops, detector);
    rows.forEach((row, i) => assert.ok(Math.abs(row.score - expected[i]) < 1e-6));
    assert.equal(tf.memory().numTensors, before);

    const damaged = [samples[0], { ...samples[1], path: "missing.png" }, samples[2]];
    await assert.rejects(
      Array.fromAsync(predictor.predictFiles(damaged, { root: folder })),
      (error: Error) => error instanceof ImageError && error.message.includes("missing.png"),
    );
    const heard: string[] = [];
    const onUnreadable = (sample: { path: string }) => heard.push(sample.path);
    const rest = predictor.predictFiles(damaged, { root: folder, onUnreadable });
    assert.deepEqual((await Array.fromAsync(rest)).map((row) => row.path), ["0.png", "2.png"]);
    assert.deepEqual(heard, ["missing.png"]);
  });
});
