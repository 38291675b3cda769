/** What a few steps of a configuration teach, one after another as `train` takes them, on made-up crops. */
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import {
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "lib/training/captured_training_step.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { madeUpCrops } from "./made_up_crops.ts";

/** Every number that a run changes, before and after steps, by name; and the steps' scalars. */
export async function taught(configuration: Configuration, steps: number) {
  await using source = cropSource(madeUpCrops(16), configuration);
  using learner = createLearner(configuration);
  const first = valuesOf(learner);
  const inputs = async (step: number) => {
    const rates = { optimiserStep: step + 1, factor: 1 };
    return stepInputs(await source.batch(step), stepNumbers(configuration, { step, rates }));
  };
  const example = await inputs(0);
  using captured = captureTrainingStep(learner, example, configuration);
  tf.dispose(Object.values(example));
  const scalars: Record<string, number>[] = [];
  for (let step = 0; step < steps; step++) scalars.push(await captured.take(await inputs(step)));
  return { first, last: valuesOf(learner), scalars };
}

/** Every number that training changes of a learner, by name: a copy. */
export const valuesOf = ({ variables }: Learner) =>
  Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, v.dataSync().slice()]));
