/**
 * The training loop: batches in, one record a step out; validations, the best detector and checkpoints
 * on the way.
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchSource } from "lib/batches/batch_source.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import {
  type CapturedTrainingStep,
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "./captured_training_step.ts";
import { restoreCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { detectorFileBeside, saveDetector } from "lib/detectors/detector_file.ts";
import type { Learner } from "./learner.ts";
import type { StepRecord } from "./step_record.ts";
import { ratesAt, runLength } from "./schedule.ts";
import { endsEarly, isValidated, selectionOf } from "./selection.ts";
import { assertValidation, validate, type ValidationSamples } from "./validation.ts";

/** How a run is fed, kept and stopped. */
export interface TrainOptions {
  /** The run's settings, detector included. */
  readonly configuration: Configuration;
  /** What to learn from; the caller made it with the run's configuration, and disposes it. */
  readonly source: BatchSource;
  /**
   * What the best step is chosen on, and the end of a run with `patience`. Default: nothing is chosen,
   * and the last step's detector is the run's.
   */
  readonly validation?: ValidationSamples;
  /**
   * File of the run's state, `…/checkpoint.safetensors`. A run that finds it goes on from there; without
   * it nothing is kept. Beside it are the state before, and the detector of the best step so far
   * (`detectorFileBeside`).
   */
  readonly checkpoint?: string;
  /** Steps between two checkpoints; the last step is always kept. Default 50. */
  readonly checkpointEvery?: number;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Hears in a line what was kept of an earlier sitting. Default: nobody does. */
  readonly notice?: (line: string) => void;
}

/**
 * Trains the learner, step by step. Leave the loop, or abort the signal, and the run stops between two
 * steps with its state kept; the same call later goes on where it was and ends in the same weights.
 *
 * Yields one record a step, the kept ones of an earlier sitting first. With validation samples, the
 * record of a step after which the run was validated has `ValidationMetrics`, and the detector is kept
 * whenever its AUC is the highest so far; the learner itself ends with the last step's weights.
 *
 * After an error, be it a loss that is no number or a disk that is full, the last good checkpoint is as
 * it was.
 *
 * @throws RangeError when the loss is no longer a number, naming the step and the terms.
 * @throws TypeError when the validation samples were not made by `validationCrops` or `validationFiles`.
 *
 * @example A run of four steps over eight made-up crops
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { cropSource } from "lib/batches/batch_source.ts";
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
 * await using source = cropSource(crops, SMOKE);
 * for await (const { total } of train(learner, { source, configuration: SMOKE })) totals.push(total);
 * assert.equal(totals.length, SMOKE.training.steps);
 * ```
 */
export async function* train(
  learner: Learner,
  options: TrainOptions,
): AsyncGenerator<StepRecord, void, void> {
  const { source, configuration, checkpoint, checkpointEvery = 50 } = options;
  const { validation, signal, notice } = options;
  if (validation) assertValidation(validation);
  const { detector, training } = configuration;
  const run = { training, batchesPerEpoch: source.batchesPerEpoch }, length = runLength(run);
  const { variables, parameters } = learner;
  const kept = checkpoint
    ? await restoreCheckpoint(checkpoint, { variables, configuration })
    : undefined;
  const history: StepRecord[] = [...kept?.history ?? []];
  let selection = selectionOf(history);
  if (kept) notice?.(`Kept ${kept.step} of ${length} steps of an earlier sitting.`);
  if (checkpoint && selection.best) {
    await assertKept(detectorFileBeside(checkpoint), selection.best);
  }
  yield* history;

  const isOver = () => history.length >= length || endsEarly(selection, training);
  if (isOver()) return;
  let saved = history.length, broken = false;
  const save = async () => {
    if (!checkpoint || saved === history.length) return;
    const state = { configuration, step: history.length, history };
    await saveCheckpoint(checkpoint, { variables, state });
    saved = history.length;
  };
  const keepDetector = async ({ step, validationAuc }: StepRecord) => {
    if (!checkpoint) return;
    const origin = { configuration, step, ...validation && { validationAuc } };
    await saveDetector(detectorFileBeside(checkpoint), { parameters, origin });
  };
  const begin = performance.now() - 1000 * (history.at(-1)?.seconds ?? 0);
  let captured: CapturedTrainingStep | undefined;
  using predictor = validation && openPredictor({ detector, parameters });
  try {
    while (!isOver() && !signal?.aborted) {
      const step = history.length, rates = ratesAt(step, run);
      if (rates.adamStep === 1) forget(learner);
      const batch = await source.batch(step);
      const inputs = stepInputs(batch, stepNumbers(configuration, { step, rates }));
      captured ??= captureTrainingStep(learner, inputs, configuration);
      const { total, ...terms } = await captured.take(inputs);
      if (!Number.isFinite(total)) {
        throw notANumber({ total, ...terms }, { step, kept: saved > 0 ? checkpoint : undefined });
      }
      const seconds = (performance.now() - begin) / 1000;
      const trained: StepRecord = {
        step,
        learningRate: rates.learningRate,
        seconds,
        total,
        ...terms,
      };
      const validated = validation && isValidated(step, run);
      const record = validated
        ? { ...trained, ...await validate(predictor!, validation) }
        : trained;
      history.push(record);
      if (validated) selection = selectionOf(history);
      if (validation ? selection.best?.step === step : history.length === length) {
        await keepDetector(record);
      }
      if (history.length % checkpointEvery === 0) await save();
      yield record;
    }
  } catch (error) {
    broken = true; // what is on disk is the last good state: leave it
    throw error;
  } finally {
    if (!broken) await save();
    captured?.[Symbol.dispose]();
  }
}

/** Adam's running means at 0, as before the first step. */
function forget({ slots }: Learner): void {
  for (const { m, v } of Object.values(slots)) {
    tf.tidy(() => [m, v].forEach((mean) => mean.assign(tf.zerosLike(mean as tf.Tensor))));
  }
}

function notANumber(
  terms: Record<string, number>,
  { step, kept }: { step: number; kept: string | undefined },
): RangeError {
  const named = Object.entries(terms).map(([name, value]) => `${name} ${value}`).join(", ");
  return new RangeError(
    `The loss is ${terms.total} at step ${step}: ${named}. ` +
      (kept ? `The last good state is in ${kept}. ` : "Nothing was kept of this run. ") +
      "Try a smaller learning rate.",
  );
}

async function assertKept(path: string, { step, auc }: { step: number; auc: number }) {
  if (await Deno.stat(path).then(() => true, () => false)) return;
  throw new Error(
    `The run's best detector (step ${step}, validation AUC ${
      auc.toFixed(4)
    }) should be in ${path}, ` +
      "but that file is missing. Put it back, or move the run's files away to begin it anew.",
  );
}
