/**
 * The one configuration: a flat, frozen record. Presets are values; `vary` is the only way to
 * change one. Every field says its unit, range and source: [paper] with the section, [code] for the
 * official code at commit c361f1c, [ours] for what neither states.
 */

/** Which form of the information losses is computed; notebook 02 shows the difference. */
export type LossForm = "paper" | "official";

/** A term of the cross-entropy sum. */
export type CrossEntropyTerm = "global" | "joint" | "leaveOneOut";

/** Everything that decides what a run computes. */
export interface Configuration {
  /**
   * Backbone of every local information block. [paper, Implementation Details; `conv4`, four
   * convolutions for pictures of 48 pixels, is ours: the planted-clues study's]
   */
  readonly backbone: "resnet34" | "mobilenetV1" | "efficientnetB0" | "conv4";
  /** Number n of local information blocks, 1 to 8. [paper: 4] */
  readonly blocks: number;
  /** Side of the square input image in pixels, a multiple of 16. [paper: 224] */
  readonly imageSize: number;
  /** Channels as a share of the published backbone's: 1 is the published network; smaller ones are for quick looks. [ours] */
  readonly width: number;
  /**
   * What each block sees: the whole face, or a tile of its own (the paper's baseline "cropping
   * evenly", Table 6). [paper: whole]
   */
  readonly view: "whole" | "tiles";
  /** Order of the channels that the network is fed; images are RGB until then. [code: bgr] */
  readonly channelOrder: "rgb" | "bgr";
  /** Probability that dropout zeroes a unit, 0 to below 1. [code: 0.5] */
  readonly dropout: number;
  /** EfficientNet only: how likely its last block skips an image in training, 0 to below 1. [code: 0.2] */
  readonly dropConnect: number;

  /** Whether the local information loss (paper Eq. 8) is part of the objective. */
  readonly localInformation: boolean;
  /** Whether the global information loss (paper Eq. 12) is part of the objective. */
  readonly globalInformation: boolean;
  /** The paper's equations, or what the official code computes. */
  readonly lossForm: LossForm;
  /** Distance between predictions inside the information losses. [paper: kl; code offers both] */
  readonly divergence: "kl" | "sinkhorn";
  /** Divisor of the logits inside the information losses, above 0. [paper: none, so 1; code: 1.5] */
  readonly temperature: number;
  /** Whether the joint head's logits are constants inside the information losses. [code: true] */
  readonly detachJoint: boolean;
  /** Which heads are trained by cross-entropy; independent of the two switches above. [code: all three] */
  readonly crossEntropyTerms: readonly CrossEntropyTerm[];
  /** "automatic": weights are learnt (paper Eq. 13); "fixed": alpha and beta below. */
  readonly lossWeights: "automatic" | "fixed";
  /** Weight of the local information loss when lossWeights is "fixed", 0 or more. */
  readonly alpha: number;
  /** Weight of the global information loss when lossWeights is "fixed", 0 or more. */
  readonly beta: number;

  /** Images in a training step, 2 or more (batch norm needs two). [paper, appendix, and code: 256] */
  readonly batchSize: number;
  /** How real and fake are mixed in an epoch: as many of both, reals repeated, or as they come. [code: repeatReals] */
  readonly balance: "equal" | "repeatReals" | "none";
  /** How often a real picture stands in an epoch when balance is "repeatReals", 1 or more. [code: 4 for FF++] */
  readonly realRepeats: number;
  /** Which augmentations are drawn: flip, rotation, brightness and contrast; the flip alone; none. [paper: all] */
  readonly augmentation: "all" | "flip" | "none";
  /** α of the Beta distribution from which mixup draws its share; 0: no mixup. [code: 0.5] */
  readonly mixup: number;
  /**
   * Passes over the training data; 0 where `steps` gives the length. A run has one length: of the two,
   * `vary` wants exactly one above 0. [paper: 20 in Table 7, 10 in Fig. 5, else not stated; code: 10]
   */
  readonly epochs: number;
  /** Training steps of a short run, over stand-ins say; 0 where `epochs` gives the length. [ours] */
  readonly steps: number;
  /** Adam's learning rate at the top of its schedule. [paper: 5e-4; code: 1e-3] */
  readonly learningRate: number;
  /** The same for the automatic weights, which are a group of their own. [code: 1e-3, Adam's default] */
  readonly lossWeightsRate: number;
  /** How both rates change over the run; `lib/training/schedule.ts` says it in formulas. */
  readonly schedule: "paper" | "official" | "warmUpCosine";
  /** Adam's weight decay, added to the gradient (L2). [code: 1e-6] */
  readonly weightDecay: number;
  /** Steps between two validations, if the run is given validation samples; 0: at each epoch's end. [ours] */
  readonly validateEvery: number;
  /** Validations in a row without a better AUC after which the run ends; 0: it never ends early. [ours] */
  readonly patience: number;

  /** Smallest score at which a detected face counts, 0 to 1. [ours, measured on 22 faces] */
  readonly faceScore: number;
  /** Margin added around a face's box on every side, as a share of its longer side. [ours: 0.15] */
  readonly faceMargin: number;

  /** Arithmetic of the captured step. Weights and losses stay float32. [ours] */
  readonly precision: "float32" | "bfloat16" | "float16";
  /** Seed of everything random: weights, order, augmentation, dropout. */
  readonly seed: number;
}

const ALL_TERMS = Object.freeze(["global", "joint", "leaveOneOut"] as const);

/** The paper's equations and settings; where the paper is silent, the official code's. */
export const PAPER: Configuration = Object.freeze({
  backbone: "resnet34",
  blocks: 4,
  imageSize: 224,
  width: 1,
  view: "whole",
  channelOrder: "rgb",
  dropout: 0.5,
  dropConnect: 0.2,
  localInformation: true,
  globalInformation: true,
  lossForm: "paper",
  divergence: "kl",
  temperature: 1,
  detachJoint: false,
  crossEntropyTerms: ALL_TERMS,
  lossWeights: "automatic",
  alpha: 1,
  beta: 1,
  batchSize: 256,
  balance: "repeatReals",
  realRepeats: 4,
  augmentation: "all",
  mixup: 0.5,
  epochs: 20,
  steps: 0,
  learningRate: 5e-4,
  lossWeightsRate: 1e-3,
  schedule: "paper",
  weightDecay: 1e-6,
  validateEvery: 0,
  patience: 0,
  faceScore: 0.9,
  faceMargin: 0.15,
  precision: "float32",
  seed: 1,
});

/** What the official code computes at its defaults; the known differences to the paper in one place. */
export const OFFICIAL_CODE: Configuration = Object.freeze({
  ...PAPER,
  lossForm: "official",
  channelOrder: "bgr",
  temperature: 1.5,
  detachJoint: true,
  epochs: 10,
  learningRate: 1e-3,
  schedule: "official",
});

/**
 * Minutes on two cores: narrow blocks on small crops, from scratch, without mixup, which only slows a
 * short run down. For looking, not for reporting.
 */
export const QUICK: Configuration = Object.freeze({
  ...PAPER,
  imageSize: 96,
  width: 0.125,
  dropout: 0.2,
  batchSize: 24,
  balance: "equal",
  mixup: 0,
  epochs: 0,
  steps: 300,
  learningRate: 2e-3,
  schedule: "warmUpCosine",
});

/** Seconds: proves that everything runs. Its numbers mean nothing. */
export const SMOKE: Configuration = Object.freeze({
  ...QUICK,
  imageSize: 32,
  width: 0.125,
  blocks: 2,
  batchSize: 8,
  steps: 4,
});

/** The paper's settings for a notebook, whose few pictures make epochs too short to count in. */
const FULL: Configuration = Object.freeze({ ...PAPER, epochs: 0, steps: 10_000 });

/**
 * The configuration of a notebook's profile. All three count steps, not epochs.
 *
 * @param profile `"smoke"`, `"quick"` or `"full"`; default: the environment variable
 * `FORGERY_CLUES_PROFILE`, as `deno task notebooks --profile` sets it, else `"quick"`.
 * @throws RangeError for another profile.
 */
export function profileConfiguration(
  profile: string = Deno.env.get("FORGERY_CLUES_PROFILE") ?? "quick",
): Configuration {
  const profiles: Record<string, Configuration> = { smoke: SMOKE, quick: QUICK, full: FULL };
  if (!Object.hasOwn(profiles, profile)) {
    const names = Object.keys(profiles).join(", ");
    throw new RangeError(`There is no profile "${profile}". Profiles: ${names}.`);
  }
  return profiles[profile];
}

const inRange = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && value >= low && value <= high;
const whole = (low: number, high: number, step = 1) => (value: unknown) =>
  inRange(low, high)(value) && (value as number) % step === 0;
const oneOf = (...allowed: unknown[]) => (value: unknown) => allowed.includes(value);
const flag = oneOf(true, false);

/** For each field: the test a value must pass, and the words of the error when it does not. */
const RULES: Record<keyof Configuration, [(value: unknown) => boolean, string]> = {
  backbone: [
    oneOf("resnet34", "mobilenetV1", "efficientnetB0", "conv4"),
    '"resnet34", "mobilenetV1", "efficientnetB0" or "conv4"',
  ],
  blocks: [whole(1, 8), "a whole number from 1 to 8"],
  imageSize: [whole(32, 1024, 16), "a multiple of 16 from 32 to 1024"],
  width: [inRange(1 / 16, 4), "a number from 0.0625 to 4"],
  view: [oneOf("whole", "tiles"), '"whole" or "tiles"'],
  channelOrder: [oneOf("rgb", "bgr"), '"rgb" or "bgr"'],
  dropout: [(v) => inRange(0, 1)(v) && v !== 1, "a number from 0 to below 1"],
  dropConnect: [(v) => inRange(0, 1)(v) && v !== 1, "a number from 0 to below 1"],
  localInformation: [flag, "true or false"],
  globalInformation: [flag, "true or false"],
  lossForm: [oneOf("paper", "official"), '"paper" or "official"'],
  divergence: [oneOf("kl", "sinkhorn"), '"kl" or "sinkhorn"'],
  temperature: [inRange(1e-3, 1e3), "a number from 0.001 to 1000"],
  detachJoint: [flag, "true or false"],
  crossEntropyTerms: [
    (v) =>
      Array.isArray(v) && v.length > 0 && new Set(v).size === v.length &&
      v.every(oneOf(...ALL_TERMS)),
    `a list without repeats of ${ALL_TERMS.map((t) => `"${t}"`).join(", ")}`,
  ],
  lossWeights: [oneOf("automatic", "fixed"), '"automatic" or "fixed"'],
  alpha: [inRange(0, 1e6), "a number from 0 to 1e6"],
  beta: [inRange(0, 1e6), "a number from 0 to 1e6"],
  batchSize: [whole(2, 65536), "a whole number from 2"],
  balance: [oneOf("equal", "repeatReals", "none"), '"equal", "repeatReals" or "none"'],
  realRepeats: [whole(1, 1000), "a whole number from 1 to 1000"],
  augmentation: [oneOf("all", "flip", "none"), '"all", "flip" or "none"'],
  mixup: [inRange(0, 100), "a number from 0 to 100"],
  epochs: [whole(0, 1e6), "a whole number from 0"],
  steps: [whole(0, 1e9), "a whole number from 0"],
  learningRate: [(v) => inRange(0, 10)(v) && v !== 0, "a number above 0, up to 10"],
  lossWeightsRate: [inRange(0, 10), "a number from 0 to 10"],
  schedule: [
    oneOf("paper", "official", "warmUpCosine"),
    '"paper", "official" or "warmUpCosine"',
  ],
  weightDecay: [inRange(0, 1), "a number from 0 to 1"],
  validateEvery: [whole(0, 1e9), "a whole number from 0"],
  patience: [whole(0, 1e6), "a whole number from 0"],
  faceScore: [inRange(0, 1), "a number from 0 to 1"],
  faceMargin: [inRange(0, 2), "a number from 0 to 2"],
  precision: [oneOf("float32", "bfloat16", "float16"), '"float32", "bfloat16" or "float16"'],
  seed: [whole(0, Number.MAX_SAFE_INTEGER), "a whole number from 0"],
};

/**
 * A configuration like `base` but for `changes`.
 *
 * @throws TypeError for a field that does not exist, naming it and the fields that do.
 * @throws RangeError for a value outside its field's range, naming field, value and range; and unless
 * exactly one of `epochs` and `steps` is above 0.
 *
 * @example One change to the paper's settings
 * ```ts
 * import { PAPER, vary } from "lib/config.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(vary(PAPER, { blocks: 3 }).blocks, 3);
 * assert.equal(PAPER.blocks, 4);
 * assert.throws(() => vary(PAPER, { blocks: 0 }), /blocks is 0.*from 1 to 8/);
 * ```
 */
export function vary(base: Configuration, changes: Partial<Configuration>): Configuration {
  const result: Configuration = { ...base, ...changes };
  for (const [field, value] of Object.entries(result)) {
    const rule = RULES[field as keyof Configuration];
    if (!rule) {
      throw new TypeError(
        `The configuration has no field "${field}". Fields: ${Object.keys(RULES).join(", ")}.`,
      );
    }
    if (!rule[0](value)) {
      const shown = typeof value === "number" ? value : JSON.stringify(value); // JSON has no NaN
      throw new RangeError(`Configuration: ${field} is ${shown}, but must be ${rule[1]}.`);
    }
  }
  if ((result.epochs > 0) === (result.steps > 0)) {
    throw new RangeError(
      `Configuration: epochs is ${result.epochs} and steps is ${result.steps}, but a run has one ` +
        "length: set one of them to 0 and the other above it.",
    );
  }
  const terms = Object.freeze([...result.crossEntropyTerms]);
  return Object.freeze({ ...result, crossEntropyTerms: terms });
}
