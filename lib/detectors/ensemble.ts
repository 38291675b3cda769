/**
 * Several trained detectors that answer as one: what all winners of the Deepfake Detection Challenge are. It is a
 * detector like any other to all that scores, measures, explains or costs it; what is trained are its members.
 * Which there are says a file (`lib/tasks/ensemble_file.ts`).
 */
import * as tf from "@tensorflow/tfjs";
import type { FaceCut } from "lib/faces/face_cut.ts";
import { normaliseImages, ZERO_TO_ONE } from "lib/networks/normalise_images.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { parametersUnder } from "lib/networks/weights/state_dict.ts";
import { choiceRule, type FieldRule } from "lib/settings/field_rules.ts";
import {
  type Configuration,
  type PlainConfiguration,
  plainConfiguration,
  presetOf,
} from "./configuration.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { Detector } from "./detector.ts";
import type { LoadedDetector } from "./detector_file.ts";

/** How members' answers become one: the mean of their probabilities, or of their log-odds. */
export const COMBINATIONS = ["probabilities", "logOdds"] as const;

/** What an ensemble is made of. */
export interface EnsembleSettings {
  /** How answers become one. [the challenge's winners: "probabilities"] */
  readonly combine: typeof COMBINATIONS[number];
  /** What each member counts; together 1. [WM: .2, .7, .1; Selim, NTechLab: all alike] */
  readonly shares: readonly number[];
  /** The members with their settings, in the order of the shares. */
  readonly members: readonly PlainConfiguration["detector"][];
}

/** A detector of an ensemble. */
export interface EnsembleMember {
  /** What to call it. */
  readonly name: string;
  /** The detector; the ensemble frees it. */
  readonly detector: LoadedDetector;
  /** What it counts, above 0; shares are divided by their sum. */
  readonly share: number;
}

/** What stands before the names of a member's parameters and layers. */
const prefixOf = (place: number) => `members.${place}.`;

/** ln σ(z), without overflow; TensorFlow.js's own cannot be differentiated within a tidy scope. */
const logSigmoid = (z: tf.Tensor2D): tf.Tensor2D =>
  tf.sub(tf.minimum(z, 0), tf.log1p(tf.exp(tf.neg(tf.abs(z)))));

/** ln Σ w σ(z) along a row, from log-odds z and the logarithms of the weights w. */
function logMean(logOdds: tf.Tensor2D, logShares: tf.Tensor1D): tf.Tensor1D {
  const terms = tf.add(logSigmoid(logOdds), logShares), most = tf.max(terms, 1, true);
  const sum = tf.sum(tf.exp(tf.sub(terms, most)), 1);
  return tf.add(tf.squeeze(most, [1]), tf.log(sum)) as tf.Tensor1D;
}

/**
 * One log-odds of several: that of the mean of the probabilities, ln Σ w p − ln Σ w (1 − p), with both sums taken
 * in logarithms, or the mean of the log-odds, in which one sure member outvotes the others.
 *
 * @param logOdds `[batch, members]`, in nats.
 * @param shares Of the members, adding up to 1.
 * @returns `[batch]`.
 *
 * @example
 * ```ts
 * import { combinedLogOdds } from "lib/detectors/ensemble.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const each = tf.tensor2d([[Math.log(3), -Math.log(3)]]); // three quarters and one quarter
 * for (const combine of ["probabilities", "logOdds"] as const) {
 *   const [one] = combinedLogOdds(each, { shares: [0.5, 0.5], combine }).dataSync();
 *   assert.ok(Math.abs(one) < 1e-6);
 * }
 * ```
 */
export function combinedLogOdds(
  logOdds: tf.Tensor2D,
  { shares, combine }: Pick<EnsembleSettings, "shares" | "combine">,
): tf.Tensor1D {
  return tf.tidy(() => {
    if (combine === "logOdds") return tf.sum(tf.mul(logOdds, tf.tensor1d([...shares])), 1);
    const logShares = tf.log(tf.tensor1d([...shares])) as tf.Tensor1D;
    return tf.sub(logMean(logOdds, logShares), logMean(tf.neg(logOdds), logShares));
  });
}

/** A field that is as its members make it. */
const made: FieldRule<object> = {
  allows: (value) => Array.isArray(value) && value.length > 1,
  words: "a list of two or more, which an ensemble's file gives",
};

/** A member's answer to pictures from 0 to 1 of the ensemble's size, which are resized to its own. */
function answerOf(
  { input: { size, normalisation }, forward, logOdds }: Detector,
  images: tf.Tensor4D,
  run: { parameters: Parameters<Detector["forward"]>[1]; mode: Parameters<Detector["forward"]>[2] },
): tf.Tensor1D {
  const pixels = tf.mul<tf.Tensor4D>(resizeLinear(images, size, "areas"), 255);
  return logOdds(forward(normaliseImages(pixels, normalisation), run.parameters, run.mode));
}

/** The kind of these members' ensembles, which is in no register: it is made where they are loaded. */
function kindOf(members: readonly EnsembleMember[], combine: EnsembleSettings["combine"]) {
  const detectors = members.map(({ detector }) => detector.detector);
  const [{ data, training }] = members.map(({ detector }) => detector.configuration);
  const sum = members.reduce((total, { share }) => total + share, 0);
  const whole: EnsembleSettings = {
    combine,
    shares: members.map(({ share }) => share / sum),
    members: members.map(({ detector }) => plainConfiguration(detector.configuration).detector),
  };
  return defineDetector<EnsembleSettings, tf.Tensor2D>({
    name: "ensemble",
    source: `of ${detectors.map(({ kind }) => kind.name).join(", ")}: ${
      [...new Set(detectors.map(({ kind }) => kind.source))].join("; ")
    }`,
    rules: { fields: { combine: choiceRule(...COMBINATIONS), shares: made, members: made } },
    presets: { // nothing is trained by them
      ensemble: { detector: whole, data, training: { ...training, frozen: "none" } },
    },
    build: (settings) => ({
      input: {
        size: Math.max(...detectors.map(({ input }) => input.size)),
        normalisation: ZERO_TO_ONE,
      },
      parameters: detectors.flatMap(({ parameters }, place) =>
        parameters.map((own) => ({ ...own, name: `${prefixOf(place)}${own.name}` }))
      ),
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        if (mode.training) throw new RangeError(UNTRAINED);
        const { tap, ...rest } = mode;
        const each = detectors.map((detector, place) => {
          const prefix = prefixOf(place);
          return answerOf(detector, images, {
            parameters: parametersUnder(prefix, parameters),
            mode: { ...rest, ...tap ? { tap: (name, x) => tap(`${prefix}${name}`, x) } : {} },
          });
        });
        return tf.stack(each, 1) as tf.Tensor2D;
      },
      loss: () => {
        throw new RangeError(UNTRAINED);
      },
      logOdds: (each) => combinedLogOdds(each, settings),
      parts: (layer) =>
        detectors.flatMap((detector, place) =>
          detector.parts(layer).map((part) => ({
            ...part,
            name: `${members[place].name}: ${part.name}`,
            layer: `${prefixOf(place)}${part.layer}`,
          }))
        ),
      stageOf: (parameter) => parameter.split(".", 2).join("."),
    }),
  });
}

const UNTRAINED = "An ensemble is of detectors that have learnt: train its members one by one.";

/** How faces are cut that all members know: at the largest size, and otherwise alike. */
function commonCut(members: readonly EnsembleMember[]): FaceCut | undefined {
  const cuts = members.flatMap(({ name, detector: { origin } }) =>
    origin?.cut === undefined ? [] : [{ name, cut: origin.cut }]
  );
  const [first] = cuts;
  for (const { name, cut } of cuts) {
    const fields = Object.keys(cut) as (keyof FaceCut)[];
    const other = fields.find((field) => field !== "size" && cut[field] !== first.cut[field]);
    if (other === undefined) continue;
    throw new RangeError(
      `The ensemble's members learnt from faces that were cut otherwise: ${other} is ${
        first.cut[other]
      } for ${first.name} and ${
        cut[other]
      } for ${name}. What is cut for one is not what the other knows: take members of one cut.`,
    );
  }
  return first && { ...first.cut, size: Math.max(...cuts.map(({ cut }) => cut.size)) };
}

/**
 * Loaded detectors as one. It takes pictures of the size of the largest; others see them resized, bilinear and
 * without smoothing, as WM's submission does.
 *
 * @returns A detector with the members' variables; disposing of it disposes of them.
 * @throws RangeError for fewer than two members, a share that is not above 0, a member with views of its own, or
 * members whose faces were cut differently.
 */
export function ensembleOf(
  members: readonly EnsembleMember[],
  { combine }: Pick<EnsembleSettings, "combine">,
): LoadedDetector {
  if (members.length < 2) throw new RangeError("An ensemble has two members or more.");
  const wrong = members.find(({ share }) => !(share > 0 && share < Infinity));
  if (wrong) {
    throw new RangeError(`The share of ${wrong.name} is ${wrong.share}, but must be above 0.`);
  }
  const looking = members.find(({ detector: { detector } }) => detector.views !== undefined);
  if (looking) {
    throw new RangeError(
      `${looking.name} scores a picture from several looks, which an ensemble does not take. Leave it out, or ` +
        "average the scores that evaluate writes of each.",
    );
  }
  const configuration = presetOf(kindOf(members, combine)) as unknown as Configuration;
  const cut = commonCut(members);
  const steps = members.map(({ detector: { origin } }) => origin?.step ?? 0);
  const parameters = Object.fromEntries(
    members.flatMap(({ detector }, place) =>
      Object.entries(detector.parameters).map(([name, variable]) =>
        [`${prefixOf(place)}${name}`, variable] as const
      )
    ),
  );
  return {
    detector: configuration.detector,
    parameters,
    configuration,
    origin: cut && { configuration, step: Math.max(...steps), cut },
    [Symbol.dispose]: () => {
      for (const { detector } of members) detector[Symbol.dispose]();
    },
  };
}
