/** The captured step's way of the data: pictures that come as bytes, against the same as 32-bit numbers. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";

import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { pcl } from "lib/detectors/pcl.ts";
import { startEngine } from "lib/engine/engine.ts";
import {
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import type { StepInputs } from "lib/training/step.ts";
import { squares } from "../detectors/squares.ts";

await startEngine();

/** A batch's pictures and masks as TensorFlow.js uploads numbers: the rest is as it was. */
function widened({ images, masks, ...rest }: StepInputs): StepInputs {
  const wide = (bytes: tf.Tensor4D) => {
    const numbers = tf.tensor4d(Int32Array.from(bytes.dataSync()), bytes.shape, "int32");
    bytes.dispose();
    return numbers;
  };
  return { images: wide(images), ...masks ? { masks: wide(masks) } : {}, ...rest };
}

/** Scalars of three steps, and every number that they have changed. */
async function taught(configuration: Configuration, change: (inputs: StepInputs) => StepInputs) {
  const { detector: { input: { size } }, training } = configuration;
  await using source = cropSource(squares(8, size), configuration);
  using learner = createLearner(configuration);
  const inputs = async (step: number) => {
    const rates = { optimiserStep: step + 1, factor: 1 };
    const numbers = stepNumbers({ detector: configuration.detector, training }, { step, rates });
    return change(stepInputs(await source.batch(step), numbers));
  };
  const example = await inputs(0);
  using captured = captureTrainingStep(learner, example, configuration);
  tf.dispose(Object.values(example));
  const scalars = [];
  for (let step = 0; step < 3; step++) scalars.push(await captured.take(await inputs(step)));
  return { scalars, values: Object.values(learner.variables).map((v) => v.dataSync().slice()) };
}

const changed = { batchSize: 4, augmentation: "all", mixup: 0.5 } as const;
for (
  const [title, configuration] of [
    ["whole batches", vary(SMOKE, { ...changed, backbone: "conv4", width: 1 })],
    ["masks", vary(presetOf(pcl, "smoke"), changed)],
    [
      "micro-batches",
      vary(presetOf(foundationEncoder, "smoke"), { ...changed, microBatchSize: 2 }),
    ],
  ] as const
) {
  Deno.test(`captureTrainingStep learns the same bits from bytes as from int32: ${title}`, async () => {
    const bytes = await taught(configuration, (inputs) => inputs);
    assert.deepEqual(bytes, await taught(configuration, widened));
    assert.ok(bytes.scalars[0].total !== bytes.scalars[2].total);
  });
}
