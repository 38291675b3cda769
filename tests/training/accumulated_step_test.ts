/** Gradient accumulation: what a batch in micro-batches teaches, against the whole batch at once. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { startEngine } from "lib/engine/engine.ts";
import { gradientsAt } from "lib/engine/gradients_at.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import { classTargets } from "lib/losses/class_targets.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "./made_up_crops.ts";
import { taught, valuesOf } from "./taught.ts";

await startEngine();

/** No batch norm and no dropout: what a batch teaches does not depend on how it is passed over. */
const ENCODER = vary(presetOf(foundationEncoder, "smoke"), {
  batchSize: 8,
  mixup: 0.5,
  augmentation: "all",
  learningRate: 0.01,
});

/** What rounding in float32 leaves between two orders of the same sums; a wrong weight would be above 0.1. */
const ROUNDING = 2e-3;

/** The largest difference of two runs in a variable, as a share of the largest change of it. */
function worst(
  a: Awaited<ReturnType<typeof taught>>,
  b: typeof a,
  isCompared: (name: string) => boolean = () => true,
): number {
  let largest = 0;
  for (const [name, values] of Object.entries(a.last)) {
    if (!isCompared(name)) continue;
    let change = 1e-6, apart = 0;
    values.forEach((value, i) => {
      change = Math.max(change, Math.abs(value - a.first[name][i]));
      apart = Math.max(apart, Math.abs(value - b.last[name][i]));
    });
    largest = Math.max(largest, apart / change);
  }
  return largest;
}

const SGD = { optimiser: "sgd", momentum: 0.5 } as const;

for (
  const [title, changes, isCompared] of [
    ["SAM, clipping, an average, and terms of pairs", {
      ...SGD,
      ...{ samRho: 0.05, clipNorm: 0.1, averageDecay: 0.5 },
      ...{ alignmentWeight: 0.1, uniformityWeight: 0.5 },
    }],
    // Adam divides by the gradient's own size, so weights without any go where rounding says.
    ["Adam, a loss that is a mean", {}, (name: string) => name.startsWith("adam.")],
  ] as const
) {
  Deno.test(`captureTrainingStep learns the same from micro-batches: ${title}`, async () => {
    const configuration = vary(ENCODER, changes);
    const whole = await taught(configuration, 2);
    const parts = await taught(vary(configuration, { microBatchSize: 2 }), 2);
    const error = worst(whole, parts, isCompared);
    assert.ok(error < ROUNDING, `${error}`);
    for (const [step, scalars] of whole.scalars.entries()) {
      const found = parts.scalars[step];
      assert.deepEqual(Object.keys(found), Object.keys(scalars));
      for (const [name, value] of Object.entries(scalars)) {
        assert.ok(Math.abs(found[name] - value) < 1e-4 * Math.abs(value), name);
      }
    }
    if (!("uniformityWeight" in changes)) return;
    const detector = { ...configuration.detector, microBatches: "mean" as const };
    const naive = vary({ ...configuration, detector } as Configuration, { microBatchSize: 2 });
    const wrong = await taught({ ...naive, detector }, 2);
    assert.ok(worst(whole, wrong) > 50 * ROUNDING, "the mean of parts' losses is another one");
  });
}

/** The paper's detector with its study's backbone, whose batch norms see a micro-batch at a time. */
const PAPER = vary(SMOKE, {
  ...{ backbone: "conv4", width: 1, blocks: 2, dropout: 0 },
  ...{ batchSize: 8, microBatchSize: 4, steps: 5 },
});

Deno.test("captureTrainingStep, with batch norm, teaches the whole batch's loss of micro-batches' outputs", async () => {
  const configuration = vary(PAPER, { ...SGD, mixup: 0, augmentation: "none", momentum: 0 });
  const { detector, training } = configuration;
  const { first, last } = await taught(configuration, 1);
  await using source = cropSource(madeUpCrops(16), configuration);
  using learner = createLearner(configuration);
  const { images, labels } = await source.batch(0), { learnt, slots } = learner;
  const updates = {};
  const { gradients } = gradientsAt(() => {
    const x = normaliseImages(images, detector.input.normalisation);
    const of = (from: number) =>
      detector.forward(tf.slice(x, from, 4), learnt, {
        training: { seed: tf.tensor1d([0, 0], "int32"), updates },
      });
    const halves = [of(0), of(4)].map(tensorsIn);
    const both = halves[0].map((half, i) => tf.concat([half, halves[1][i]]));
    const outputs = replaceTensors(of(0), both), targets = { classes: classTargets(labels, 0) };
    return detector.loss({ images, targets, parameters: learnt, forward: () => outputs, updates })
      .total;
  }, Object.fromEntries(Object.keys(slots).map((name) => [name, learnt[name] as tf.Tensor])));
  for (const [name, gradient] of Object.entries(gradients)) {
    const wanted = tf.add(gradient, tf.mul(learnt[name], training.weightDecay)).dataSync();
    const rate = detector.ownRates[name] ?? training.learningRate,
      largest = Math.max(...wanted.map(Math.abs));
    wanted.forEach((g, i) => {
      const moved = (first[name][i] - last[name][i]) / rate;
      assert.ok(Math.abs(moved - g) < 1e-3 * largest + 1e-4, `${name}: ${moved}, ${g}`);
    });
  }
});

Deno.test("train in micro-batches resumes bit for bit", async () => {
  await inFolder(async (folder) => {
    await using source = cropSource(madeUpCrops(12), PAPER);
    using whole = createLearner(PAPER);
    for await (const _ of train(whole, { source, configuration: PAPER }));
    const stop = new AbortController(), options = { source, configuration: PAPER, folder };
    using first = createLearner(PAPER);
    for await (const { step } of train(first, { ...options, signal: stop.signal })) {
      if (step === 2) stop.abort();
    }
    using second = createLearner(PAPER);
    for await (const _ of train(second, options));
    assert.deepEqual(valuesOf(second), valuesOf(whole));
  });
});
