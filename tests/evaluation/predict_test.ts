/** Scoring pictures: in batches, from files, in memory that does not grow. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { presetOf } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { xception } from "lib/detectors/xception.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import type { Crop } from "lib/data/samples.ts";
import { ImageError } from "lib/media/image_error.ts";
import { writeImage } from "lib/media/write_image.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor, scoreCrops } from "lib/evaluation/predict.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();
const batchSize = 4;
const parameters = initialiseParameters(SMOKE.detector.parameters, createRandom(3, "weights"));
const detector = { detector: SMOKE.detector, parameters };

Deno.test("predict gives each crop the score it has alone, with its record, whatever the batches", async () => {
  const crops = madeUpCrops(10);
  const before = tf.memory().numTensors;
  const alone: number[] = [];
  for (const crop of crops) alone.push(...await scoreCrops([crop], detector));
  using predictor = openPredictor(detector, { batchSize });
  const rows = await Array.fromAsync(predictor.predict(crops));
  assert.deepEqual(rows.map((row) => row.path), crops.map((crop) => crop.sample.path));
  rows.forEach((row, i) => assert.ok(Math.abs(row.score - alone[i]) < 1e-6));
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("predict reads the variables anew at each batch", async () => {
  using predictor = openPredictor(detector, { batchSize });
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

Deno.test("predict takes a detector over: the same scores in full batches, in files and in memory", async () => {
  const crops = madeUpCrops(10), wanted = await scoreCrops(crops, detector);
  const before = tf.memory().numTensors;
  using folded = foldedDetector(detector);
  using predictor = openPredictor(folded, { batchSize, takesOver: true });
  const check = (rows: { score: number }[]) => {
    assert.equal(rows.length, wanted.length);
    rows.forEach((row, i) => assert.ok(Math.abs(row.score - wanted[i]) < 1e-6));
  };
  check(await Array.fromAsync(predictor.predict(crops)));
  await inFolder(async (folder) => {
    const samples = await Promise.all(crops.map(async ({ image, sample }, i) => {
      await writeImage(join(folder, `${i}.png`), image);
      return { ...sample, path: `${i}.png` };
    }));
    check(await Array.fromAsync(predictor.predictFiles(samples, { root: folder })));
  });
  folded[Symbol.dispose]();
  assert.equal(tf.memory().numTensors, before);
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
  using predictor = openPredictor(detector, { batchSize });
  let seen = 0;
  for await (const _ of predictor.predict(source())) {
    assert.ok(read <= seen + batchSize, `${read} read after ${seen}`);
    if (++seen === 9) break;
  }
  assert.ok(closed);
});

Deno.test("predict refuses pictures of another size by name", async () => {
  using predictor = openPredictor(detector, { batchSize });
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
    using predictor = openPredictor(detector, { batchSize });
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

Deno.test("predictFiles has the next batch on the device while one is scored, and frees it when left early", async () => {
  await inFolder(async (folder) => {
    const samples = madeUpCrops(12).map(({ sample }) => ({ ...sample, path: "0.png" }));
    await writeImage(join(folder, "0.png"), madeUpCrops(1)[0].image);
    using predictor = openPredictor(detector, { batchSize });
    const before = tf.memory().numTensors;
    let seen = 0;
    for await (const _ of predictor.predictFiles(samples, { root: folder })) {
      if (++seen === 1) assert.ok(tf.memory().numTensors > before); // the first batch is freed by now
      if (seen === 6) break;
    }
    assert.equal(tf.memory().numTensors, before);
  });
});

Deno.test("a photograph alone runs as a batch of one, whatever batch the detector was trained with", async () => {
  // What a captured function is asked to run shows in the shapes that the detector's forward pass sees.
  const seen: number[] = [];
  const watched: typeof detector = {
    ...detector,
    detector: {
      ...detector.detector,
      forward: (
        images,
        ...more
      ) => (seen.push(images.shape[0]), SMOKE.detector.forward(images, ...more)),
    },
  };
  using predictor = openPredictor(watched);
  await Array.fromAsync(predictor.predict(madeUpCrops(1)));
  assert.deepEqual([...new Set(seen)], [1]);
  await Array.fromAsync(predictor.predict(madeUpCrops(3)));
  assert.deepEqual([...new Set(seen)], [1, 4]);
  await Array.fromAsync(predictor.predict(madeUpCrops(33)));
  assert.deepEqual([...new Set(seen)], [1, 4, 32]); // 32 and one more
});

Deno.test("predict gives an Xception's crops the log-odds of its own forward pass", async () => {
  const { detector } = presetOf(xception, "smoke");
  const parameters = initialiseParameters(detector.parameters, createRandom(5));
  const crops = madeUpCrops(5);
  using predictor = openPredictor({ detector, parameters }, { batchSize });
  const rows = await Array.fromAsync(predictor.predict(crops));
  for (const [i, { image: { data } }] of crops.entries()) {
    const [real, fake] = tf.tidy(() => {
      const pixels = tf.tensor4d(Float32Array.from(data), [1, 32, 32, 3]);
      const x = tf.sub(tf.div(pixels, 127.5), 1) as tf.Tensor4D; // −1 to 1
      return detector.forward(x, parameters).dataSync();
    });
    assert.ok(Math.abs(rows[i].logOdds - (fake - real)) < 1e-5);
    assert.ok(Math.abs(rows[i].score - 1 / (1 + Math.exp(real - fake))) < 1e-6);
  }
  disposeParameters(parameters);
});
