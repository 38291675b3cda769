/**
 * The training loop: batches in, one record a step out; validations, the best detector and the run's
 * state on the way.
 */
import * as tf from "@tensorflow/tfjs";
import { batchAhead } from "lib/batches/batch_ahead.ts";
import type { BatchSource } from "lib/batches/batch_source.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { membership } from "lib/engine/collectives.ts";
import type { FaceCut } from "lib/faces/face_cut.ts";
import {
  type CapturedTrainingStep,
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "./captured_training_step.ts";
import { foundByFirst, fromFirstProcess, openCommonStop } from "./run_together.ts";
import { assertTrainsTogether } from "./device_rules.ts";
import { readHistory } from "./history_rows.ts";
import type { Learner } from "./learner.ts";
import { FIRST_LOSS_SCALE, type LossScale, nextLossScale, scalesLoss } from "./loss_scale.ts";
import { openRunStore } from "./run_store.ts";
import { ratesAt, runLength } from "./schedule.ts";
import { BEGINNING, endsEarly, isValidated, selected } from "./selection.ts";
import type { StepRecord } from "./step_record.ts";
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
   * The run's folder, of `runFolder`. A run that finds its state there goes on from it; without a folder
   * nothing is kept. One process at a time works in it.
   */
  readonly folder?: string;
  /** How the faces of the samples were cut; it goes into the detector's file. Default: nobody knows. */
  readonly cut?: FaceCut;
  /** Steps between two states that are kept; the last step's always is. Default 50. */
  readonly keepEvery?: number;
  /** Whether the records of earlier sittings are handed out again, before new ones. Default true. */
  readonly replay?: boolean;
  /** Ends the run after the step at hand, or within its validation, with its state kept. */
  readonly signal?: AbortSignal;
  /** Hears in a line what was kept of an earlier sitting, or of one that fails. Default: nobody does. */
  readonly notice?: (line: string) => void;
}

/**
 * Trains the learner, step by step. Leave the loop, or abort the signal, and the run stops between two
 * steps with its state kept; the same call later goes on where it was and ends in the same weights.
 *
 * Yields one record a step, the kept ones of an earlier sitting first. With validation samples, the
 * record of a step after which the run was validated has `ValidationMetrics`, and the detector is kept
 * whenever its AUC is the highest so far.
 *
 * Processes that the engine was started with as a group train one run together: each calls this with the
 * same options and its part of the batches, the first one alone with a folder and a notice. It keeps and validates, and
 * the others go on from what it has kept; one that is stopped stops them all after the same step.
 *
 * With a folder, the learner of a run that is over holds the run's detector: that of the best step, or
 * without validation of the last one. A run that was over before is found so in a moment, and gives the
 * same. Without a folder the learner ends with the last step's weights.
 *
 * After an error, such as a file that cannot be read, the state is kept as after an abort, unless the
 * weights are no longer good; on a disk that is full the last state stays as it was.
 *
 * @throws RangeError when the loss is no longer a number, naming the step and the terms.
 * @throws TypeError when the validation samples were not made by `validationCrops` or `validationFiles`.
 * @throws Error when another process trains in the folder, or what is in it does not fit the run.
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
  const { source, configuration, folder, cut, keepEvery = 50, replay = true } = options;
  const { validation, signal, notice } = options;
  if (validation) assertValidation(validation);
  assertTrainsTogether(configuration, membership().size);
  if (folder !== undefined && membership().rank > 0) {
    throw new TypeError("Of several processes the first one alone keeps the run in a folder.");
  }
  const { detector, training } = configuration;
  const run = { training, batchesPerEpoch: source.batchesPerEpoch }, length = runLength(run);
  await using store = folder === undefined
    ? undefined
    : await openRunStore(folder, { learner, configuration, cut });
  const kept = store?.kept ?? { step: 0, selection: BEGINNING, taken: undefined, seconds: 0 };
  let { step, selection, taken, seconds, lossScale } = fromFirstProcess(kept, learner.variables);
  if (scalesLoss(training)) lossScale ??= FIRST_LOSS_SCALE;
  if (step > 0) notice?.(`Kept ${step} of ${length} steps of an earlier sitting.`);
  if (store && step > 0 && replay) yield* readHistory(folder!);

  const isOver = () => step >= length || endsEarly(selection, training);
  const begin = performance.now() - 1000 * seconds;
  let saved = step, isGood = true, captured: CapturedTrainingStep | undefined;
  await using batches = batchAhead(source);
  using commonStop = openCommonStop(signal);
  using predictor = validation && openPredictor({ detector, parameters: learner.parameters });
  const takeStep = async (): Promise<StepRecord> => {
    const rates = ratesAt(step, run), { learningRate } = rates;
    const batch = await batches.take(step), isFirst = rates.optimiserStep === 1;
    if (lossScale && isFirst) lossScale = { ...lossScale, skipped: 0 };
    const inputs = stepInputs(batch, stepNumbers(configuration, { step, rates, lossScale }));
    captured ??= captureTrainingStep(learner, inputs, configuration);
    isGood = false; // until it is known what the step has made of the weights
    if (isFirst) forget(learner);
    const taking = captured.take(inputs);
    if (step + 1 < length) batches.begin(step + 1); // the device is at work until the numbers are read
    const { isFinite, ...scalars } = await taking;
    const { total, ...terms } = { ...scalars, ...scaleRecord(lossScale, isFinite) };
    if (!Number.isFinite(total)) throw notANumber({ total, ...terms }, { step, saved, folder });
    lossScale &&= nextLossScale(lossScale, isFinite === 1);
    isGood = true;
    seconds = (performance.now() - begin) / 1000;
    return { step, learningRate, seconds, total, ...terms };
  };
  const save = async () => {
    if (!store || saved === step && !taken) return;
    isGood = false; // of a state that cannot be written a second try tells nothing
    await store.save({ step, selection, taken, lossScale });
    [saved, isGood] = [step, true];
  };
  const stop = async () => {
    const before = saved;
    try {
      if (isGood) await save();
    } catch (error) {
      throw failure === undefined ? error : both(failure, error as Error);
    }
    if (failure === undefined) return;
    if (store && saved > 0) {
      const now = saved > before ? "Kept" : "Kept before:";
      notice?.(`${now} ${saved} of ${length} steps. The same call goes on there.`);
    }
    throw failure;
  };
  let failure: unknown;
  try {
    while (!isOver() && !commonStop.isAsked) {
      taken ??= await takeStep();
      const isDue = validation && isValidated(step, run);
      const find = () => validate(predictor!, validation!, { signal });
      const measured = isDue ? await foundByFirst(find, signal) : {};
      if (!measured) break; // stopped in the first process
      const record: StepRecord = { ...taken, ...measured };
      const chosen = selected(selection, record);
      if (validation ? chosen.best?.step === step : step + 1 === length) {
        await store?.keepDetector(record);
      }
      await store?.append(record);
      [step, selection, taken] = [step + 1, chosen, undefined];
      commonStop.ask();
      if (step % keepEvery === 0) await save();
      yield record;
    }
    if (!isOver()) await commonStop.settled();
    if (isOver()) {
      isGood = false; // the end keeps what is to be kept
      await store?.finish({ step, selection, lossScale });
    }
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) failure = error;
  } finally {
    captured?.[Symbol.dispose]();
    await stop();
  }
}

/** What the optimiser remembers at 0, as before the first step. */
function forget({ slots }: Learner): void {
  for (const slot of Object.values(slots).flatMap((of) => Object.values(of))) {
    tf.tidy(() => slot.assign(tf.zerosLike(slot as tf.Tensor)));
  }
}

/** What a step's record says of the scale of its loss. */
function scaleRecord(lossScale: LossScale | undefined, isFinite: number): Record<string, number> {
  return lossScale ? { lossScale: lossScale.scale, skipped: 1 - isFinite } : {};
}

/** A failure, and that after it the state could not be kept either. */
function both(failure: unknown, second: Error): Error {
  const { message } = failure as Error;
  return new AggregateError(
    [failure, second],
    `${message}\nThe run's state could not be kept either: ${second.message}`,
  );
}

function notANumber(
  terms: Record<string, number>,
  { step, saved, folder }: { step: number; saved: number; folder: string | undefined },
): RangeError {
  const named = Object.entries(terms).map(([name, value]) => `${name} ${value}`).join(", ");
  return new RangeError(
    `The loss is ${terms.total} at step ${step}: ${named}. ` +
      (folder && saved > 0
        ? `The last good state, after ${saved} steps, is in ${folder}. `
        : "Nothing was kept of this run. ") +
      "Try a smaller learning rate.",
  );
}
