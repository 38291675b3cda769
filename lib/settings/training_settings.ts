/** How long, how fast and in which arithmetic a run learns: the part `training` of a configuration. */
import { choiceRule, numberRule, type SettingsRules, wholeNumberRule } from "./field_rules.ts";

/** What any detector's training is told. [paper], [code]: the official code at commit c361f1c, [ours] */
export interface TrainingSettings {
  /**
   * Passes over the training data; 0 where `steps` gives the length. A run has one length: of the two
   * exactly one is above 0. [paper: 20 in Table 7, 10 in Fig. 5, else not stated; code: 10]
   */
  readonly epochs: number;
  /** Training steps of a short run, over stand-ins say; 0 where `epochs` gives the length. [ours] */
  readonly steps: number;
  /** Adam's learning rate at the top of its schedule. [paper: 5e-4; code: 1e-3] */
  readonly learningRate: number;
  /** How all rates change over the run; `lib/training/schedule.ts` says it in formulas. */
  readonly schedule: "paper" | "official" | "warmUpCosine" | "constant";
  /** Adam's weight decay, added to the gradient (L2). [code: 1e-6] */
  readonly weightDecay: number;
  /** Steps between two validations, if the run is given validation samples; 0: at each epoch's end. [ours] */
  readonly validateEvery: number;
  /** Validations in a row without a better AUC after which the run ends; 0: it never ends early. [ours] */
  readonly patience: number;
  /** Arithmetic of the captured step. Weights and losses stay float32. [ours] */
  readonly precision: "float32" | "bfloat16" | "float16";
  /** Seed of everything random: weights, order, augmentation, dropout. */
  readonly seed: number;
}

/** The ranges of the training's settings. */
export const TRAINING_RULES: SettingsRules<TrainingSettings> = Object.freeze({
  fields: {
    epochs: wholeNumberRule(0, 1e6),
    steps: wholeNumberRule(0, 1e9),
    learningRate: {
      allows: (value: unknown) => numberRule(0, 10).allows(value) && value !== 0,
      words: "a number above 0, up to 10",
    },
    schedule: choiceRule("paper", "official", "warmUpCosine", "constant"),
    weightDecay: numberRule(0, 1),
    validateEvery: wholeNumberRule(0, 1e9),
    patience: wholeNumberRule(0, 1e6),
    precision: choiceRule("float32", "bfloat16", "float16"),
    seed: wholeNumberRule(0),
  },
  fault: ({ epochs, steps }: TrainingSettings) =>
    (epochs > 0) === (steps > 0)
      ? `epochs is ${epochs} and steps is ${steps}, but a run has one length: set one of them to 0 ` +
        "and the other above it."
      : undefined,
});

/** The paper's training; where the paper is silent, the official code's. */
export const PAPER_TRAINING: TrainingSettings = Object.freeze({
  epochs: 20,
  steps: 0,
  learningRate: 5e-4,
  schedule: "paper",
  weightDecay: 1e-6,
  validateEvery: 0,
  patience: 0,
  precision: "float32",
  seed: 1,
});

/** The official code's training at its defaults. */
export const OFFICIAL_TRAINING: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  epochs: 10,
  learningRate: 1e-3,
  schedule: "official",
});

/** Minutes on two cores. */
export const QUICK_TRAINING: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  epochs: 0,
  steps: 300,
  learningRate: 2e-3,
  schedule: "warmUpCosine",
});

/** Seconds. */
export const SMOKE_TRAINING: TrainingSettings = Object.freeze({ ...QUICK_TRAINING, steps: 4 });
