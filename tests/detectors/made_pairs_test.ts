/** Detectors that are made to learn from real faces and the fakes made of them: a batch has both of the same pictures. */
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { disposeBatch } from "lib/batches/batches.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { detectorKind } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import {
  type CapturedTrainingStep,
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
    ...{ optimiser, samRho, learningRate: isSgd ? 0.05 : 2e-3, schedule: "warmUpCosine" },
  });
}

for (const name of ["sbi", "pcl", "dsp_fwa"]) {
  Deno.test(`${name} learns from real faces and the fakes made of them in the same batch`, async () => {
    const configuration = learning(name), { training } = configuration;
    await using source = cropSource(faces, configuration);
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
    const totals: number[] = [];
    let captured: CapturedTrainingStep | undefined;
    for (let step = 0; step < training.steps; step++) { // by heart: the same pairs again and again
      const rates = ratesAt(step, { training, batchesPerEpoch: source.batchesPerEpoch });
      const { indices: _, ...tensors } = first;
      const again = Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, tensor.clone()]),
      ) as typeof tensors;
      const inputs = stepInputs(
        { ...again, indices },
        stepNumbers(configuration, { step, rates }),
      );
      captured ??= captureTrainingStep(learner, inputs, configuration);
      totals.push((await captured.take(inputs)).total);
    }
    captured?.[Symbol.dispose]();
    disposeBatch(first);
    const mean = (some: number[]) => some.reduce((sum, total) => sum + total, 0) / some.length;
    const [begin, end] = [mean(totals.slice(0, 3)), mean(totals.slice(-3))];
    assert.ok(end < 0.6 * begin, `from ${begin} to ${end}`);
  });
}
