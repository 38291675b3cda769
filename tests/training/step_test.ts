import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { augment } from "lib/batches/augmentation.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { mixUp } from "lib/batches/mixup.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { GraphBuilder } from "lib/engine/graph_builder.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET, normaliseImages } from "lib/networks/normalise_images.ts";
import { batchNormParameters } from "lib/networks/parameters.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { learn, type LearnInputs, type StepInputs, trainingStep } from "lib/training/step.ts";
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

/** A network of nothing but batch norms. */
const norms = (count: number) => {
  const names = Array.from({ length: count }, (_, i) => `norm${i}`);
  return defineDetector<{ imageSize: number }, tf.Tensor4D>({
    name: "norms",
    source: "this test",
    rules: { fields: { imageSize: wholeNumberRule(2, 8) } },
    presets: { smoke: { detector: { imageSize: 2 }, data: SMOKE_DATA, training: SMOKE_TRAINING } },
    build: ({ imageSize }) => ({
      input: { size: imageSize, normalisation: IMAGENET },
      parameters: names.flatMap((name) => batchNormParameters(name, 3)),
      forward: (images, parameters, mode = {}) => {
        const { batchNorm } = openLayers(parameters, mode);
        return names.reduce((x, name) => batchNorm(x, name), images);
      },
      loss: ({ forward }) => {
        const total = tf.mean(tf.square(forward())) as tf.Scalar;
        return { total, terms: {} };
      },
      logOdds: (maps) => tf.mean(maps, [1, 2, 3]),
      parts: (layer = "norm0") => [{ name: "network", layer }],
    }),
  });
};

/** How many operations of each kind a captured step with weight decay has. */
function kinds(count: number): Record<string, number> {
  const configuration = vary(presetOf(norms(count), "smoke"), {
    optimiser: "adam",
    weightDecay: 0.1,
  });
  const { add } = GraphBuilder.prototype, found: Record<string, number> = {};
  GraphBuilder.prototype.add = function (operation, request) {
    found[operation] = (found[operation] ?? 0) + 1;
    return add.call(this, operation, request);
  };
  using learner = createLearner(configuration);
  try {
    const images = tf.zeros([4, 2, 2, 3]) as tf.Tensor4D, classes = tf.zeros([4, 2]) as tf.Tensor2D;
    const rates = { optimiserStep: 1, factor: 1 };
    const { seed, optimiser } = stepNumbers(configuration, { step: 0, rates });
    compileStep((images, classes, seed, optimiser) => {
      const inputs = { images, targets: { classes }, seed, optimiser } as unknown as LearnInputs;
      return learn(learner, inputs, configuration).total;
    }, [images, classes, seed, optimiser]).dispose();
  } finally {
    GraphBuilder.prototype.add = add;
  }
  return found;
}

Deno.test(
  "learn, captured, has for a batch norm its two passes and an update a variable, nothing else",
  {
    ignore: tf.getBackend() === "cpu",
  },
  () => {
    const few = kinds(2), many = kinds(5);
    const more = Object.entries(many).map((
      [kind, count],
    ) => [kind, (count - (few[kind] ?? 0)) / 3]);
    assert.deepEqual(Object.fromEntries(more.filter(([, each]) => each !== 0)), {
      FusedBatchNormV3: 1,
      FusedBatchNormGradV3: 1,
      ResourceApplyAdam: 2, // of weight and bias
      AssignVariableOp: 2, // of running mean and variance
      ReadVariableOp: 4,
      Placeholder: 8, // those four, and two means of Adam's for each that learns
    });
  },
);
