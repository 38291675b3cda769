/** The training step as one captured function: a batch and the step's numbers in, plain numbers out. */
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "lib/batches/batches.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { adamNumbers } from "lib/engine/adam.ts";
import { compileStep } from "lib/engine/engine.ts";
import type { Learner } from "./learner.ts";
import type { StepRates } from "./schedule.ts";
import { ADAM, type StepInputs, type StepNumbers, trainingStep } from "./step.ts";

/**
 * The numbers of a step, on the device.
 *
 * @param when The step, from 0, and its rates.
 */
export function stepNumbers(
  { detector, training }: Pick<Configuration, "detector" | "training">,
  { step, rates }: { step: number; rates: Pick<StepRates, "adamStep" | "factor"> },
): StepNumbers {
  const own = Object.values(detector.ownRates);
  const of = (top: number) =>
    adamNumbers(rates.adamStep, { ...ADAM, learningRate: top * rates.factor });
  const { epsilon, stepSize } = of(training.learningRate);
  return {
    seed: tf.tensor1d([training.seed % 2 ** 31, step], "int32"),
    adam: tf.tensor1d([epsilon, stepSize, ...own.map((top) => of(top).stepSize)]),
  };
}

/** A step that was captured; disposing of it leaves the learner as it is. */
export interface CapturedTrainingStep extends Disposable {
  /** Takes the step, frees batch and numbers, and gives every scalar of `trainingStep` by name. */
  take(inputs: StepInputs): Promise<Record<string, number>>;
}

/** A batch's tensors with the numbers of its step; they become the inputs' own. */
export function stepInputs({ indices: _, ...tensors }: Batch, numbers: StepNumbers): StepInputs {
  return { ...tensors, ...numbers };
}

/** Captures the step for inputs like the example. */
export function captureTrainingStep(
  learner: Learner,
  example: StepInputs,
  configuration: Configuration,
): CapturedTrainingStep {
  const keys = Object.keys(example) as (keyof StepInputs)[];
  let names: string[] = [];
  const step = compileStep(
    (...tensors) => {
      const inputs = Object.fromEntries(keys.map((key, i) => [key, tensors[i]]));
      const scalars = trainingStep(learner, inputs as unknown as StepInputs, configuration);
      names = Object.keys(scalars);
      return Object.values(scalars);
    },
    keys.map((key) => example[key]!),
    { name: "training step", precision: configuration.training.precision },
  );
  const take = async (inputs: StepInputs): Promise<Record<string, number>> => {
    const scalars = step(...keys.map((key) => inputs[key]!));
    const values = await Promise.all(scalars.map((s) => s.data()));
    tf.dispose([scalars, Object.values(inputs)]);
    return Object.fromEntries(names.map((name, i) => [name, values[i][0]]));
  };
  return { take, [Symbol.dispose]: step.dispose };
}
