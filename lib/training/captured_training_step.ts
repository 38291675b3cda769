/** The training step as one captured function: a batch and the step's numbers in, plain numbers out. */
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "lib/batches/batches.ts";
import { adamNumbers } from "lib/engine/adam.ts";
import { compileStep } from "lib/engine/engine.ts";
import type { Learner } from "./learner.ts";
import type { StepRates } from "./schedule.ts";
import { ADAM, type StepInputs, type StepOptions, trainingStep } from "./step.ts";

/**
 * A batch with the numbers of its step, on the device. The batch's tensors become the inputs' own.
 *
 * @param when The step, from 0, its rates and the run's seed.
 */
export function stepInputs(
  { images, labels, augmentation, mixup }: Batch,
  { step, rates, seed }: { step: number; rates: StepRates; seed: number },
): StepInputs {
  const numbers = (learningRate: number) => adamNumbers(rates.adamStep, { ...ADAM, learningRate });
  const { stepSize, epsilon } = numbers(rates.learningRate);
  return {
    images,
    labels,
    augmentation,
    mixup,
    seed: tf.tensor1d([seed % 2 ** 31, step], "int32"),
    adam: tf.tensor1d([stepSize, epsilon, numbers(rates.lossWeightsRate).stepSize]),
  };
}

/** A step that was captured; disposing of it leaves the learner as it is. */
export interface CapturedStep extends Disposable {
  /** Takes the step, frees its inputs, and gives every scalar of `trainingStep` by name. */
  take(inputs: StepInputs): Promise<Record<string, number>>;
}

/** Captures the step for inputs like the example. */
export function captureStep(
  learner: Learner,
  example: StepInputs,
  options: StepOptions,
): CapturedStep {
  const keys = Object.keys(example) as (keyof StepInputs)[];
  let names: string[] = [];
  const step = compileStep(
    (...tensors) => {
      const inputs = Object.fromEntries(keys.map((key, i) => [key, tensors[i]]));
      const scalars = trainingStep(learner, inputs as unknown as StepInputs, options);
      names = Object.keys(scalars);
      return Object.values(scalars);
    },
    keys.map((key) => example[key]),
    { name: "training step", precision: options.configuration.precision },
  );
  const take = async (inputs: StepInputs): Promise<Record<string, number>> => {
    const scalars = step(...keys.map((key) => inputs[key]));
    const values = await Promise.all(scalars.map((s) => s.data()));
    tf.dispose([scalars, Object.values(inputs)]);
    return Object.fromEntries(names.map((name, i) => [name, values[i][0]]));
  };
  return { take, [Symbol.dispose]: step.dispose };
}
