import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { augment } from "lib/batches/augmentation.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { mixUp } from "lib/batches/mixup.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { learn, type StepInputs, trainingStep } from "lib/training/step.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();

async function inputsOf(configuration: Configuration): Promise<StepInputs> {
  await using source = cropSource(madeUpCrops(16), configuration);
  const { indices: _, ...tensors } = await source.batch(0);
  const rates = { optimiserStep: 1, factor: 0.5 };
  return { ...tensors, ...stepNumbers(configuration, { step: 0, rates }) };
}

Deno.test("trainingStep, captured, learns from the batch as augmented and mixed by hand", async () => {
  for (const augmentation of ["all", "flip", "none"] as const) {
    for (const mixup of [0, 0.5]) {
      const configuration = vary(SMOKE, { backbone: "conv4", width: 1, augmentation, mixup });
      const inputs = await inputsOf(configuration);
      const keys = Object.keys(inputs) as (keyof StepInputs)[];
      using learner = createLearner(configuration);
      const step = compileStep(
        (...tensors) => {
          const entries = Object.fromEntries(keys.map((key, i) => [key, tensors[i]]));
          return trainingStep(learner, entries as unknown as StepInputs, configuration).total;
        },
        keys.map((key) => inputs[key]!),
      );
      const [total] = step(...keys.map((key) => inputs[key]!));

      using other = createLearner(configuration);
      const images = normaliseImages(
        augment(inputs.images, inputs.augmentation),
        configuration.detector.input.normalisation,
      );
      const targets = tf.oneHot(inputs.labels, 2).toFloat() as tf.Tensor2D;
      const { images: x, targets: mixed } = mixUp({ images, targets }, inputs.mixup);
      const { seed, optimiser } = inputs;
      const seen = { images: x, targets: { classes: mixed }, seed, optimiser };
      const expected = learn(other, seen, configuration).total;
      const [found, wanted] = [total, expected].map((t) => t.dataSync()[0]);
      assert.ok(
        Math.abs(found - wanted) < 1e-5 * wanted,
        `${augmentation} ${mixup}: ${found}, ${wanted}`,
      );
      step.dispose();
    }
  }
});
