/** How long, how fast and in which arithmetic a run learns: the part `training` of a configuration. */
import {
  choiceRule,
  flagRule,
  numberBelowRule,
  numberRule,
  type SettingsRules,
  wholeNumberRule,
} from "./field_rules.ts";

/** What any detector's training is told. [paper], [code]: the official code at commit c361f1c, [ours] */
export interface TrainingSettings {
  /**
   * Passes over the training data; 0 where `steps` gives the length. A run has one length: of the two
   * exactly one is above 0. [paper: 20 in Table 7, 10 in Fig. 5, else not stated; code: 10]
   */
  readonly epochs: number;
  /** Training steps of a short run, over stand-ins say; 0 where `epochs` gives the length. [ours] */
  readonly steps: number;
  /**
   * What makes a step of a gradient, each as PyTorch's of that name: Adam [paper, code]; AdamW, whose decay is
   * not in the gradient; SGD. `lib/training/optimisers.ts` has them.
   */
  readonly optimiser: "adam" | "adamW" | "sgd";
  /** The optimiser's learning rate at the top of its schedule. [paper: 5e-4; code: 1e-3] */
  readonly learningRate: number;
  /** How all rates change over the run; `lib/training/schedule.ts` says it in formulas. */
  readonly schedule: "paper" | "official" | "warmUpCosine" | "constant" | "linearDecay";
  /** The optimiser's weight decay: added to the gradient (L2), AdamW's taken off the weights. [code: 1e-6] */
  readonly weightDecay: number;
  /** Share of the last step's movement that SGD goes on with, 0: none. [PyTorch's usual: 0.9] */
  readonly momentum: number;
  /** Whether SGD looks ahead along its momentum (Nesterov). */
  readonly nesterov: boolean;
  /**
   * ρ of sharpness-aware minimisation (Foret et al. 2021): a second pass over the batch takes the gradient
   * from so far up the first one's; 0: one pass. [self-blended images: 0.05]
   */
  readonly samRho: number;
  /** Norm of all gradients together above which they are scaled down to it; 0: never. [PyTorch's usual: 1] */
  readonly clipNorm: number;
  /**
   * What is left of the weights' moving average after a step; the average is then what is validated, kept
   * and returned. 0: no average, the weights themselves. [timm's usual: 0.9998]
   */
  readonly averageDecay: number;
  /** ε of label smoothing: targets are (1 − ε) · one-hot + ε / 2. */
  readonly labelSmoothing: number;
  /**
   * What each stage's learning rate is of that of the stage above it, as timm's layer decay; 1: all
   * alike. Stages are the detector's `stageOf`.
   */
  readonly layerDecay: number;
  /**
   * Stages whose parameters stay as they are, several with "+" between, or "none". As after PyTorch's
   * `requires_grad_(False)`, their running statistics follow the batches nonetheless.
   */
  readonly frozen: string;
  /**
   * Pictures that a step computes at once: the batch is passed over in micro-batches of so many, whose gradients
   * are added up before the optimiser's one step (gradient accumulation); a divisor of `batchSize`. 0: the
   * whole batch at once. Memory is that of a micro-batch. The loss is the whole batch's, and is refused where it
   * cannot be had so. Batch norm in training takes each micro-batch's own statistics, and its running ones go
   * on with each; dropout and its like are drawn anew for each.
   */
  readonly microBatchSize: number;
  /**
   * How many devices' parts of a batch have batch-norm statistics of their own, as many as train together: 1, the
   * whole batch has one [PyTorch's SyncBatchNorm]. The command `train` sets it to the number of its devices,
   * unless told otherwise.
   */
  readonly normDevices: number;
  /** Steps between two validations, if the run is given validation samples; 0: at each epoch's end. [ours] */
  readonly validateEvery: number;
  /** Validations in a row without a better AUC after which the run ends; 0: it never ends early. [ours] */
  readonly patience: number;
  /** Arithmetic of the captured step. Weights and losses stay float32. [ours] */
  readonly precision: "float32" | "bfloat16" | "float16";
  /**
   * What makes of the captured step a program: "none", TensorFlow runs its operations one by one; "xla", XLA
   * compiles all but the augmentation when training starts, into fewer and larger ones. Dropout's draws are others
   * then. [ours]
   */
  readonly compiler: "none" | "xla";
  /**
   * Whether the gradient is taken of a multiple of the loss, which is halved after a step whose gradients overflow
   * (it moves no weight) and doubled after 2000 steps without [PyTorch's GradScaler]: "auto", with float16 alone;
   * "dynamic", always; "none", never. `lib/training/loss_scale.ts` has it. [ours]
   */
  readonly lossScaling: "auto" | "dynamic" | "none";
  /** Seed of everything random: weights, order, augmentation, dropout. */
  readonly seed: number;
}

const ofSgd = {
  when: ({ optimiser }: TrainingSettings) => optimiser === "sgd",
  why: 'optimiser is not "sgd"',
};

/** The stages that a setting `frozen` names; none for "none". */
export function frozenStages({ frozen }: Pick<TrainingSettings, "frozen">): string[] {
  return frozen === "none" ? [] : frozen.split("+");
}

/** The ranges of the training's settings; which stages there are to freeze, each detector says. */
export const TRAINING_RULES: SettingsRules<TrainingSettings> = Object.freeze({
  fields: {
    epochs: wholeNumberRule(0, 1e6),
    steps: wholeNumberRule(0, 1e9),
    learningRate: {
      allows: (value: unknown) => numberRule(0, 10).allows(value) && value !== 0,
      words: "a number above 0, up to 10",
    },
    schedule: choiceRule("paper", "official", "warmUpCosine", "constant", "linearDecay"),
    optimiser: { ...choiceRule("adam", "adamW", "sgd"), absent: "adam" },
    weightDecay: numberRule(0, 1),
    momentum: { ...numberBelowRule(0, 1), absent: 0.9, matters: ofSgd },
    nesterov: {
      ...flagRule(),
      absent: false,
      matters: {
        when: (settings: TrainingSettings) => ofSgd.when(settings) && settings.momentum > 0,
        why: `${ofSgd.why}, or momentum is 0`,
      },
    },
    samRho: { ...numberRule(0, 10), absent: 0 },
    clipNorm: { ...numberRule(0, 1e6), absent: 0 },
    averageDecay: { ...numberBelowRule(0, 1), absent: 0 },
    labelSmoothing: { ...numberBelowRule(0, 1), absent: 0 },
    layerDecay: {
      allows: (value: unknown) => numberRule(0, 1).allows(value) && value !== 0,
      words: "a number above 0, up to 1",
      absent: 1,
    },
    frozen: {
      allows: (value: unknown) =>
        typeof value === "string" && value.split("+").every((x) => x !== ""),
      words: '"none", or stages of the detector with "+" between',
      absent: "none",
    },
    microBatchSize: {
      allows: (value: unknown) => wholeNumberRule(0, 32768).allows(value) && value !== 1,
      words: "a whole number from 2 to 32768, or 0",
      absent: 0,
    },
    normDevices: { ...wholeNumberRule(1, 65536), absent: 1 },
    validateEvery: wholeNumberRule(0, 1e9),
    patience: wholeNumberRule(0, 1e6),
    precision: choiceRule("float32", "bfloat16", "float16"),
    compiler: { ...choiceRule("none", "xla"), absent: "none" },
    lossScaling: { ...choiceRule("auto", "dynamic", "none"), absent: "auto" },
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
  optimiser: "adam",
  learningRate: 5e-4,
  schedule: "paper",
  weightDecay: 1e-6,
  momentum: 0.9,
  nesterov: false,
  samRho: 0,
  clipNorm: 0,
  averageDecay: 0,
  labelSmoothing: 0,
  layerDecay: 1,
  frozen: "none",
  microBatchSize: 0,
  normDevices: 1,
  validateEvery: 0,
  patience: 0,
  precision: "float32",
  compiler: "none",
  lossScaling: "auto",
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
