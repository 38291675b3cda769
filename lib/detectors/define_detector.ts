/**
 * What a detector's own file calls: to define its kind, and to refuse images that it cannot take. A new
 * kind is a file that calls `defineDetector`, and a row in `register.ts`.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Mode } from "lib/networks/layers.ts";
import { DATA_RULES } from "lib/settings/data_settings.ts";
import { TRAINING_RULES } from "lib/settings/training_settings.ts";
import type { Detector, DetectorKind } from "./detector.ts";

/** What a kind's file writes down; the rest has defaults. */
export interface DetectorDefinition<Settings extends object, Outputs>
  extends Omit<DetectorKind<Settings, Outputs>, "of"> {
  /** The functions of a detector of these settings. */
  build(settings: Readonly<Settings>):
    & Pick<
      Detector<Settings, Outputs>,
      "input" | "parameters" | "forward" | "loss" | "logOdds" | "parts"
    >
    & Partial<
      Pick<
        Detector<Settings, Outputs>,
        | "wants"
        | "mostPeople"
        | "trainingState"
        | "ownRates"
        | "microBatches"
        | "views"
        | "adaptation"
        | "loadPretrained"
        | "stageOf"
      >
    >;
}

/** Names that the other parts of a configuration have, so that a change of one field is never two. */
const TAKEN = Object.keys({ ...DATA_RULES.fields, ...TRAINING_RULES.fields });

/**
 * A kind of detector.
 *
 * Without `stageOf`, a parameter's stage is its name up to the first dot; without `wants`,
 * `trainingState`, `ownRates`, `views` or `adaptation` there are none; without `loadPretrained` it begins with
 * random weights; without `microBatches` it learns from whole batches alone.
 *
 * @throws RangeError for a name that is no word, a setting named as one of the data or the training, or
 * a kind without presets.
 *
 * @example A detector that looks at the mean colour, in whole
 * ```ts
 * import { presetOf, vary } from "lib/detectors/configuration.ts";
 * import { defineDetector } from "lib/detectors/define_detector.ts";
 * import { crossEntropy } from "lib/losses/cross_entropy.ts";
 * import { logOddsOfFake } from "lib/losses/log_odds.ts";
 * import { openLayers } from "lib/networks/layers.ts";
 * import { IMAGENET } from "lib/networks/normalise_images.ts";
 * import { linearParameters } from "lib/networks/parameters.ts";
 * import { QUICK_DATA } from "lib/settings/data_settings.ts";
 * import { wholeNumberRule } from "lib/settings/field_rules.ts";
 * import { QUICK_TRAINING } from "lib/settings/training_settings.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const meanColour = defineDetector<{ imageSize: number }, tf.Tensor2D>({
 *   name: "mean_colour",
 *   source: "this example",
 *   rules: { fields: { imageSize: wholeNumberRule(16, 1024, 16) } },
 *   presets: {
 *     quick: { detector: { imageSize: 32 }, data: QUICK_DATA, training: QUICK_TRAINING },
 *   },
 *   build: ({ imageSize }) => ({
 *     input: { size: imageSize, normalisation: IMAGENET },
 *     parameters: linearParameters("head", { inputs: 3, outputs: 2 }),
 *     forward: (images, parameters, mode = {}) => {
 *       const { linear, tap } = openLayers(parameters, mode);
 *       return linear(tf.mean(tap("pixels", images), [1, 2]), "head");
 *     },
 *     loss: ({ forward, targets }) => {
 *       const total = crossEntropy(forward(), targets.classes);
 *       return { total, terms: {} };
 *     },
 *     logOdds: logOddsOfFake,
 *     parts: (layer = "pixels") => [{ name: "picture", layer }],
 *   }),
 * });
 * assert.equal(vary(presetOf(meanColour), { imageSize: 64 }).detector.input.size, 64);
 * ```
 */
export function defineDetector<Settings extends object, Outputs>(
  definition: DetectorDefinition<Settings, Outputs>,
): DetectorKind<Settings, Outputs> {
  const { build, ...described } = definition;
  if (!/^[a-z][a-z0-9_]*$/.test(described.name)) {
    throw new RangeError(
      `A detector is called by small letters, digits and _, not ${JSON.stringify(described.name)}.`,
    );
  }
  const twice = Object.keys(described.rules.fields).filter((field) => TAKEN.includes(field));
  if (twice.length > 0) {
    throw new RangeError(
      `The detector ${described.name} has settings that data or training have already: ` +
        `${twice.join(", ")}. Give them names of their own.`,
    );
  }
  if (Object.keys(described.presets).length === 0) {
    throw new RangeError(
      `The detector ${described.name} has no preset. Give it one to begin with.`,
    );
  }
  const kind: DetectorKind<Settings, Outputs> = {
    ...described,
    of: (settings) =>
      Object.freeze({
        kind,
        settings,
        wants: [],
        trainingState: [],
        ownRates: {},
        stageOf: (parameter: string) => parameter.split(".", 1)[0],
        loadPretrained: () => {
          throw new RangeError(
            `The detector ${described.name} does not say how published weights go in.`,
          );
        },
        ...build(settings),
      }),
  };
  return Object.freeze(kind);
}

/**
 * Check that images are what a detector takes.
 *
 * @throws TypeError for another shape, or a training batch of one picture.
 */
export function requireImages(images: tf.Tensor4D, mode: Mode): void {
  if (images.rank !== 4 || images.shape[3] !== 3) {
    throw new TypeError(`Images must be [batch, height, width, 3], not [${images.shape}].`);
  }
  if (mode.training && images.shape[0] < 2) {
    throw new TypeError("Training needs two images or more: batch norm has no spread over one.");
  }
}
