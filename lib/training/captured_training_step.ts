/** The training step as one captured function: a batch and the step's numbers in, plain numbers out. */
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "lib/batches/batches.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { membership } from "lib/engine/collectives.ts";
import { compileStep } from "lib/engine/compile.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import { captureAccumulatedStep, type StepFunction } from "./accumulated_step.ts";
import { captureView } from "./captured_view.ts";
import type { Learner } from "./learner.ts";
import type { LossScale } from "./loss_scale.ts";
import { optimiserOf } from "./optimisers.ts";
import type { StepRates } from "./schedule.ts";
import {
  learn,
  type LearnInputs,
  type StepInputs,
  type StepNumbers,
  trainingStep,
} from "./step.ts";
import { rateGroups } from "./top_rates.ts";
import { averageDecayAt, moveAverage } from "./weight_average.ts";

/**
 * The numbers of a step, on the device.
 *
 * @param when The step, from 0, its rates, and where the scale of its loss stands, if it has one.
 */
export function stepNumbers(
  { detector, training }: Pick<Configuration, "detector" | "training">,
  { step, rates, lossScale }: {
    step: number;
    rates: Pick<StepRates, "optimiserStep" | "factor">;
    lossScale?: LossScale | undefined;
  },
): StepNumbers {
  const { numbers } = optimiserOf(training);
  const taken = rates.optimiserStep - (lossScale?.skipped ?? 0);
  const each = rateGroups({ detector, training }).rates
    .map((top) => numbers(taken, top * rates.factor));
  return {
    seed: tf.tensor1d([seedOfDevice(training.seed), step], "int32"),
    optimiser: tf.tensor2d(each),
    ...training.averageDecay > 0
      ? { averageDecay: tf.scalar(averageDecayAt(step, training.averageDecay)) }
      : {},
    ...lossScale ? { lossScale: tf.scalar(lossScale.scale) } : {},
  };
}

/** A device's own seed of a run: its pictures are others than those of the same places of another device. */
function seedOfDevice(seed: number): number {
  return (seed % 2 ** 31 + Math.imul(0xc2b2ae35, membership().rank)) | 0;
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

/** Captures the step for inputs like the example: whole, or with `microBatchSize` accumulated. */
export function captureTrainingStep(
  learner: Learner,
  example: StepInputs,
  configuration: Configuration,
): CapturedTrainingStep {
  const capture = configuration.training.microBatchSize > 0
    ? captureAccumulatedStep
    : captureWholeStep;
  const step = capture(learner, example, configuration);
  const average = example.averageDecay && compileStep(
    (decay) => {
      moveAverage(learner.parameters, learner.trained, decay as tf.Scalar);
      return decay;
    },
    [example.averageDecay],
    { name: "weight average" },
  );
  const take = async (inputs: StepInputs): Promise<Record<string, number>> => {
    const scalars = step.run(inputs);
    if (average) tf.dispose(average(inputs.averageDecay!));
    const values = await scalars;
    tf.dispose(Object.values(inputs));
    return values;
  };
  const dispose = () => {
    step[Symbol.dispose]();
    average?.dispose();
  };
  return { take, [Symbol.dispose]: dispose };
}

/** Captures the step over the whole batch at once. */
function captureWholeStep(
  learner: Learner,
  example: StepInputs,
  configuration: Configuration,
): StepFunction {
  if (configuration.training.compiler === "xla") {
    return captureStepForXla(learner, example, configuration);
  }
  const keys = Object.keys(example) as (keyof StepInputs)[];
  const given = (inputs: StepInputs) => keys.map((key) => inputs[key]!);
  const step = captureScalars(
    (...tensors) => {
      const inputs = Object.fromEntries(keys.map((key, i) => [key, tensors[i]]));
      return trainingStep(learner, inputs as unknown as StepInputs, configuration);
    },
    given(example),
    configuration,
  );
  return {
    run: (inputs) => step.run(given(inputs)),
    [Symbol.dispose]: () => step[Symbol.dispose](),
  };
}

/** The same in two functions: XLA has no kernel that turns pictures, so it compiles what comes after. */
function captureStepForXla(
  learner: Learner,
  example: StepInputs,
  configuration: Configuration,
): StepFunction {
  const owned = new DisposableStack();
  const { see } = owned.use(captureView(example, configuration)), seen = see(example);
  const numbers = ({ seed, optimiser, lossScale }: StepInputs): tf.Tensor[] =>
    [seed, optimiser, lossScale].filter((number) => number !== undefined);
  const step = owned.use(captureScalars(
    (...tensors) => {
      const batch = replaceTensors(seen, tensors);
      const [seed, optimiser, lossScale] = tensors.slice(tensorsIn(seen).length);
      const own = { seed, optimiser, ...lossScale ? { lossScale } : {} };
      return learn(learner, { ...batch, ...own } as LearnInputs, configuration);
    },
    [...tensorsIn(seen), ...numbers(example)],
    configuration,
  ));
  tf.dispose(tensorsIn(seen));
  const run = (inputs: StepInputs) => {
    const batch = tensorsIn(see(inputs)), scalars = step.run([...batch, ...numbers(inputs)]);
    tf.dispose(batch);
    return scalars;
  };
  return { run, [Symbol.dispose]: () => owned.dispose() };
}

/** Captures a step that gives scalars by name, which are read at once: each read waits for the device. */
function captureScalars(
  code: (...tensors: tf.Tensor[]) => Record<string, tf.Scalar>,
  example: tf.Tensor[],
  { training: { precision, compiler } }: Configuration,
): Disposable & { run(tensors: tf.Tensor[]): Promise<Record<string, number>> } {
  let names: string[] = [];
  const step = compileStep(
    (...tensors) => {
      const scalars = code(...tensors);
      names = Object.keys(scalars);
      return tf.stack(Object.values(scalars));
    },
    example,
    { name: "training step", precision, compiler },
  );
  const run = async (tensors: tf.Tensor[]): Promise<Record<string, number>> => {
    const [scalars] = step(...tensors);
    const values = await scalars.data();
    scalars.dispose();
    return Object.fromEntries(names.map((name, i) => [name, values[i]]));
  };
  return { run, [Symbol.dispose]: () => step.dispose() };
}
