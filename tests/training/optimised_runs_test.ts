/** Runs with another optimiser and all options at once: resumed, ended by signals, kept, smoothed. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { stepInputs, stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { learn, trainingStep } from "lib/training/step.ts";
import { train } from "lib/training/train.ts";
import { inFolder } from "../in_folder.ts";
import { killCampaign } from "./kill_campaign.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();

/** One block: what is captured here is captured often. */
const ALONE = { backbone: "conv4", width: 1, blocks: 1 } as const;
const SMALL = vary(SMOKE, { ...ALONE, batchSize: 4, steps: 6 });

/** What the tests change, all of it beside Adam. */
const CHANGES = {
  optimiser: "sgd",
  learningRate: 1e-2,
  schedule: "linearDecay",
  nesterov: true,
  samRho: 0.05,
  clipNorm: 1,
  averageDecay: 0.5,
  labelSmoothing: 0.1,
  layerDecay: 0.9,
  frozen: "stage1",
} as const;
const ALL = vary(SMALL, CHANGES);

const source = () => cropSource(madeUpCrops(12), ALL);

const bits = (of: Learner["variables"]) =>
  Object.entries(of).map(([name, variable]) => [name, [...variable.dataSync()]]);

Deno.test("train with SGD, SAM, clipping and an average resumes bit for bit, and keeps the average", async () => {
  await inFolder(async (folder) => {
    using whole = createLearner(ALL);
    await using shown = source();
    const totals: number[] = [];
    for await (const { total } of train(whole, { source: shown, configuration: ALL })) {
      totals.push(total);
    }
    const stop = new AbortController();
    using first = createLearner(ALL);
    const options = { source: shown, configuration: ALL, folder, signal: stop.signal };
    for await (const { step } of train(first, options)) if (step === 2) stop.abort();
    using second = createLearner(ALL);
    const found: number[] = [];
    for await (const { total } of train(second, { source: shown, configuration: ALL, folder })) {
      found.push(total);
    }
    assert.deepEqual(found, totals);
    assert.deepEqual(bits(second.variables), bits(whole.variables));
    const names = Object.keys(whole.variables);
    assert.ok(names.includes("sgd.velocity.region_model1.stage2.conv.weight"));
    assert.ok(!names.some((name) => /^sgd\.velocity\..*stage1/.test(name)));
    using kept = await loadDetector(folder);
    assert.deepEqual(bits(kept.parameters), bits(whole.parameters));
    assert.notDeepEqual(bits(kept.parameters), bits(whole.trained));
    assert.ok(names.includes("average.region_model1.stage1.conv.weight"));
  });
});

Deno.test({
  name:
    "train with SGD, SAM and an average in micro-batches, killed at a random moment, ends in the same bits",
  ignore: Deno.build.os === "windows", // no SIGKILL, no SIGTERM
}, async () => {
  await inFolder(async (folder) => {
    const { outcomes, mostLost } = await killCampaign(folder, {
      kills: 1,
      steps: 80,
      changes: { ...ALONE, ...CHANGES, microBatchSize: 2 },
    });
    assert.deepEqual(outcomes, { killed: 1, ended: 0 });
    assert.ok(mostLost <= 3 + 1, `${mostLost} steps`);
  });
});

Deno.test("trainingStep smooths labels, and nothing else does", async () => {
  const configuration = vary(SMALL, {
    labelSmoothing: 0.2,
    augmentation: "none",
    mixup: 0,
    dropout: 0,
  });
  await using shown = cropSource(madeUpCrops(12), configuration);
  const batch = await shown.batch(0), rates = { optimiserStep: 1, factor: 1 };
  const numbers = stepNumbers(configuration, { step: 0, rates });
  using learner = createLearner(configuration);
  using other = createLearner(configuration);
  tf.tidy(() => {
    const images = normaliseImages(batch.images, configuration.detector.input.normalisation);
    const rows = [...batch.labels.dataSync()].map((label) => label === 1 ? [0.1, 0.9] : [0.9, 0.1]);
    const targets = { classes: tf.tensor2d(rows) };
    const expected = learn(other, { images, targets, ...numbers }, configuration);
    const found = trainingStep(learner, stepInputs(batch, numbers), configuration);
    for (const name of ["total", "crossEntropyGlobal"]) {
      const [a, b] = [found, expected].map((scalars) => scalars[name].dataSync()[0]);
      assert.ok(Math.abs(a - b) < 1e-6, `${name}: ${a}, ${b}`);
    }
  });
});

Deno.test("what a step takes of memory follows from the optimiser's slots", async () => {
  const { stepMemory } = await import("lib/training/step_memory.ts");
  const [adam, sgd, all] = await Promise.all([SMALL, vary(SMALL, { optimiser: "sgd" }), ALL].map(
    async (configuration) => (await stepMemory(configuration)).fixed,
  ));
  const { parameters, trainingState } = SMALL.detector;
  const numbers = [...parameters, ...trainingState]
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const each = 1.25 * 4 * numbers; // a number's, of float32, with what is made of it on the way
  assert.ok(Math.abs(adam - sgd - each) < 1);
  assert.ok(Math.abs(all - sgd - 2 * each) < 1); // the way up, and the average
});
