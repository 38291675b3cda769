/** The training loop: batches in, one record a step out, checkpoints on the way. */
import * as tf from "@tensorflow/tfjs";
import { batchAt, type Crop } from "lib/data/batches.ts";
import { adamNumbers } from "lib/engine/adam.ts";
import { compileStep } from "lib/engine/engine.ts";
import { restoreCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { Learner } from "./learner.ts";
import type { StepRecord } from "./record.ts";
import { learningRateAt } from "./schedule.ts";
import { ADAM, type StepInputs, type StepOptions, trainingStep } from "./step.ts";

/** How a run is fed, kept and stopped. */
export interface TrainOptions extends StepOptions {
  /** What to learn from; batches are balanced and augmented as `batchAt` says. */
  readonly crops: readonly Crop[];
  /** File of the run's state. A run that finds it goes on from there; without it nothing is kept. */
  readonly checkpoint?: string;
  /** Steps between two checkpoints; the last step is always kept. Default 50. */
  readonly checkpointEvery?: number;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Hears in a line what was kept of an earlier sitting. Default: nobody does. */
  readonly notice?: (line: string) => void;
}

/** The step's inputs on the device. */
function inputsOf(step: number, { crops, configuration }: TrainOptions): StepInputs {
  const { seed, batchSize } = configuration;
  const learningRate = learningRateAt(step, configuration);
  const { stepSize, epsilon } = adamNumbers(step + 1, { ...ADAM, learningRate });
  const { images, labels, augmentation } = batchAt(crops, { step, seed, batchSize });
  return {
    images,
    labels,
    augmentation,
    seed: tf.tensor1d([seed % 2 ** 31, step], "int32"),
    adam: tf.tensor1d([stepSize, epsilon]),
  };
}

/** Captures the step; it returns its scalars in the order of `names`. */
function captureStep(learner: Learner, options: TrainOptions) {
  const example = inputsOf(0, options);
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
  tf.dispose(Object.values(example));
  const run = async (inputs: StepInputs): Promise<Record<string, number>> => {
    const scalars = step(...keys.map((key) => inputs[key]));
    const values = await Promise.all(scalars.map((s) => s.data()));
    tf.dispose([scalars, Object.values(inputs)]);
    return Object.fromEntries(names.map((name, i) => [name, values[i][0]]));
  };
  return { run, dispose: step.dispose };
}

/**
 * Trains the learner, step by step. Leave the loop, or abort the signal, and the run stops between two
 * steps with its state kept; the same call later goes on where it was and ends in the same weights.
 *
 * Yields one record a step, the kept ones of an earlier sitting first.
 *
 * @throws RangeError when the loss is no longer a number: the step and the terms are named, and the
 * last good checkpoint stays.
 *
 * @example A run of four steps over eight made-up crops
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { createLearner } from "lib/training/learner.ts";
 * import { train } from "lib/training/train.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const crops = Array.from({ length: 8 }, (_, i) => ({
 *   image: { data: new Uint8Array(32 * 32 * 3).fill(30 * i), width: 32, height: 32 },
 *   sample: {
 *     path: `${i}`, label: (i % 2) as 0 | 1, dataset: "made up", method: "real", video: `${i}`,
 *     split: "train" as const, frame: 0, identities: [],
 *   },
 * }));
 * using learner = createLearner(SMOKE);
 * const totals: number[] = [];
 * for await (const { total } of train(learner, { crops, configuration: SMOKE })) totals.push(total);
 * assert.equal(totals.length, SMOKE.steps);
 * ```
 */
export async function* train(
  learner: Learner,
  options: TrainOptions,
): AsyncGenerator<StepRecord, void, void> {
  const { configuration, checkpoint, checkpointEvery = 50, signal, notice } = options;
  const { variables } = learner;
  const kept = checkpoint
    ? await restoreCheckpoint(checkpoint, { variables, configuration })
    : undefined;
  const history: StepRecord[] = [...kept?.history ?? []];
  if (kept) notice?.(`Kept ${kept.step} of ${configuration.steps} steps of an earlier sitting.`);
  yield* history;
  if (history.length >= configuration.steps) return;

  let saved = history.length;
  const save = async () => {
    if (!checkpoint || saved === history.length) return;
    const state = { configuration, step: history.length, history };
    await saveCheckpoint(checkpoint, { variables, state });
    saved = history.length;
  };
  const begin = performance.now() - 1000 * (history.at(-1)?.seconds ?? 0);
  const captured = captureStep(learner, options);
  try {
    while (history.length < configuration.steps && !signal?.aborted) {
      const step = history.length;
      const terms = await captured.run(inputsOf(step, options));
      if (!Number.isFinite(terms.total)) {
        saved = history.length; // what is on disk is the last good state: leave it
        throw new RangeError(
          `The loss is ${terms.total} at step ${step}: ${JSON.stringify(terms)}. ` +
            (checkpoint ? `The last good state is in ${checkpoint}. ` : "") +
            "Try a smaller learning rate.",
        );
      }
      const { total, ...others } = terms;
      const seconds = (performance.now() - begin) / 1000;
      const learningRate = learningRateAt(step, configuration);
      history.push({ step, learningRate, seconds, total, ...others });
      if (history.length % checkpointEvery === 0) await save();
      yield history[step];
    }
  } finally {
    await save();
    captured.dispose();
  }
}
