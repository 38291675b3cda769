/**
 * The samples that choices are made on: the best step, the end of a run. Test samples cannot be among
 * them: their type is only made here, after a look at every sample's split.
 */
import { placesWhere, type SampleList, sampleList, type Samples } from "lib/data/sample_list.ts";
import type { Crop } from "lib/data/samples.ts";
import { accuracy } from "lib/evaluation/accuracy.ts";
import { logLoss } from "lib/evaluation/log_loss.ts";
import type { FramePrediction, Predictor } from "lib/evaluation/predict.ts";
import { rocAuc } from "lib/evaluation/roc.ts";

/** The mark of checked samples; no value of it exists. */
declare const CHECKED: unique symbol;

/**
 * Samples of the validation split, of both classes. Other code cannot make one: `validationCrops` and
 * `validationFiles` do, and refuse samples of another split.
 */
export interface ValidationSamples {
  /** Exists in the types only: what makes a list of test samples a type error. */
  readonly [CHECKED]: "validation";
  /** How many there are. */
  readonly count: number;
  /** A detector's predictions of them, in order; may be asked for again and again. */
  predictions(predictor: Predictor): AsyncIterable<FramePrediction>;
}

/** What was made here: a cast in the caller's code does not get past this. */
const made = new WeakSet<ValidationSamples>();

function checked(
  samples: SampleList,
  predictions: ValidationSamples["predictions"],
): ValidationSamples {
  const has = (holds: (place: number) => boolean) => placesWhere(samples.length, holds);
  const [strayPlace] = has((place) => samples.split(place) !== "validation");
  if (strayPlace !== undefined) {
    const stray = samples.sample(strayPlace);
    throw new RangeError(
      `${
        JSON.stringify(stray.path)
      } is a ${stray.split} sample: choices are made on samples of the ` +
        "split validation only. Filter by split, or set validation samples aside.",
    );
  }
  for (const [label, name] of [[0, "real"], [1, "fake"]] as const) {
    if (has((place) => samples.label(place) === label).length === 0) {
      throw new RangeError(
        `Of ${samples.length} validation samples none is ${name}: an AUC needs both classes. Add ` +
          `${name} samples to the split, or train without validation.`,
      );
    }
  }
  const validation = { count: samples.length, predictions } as ValidationSamples;
  made.add(validation);
  return validation;
}

/**
 * Validation samples in memory.
 *
 * @throws RangeError when one is of another split, naming it, or a class is missing.
 *
 * @example Test samples are refused
 * ```ts
 * import { validationCrops } from "lib/training/validation.ts";
 * import assert from "node:assert/strict";
 *
 * const crop = (label: 0 | 1, split: "validation" | "test") => ({
 *   image: { data: new Uint8Array(3), width: 1, height: 1 },
 *   sample: {
 *     path: `${label}.png`, label, dataset: "mine", method: label ? "DF" : "real", video: `${label}`,
 *     split, frame: 0, identities: [],
 *   },
 * });
 * assert.equal(validationCrops([crop(0, "validation"), crop(1, "validation")]).count, 2);
 * assert.throws(() => validationCrops([crop(0, "validation"), crop(1, "test")]), /is a test sample/);
 * ```
 */
export function validationCrops(crops: readonly Crop[]): ValidationSamples {
  const samples = sampleList(crops.map(({ sample }) => sample));
  return checked(samples, (predictor) => predictor.predict(crops));
}

/**
 * Validation samples in files, which are read anew at each validation.
 *
 * @param options `root`: the folder that relative paths start from, the manifest's.
 * @throws RangeError when one is of another split, naming it, or a class is missing.
 */
export function validationFiles(
  samples: Samples,
  { root }: { root: string },
): ValidationSamples {
  return checked(sampleList(samples), (predictor) => predictor.predictFiles(samples, { root }));
}

/**
 * Check at run time that validation samples are what their type says.
 *
 * @throws TypeError for an object that was not made by this file, whatever its type was cast to.
 */
export function assertValidation(validation: ValidationSamples): void {
  if (made.has(validation)) return;
  throw new TypeError(
    "These are no checked validation samples. Make them with validationCrops or validationFiles, " +
      "which look at every sample's split.",
  );
}

/** What a validation adds to the record of its step. */
export interface ValidationMetrics {
  /** Area under the ROC curve, by frame; the best step is the one where it is highest. */
  readonly validationAuc: number;
  /** Accuracy at the threshold ½, by frame. */
  readonly validationAccuracy: number;
  /** Log loss in nats, by frame. */
  readonly validationLogLoss: number;
}

/**
 * Scores the validation samples.
 *
 * @param options `signal`: ends it between two samples.
 * @throws RangeError when a sample is of another split after all, or a score is not a number. The
 * signal's reason when it aborts.
 */
export async function validate(
  predictor: Predictor,
  validation: ValidationSamples,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ValidationMetrics> {
  assertValidation(validation);
  const allLogOdds = new Float64Array(validation.count), labels = new Uint8Array(validation.count);
  let i = 0;
  for await (const { logOdds, label, split, path } of validation.predictions(predictor)) {
    signal?.throwIfAborted();
    if (split !== "validation") {
      throw new RangeError(
        `${JSON.stringify(path)} is a ${split} sample; nothing was chosen by it.`,
      );
    }
    allLogOdds[i] = logOdds;
    labels[i++] = label;
  }
  const seen = [allLogOdds.subarray(0, i), labels.subarray(0, i)] as const;
  return {
    validationAuc: rocAuc(...seen),
    validationAccuracy: accuracy(...seen),
    validationLogLoss: logLoss(...seen),
  };
}
