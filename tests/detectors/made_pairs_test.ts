/** Detectors that are made to learn from real faces and the fakes made of them: a batch has both of the same pictures. */
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import type { Crop } from "lib/data/samples.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { detectorKind } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { FORGERS } from "lib/forgeries/forgers.ts";
import { createRandom } from "lib/random.ts";
import {
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { ratesAt } from "lib/training/schedule.ts";
import { madeUpFace, SIDE } from "../batches/made_up_faces.ts";

await startEngine();

const faces = Array.from({ length: 12 }, (_, i) => madeUpFace(i));

/** A kind's smallest network on its own forger's pairs, by the optimiser of its own preset. */
function learning(name: string): Configuration {
  const kind = detectorKind(name), [first] = Object.values(kind.presets);
  const { data: { forge }, training: { optimiser, samRho } } = first;
  assert.notEqual(forge, "none", `${name} makes its own fakes`);
  const isSgd = optimiser === "sgd";
  return vary(presetOf(kind, "smoke"), {
    ...{ imageSize: SIDE, batchSize: 8, steps: 40, augmentation: "none", forge },
    ...{ optimiser, samRho, learningRate: isSgd ? 0.02 : 2e-3, schedule: "warmUpCosine" },
  });
}

/** Pairs of new faces by a configuration's forger, as crops. */
async function unseenPairs({ data: { forge } }: Configuration): Promise<Crop[]> {
  const pairs = await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const [target, donor] = [madeUpFace(100 + i), madeUpFace(200 + i)];
    const means = {
      random: createRandom(9, "unseen", i),
      donor: { image: donor.image, ...donor.face },
    };
    const { real, fake } = await FORGERS[forge].forge(
      { image: target.image, ...target.face },
      means,
    );
    return ([real, fake] as const).map((image, label): Crop => ({
      image,
      sample: { ...target.sample, label: label as 0 | 1, method: label ? forge : "real" },
    }));
  }));
  return pairs.flat();
}

for (const name of ["sbi", "pcl", "dsp_fwa", "face_x_ray"]) {
  Deno.test(`${name} learns from real faces and the fakes made of them in the same batch`, async () => {
    const configuration = learning(name), { detector, training, data } = configuration;
    await using source = cropSource(faces, configuration);
    assert.deepEqual(source.methods, [data.forge]);
    using learner = createLearner(configuration);
    const first = await source.batch(0), { images, labels, indices } = first;
    assert.deepEqual([...labels.dataSync()], [0, 1, 0, 1, 0, 1, 0, 1]);
    const pixels = images.dataSync(), length = SIDE * SIDE * 3;
    for (let real = 0; real < 8; real += 2) {
      assert.equal(indices[real], indices[real + 1], "both are of one picture");
      const [a, b] = [real, real + 1].map((at) => pixels.slice(at * length, (at + 1) * length));
      const changed = a.filter((value, i) => value !== b[i]).length;
      assert.ok(changed > 0, "the fake is another picture");
    }
    let batch = first, captured: ReturnType<typeof captureTrainingStep> | undefined;
    for (let step = 0; step < training.steps; step++) {
      if (step > 0) batch = await source.batch(step);
      const rates = ratesAt(step, { training, batchesPerEpoch: source.batchesPerEpoch });
      const inputs = stepInputs(batch, stepNumbers(configuration, { step, rates }));
      captured ??= captureTrainingStep(learner, inputs, configuration);
      const { total } = await captured.take(inputs);
      assert.ok(Number.isFinite(total));
    }
    captured?.[Symbol.dispose]();
    using predictor = openPredictor({ detector, parameters: learner.parameters });
    const pairs = await unseenPairs(configuration);
    const scores = await Array.fromAsync(predictor.predict(pairs), ({ score }) => score);
    const auc = rocAuc(scores, pairs.map(({ sample }) => sample.label));
    assert.ok(auc > 0.75, `AUC ${auc} of pairs of other faces`);
  });
}
