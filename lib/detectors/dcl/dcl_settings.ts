/** How DCL is set: ranges, sources, and the ready-made configurations. */
import type { EfficientNetSize } from "lib/networks/efficientnet_shape.ts";
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import {
  choiceRule,
  numberBelowRule,
  numberRule,
  type SettingsRules,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";
import { PAPER_TRAINING, QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import type { Preset } from "../detector.ts";

/**
 * What can be chosen of DCL. [code]: Tencent/TFace's DCL at commit 9004edb, `configs/train.yaml` and
 * `models/dcl.py`
 */
export interface DclSettings {
  /** Side of the square input image in pixels. [code: 299] */
  readonly imageSize: number;
  /** The EfficientNet beneath. [code: "b4"] */
  readonly network: EfficientNetSize;
  /** Channels as a share of the published network's. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes one of the last features. [code: 0.2] */
  readonly dropout: number;
  /** Share of a new batch in the running statistics. [timm: 0.1] */
  readonly normMomentum: number;
  /** Weight of all contrast; the cross-entropy has the rest. [code: 0.5] */
  readonly contrastWeight: number;
  /** Steps before contrast counts; what it remembers grows meanwhile. [code: three epochs] */
  readonly warmUpSteps: number;
  /** Weight of contrast within pictures beside that between them; 0: no masks are wanted. [code: 0.1] */
  readonly intraWeight: number;
  /** What is left of the momentum encoder at each step. [code: 0.999] */
  readonly keyMomentum: number;
  /** Keys that a class's queue holds. [code: 32768] */
  readonly queueSize: number;
  /** Of each class so many keys of a batch, the hardest, go into its queue. [code: 5] */
  readonly hardest: number;
  /**
   * How often views are changed, and by how much, as a share of what is usual; with 0 both are the picture itself,
   * and nothing is drawn. [ours]
   */
  readonly variety: number;
}

/** The ranges. */
export const DCL_RULES: SettingsRules<DclSettings> = Object.freeze({
  fields: {
    imageSize: wholeNumberRule(32, 1024),
    network: choiceRule("b0", "b3", "b4", "b7", "shallow"),
    width: numberRule(1 / 32, 4),
    dropout: numberBelowRule(0, 1),
    normMomentum: numberRule(0.001, 1),
    contrastWeight: numberBelowRule(0, 1),
    warmUpSteps: wholeNumberRule(0),
    intraWeight: numberRule(0, 1e6),
    keyMomentum: numberBelowRule(0, 1),
    queueSize: wholeNumberRule(16, 1 << 20),
    hardest: wholeNumberRule(1, 128),
    variety: { ...numberRule(0, 1), absent: 1 },
  },
});

/** Steps of an epoch: 720 real videos of FaceForensics++, 50 frames each, as many fakes, in batches of 32. */
const EPOCH = 2 * 720 * 50 / 32;

const full: DclSettings = Object.freeze({
  imageSize: 299,
  network: "b4",
  width: 1,
  dropout: 0.2,
  normMomentum: 0.1,
  contrastWeight: 0.5,
  warmUpSteps: 3 * EPOCH,
  intraWeight: 0.1,
  keyMomentum: 0.999,
  queueSize: 32768,
  hardest: 5,
  variety: 1,
});

/** Small enough for two cores; what is remembered is soon of the run's own pictures. */
const small: DclSettings = Object.freeze({
  ...full,
  network: "shallow",
  width: 0.25,
  normMomentum: 0.2,
  warmUpSteps: 100,
  keyMomentum: 0.99,
  queueSize: 256,
  hardest: 3,
});

/** The ready-made configurations. */
export const DCL_PRESETS: Record<"official" | "quick" | "smoke", Preset<DclSettings>> = Object
  .freeze({
    /** The code's run, whose rate falls to a tenth every ten epochs. */
    official: {
      detector: full,
      data: { ...PAPER_DATA, batchSize: 32, balance: "equal", mixup: 0 },
      training: {
        ...PAPER_TRAINING,
        epochs: 30,
        learningRate: 2e-4,
        schedule: "linearDecay",
        weightDecay: 1e-5,
      },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: { detector: { ...small, imageSize: 96 }, data: QUICK_DATA, training: QUICK_TRAINING },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...small, imageSize: 32, warmUpSteps: 1, queueSize: 16 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  });
