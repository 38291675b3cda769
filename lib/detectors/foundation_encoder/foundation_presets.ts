/** How a foundation encoder is set: ranges, sources, and the ready-made configurations. */
import type { VitFamily, VitSize } from "lib/networks/vit_shape.ts";
import {
  type DataSettings,
  PAPER_DATA,
  QUICK_DATA,
  SMOKE_DATA,
} from "lib/settings/data_settings.ts";
import {
  choiceRule,
  flagRule,
  numberRule,
  type SettingsRules,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";
import {
  PAPER_TRAINING,
  QUICK_TRAINING,
  SMOKE_TRAINING,
  type TrainingSettings,
} from "lib/settings/training_settings.ts";
import type { Preset } from "../detector.ts";

/** What can be chosen of the detector. [code]: yermandy/GenD at commit e03532d, `src/config.py` and `src/exp` */
export interface FoundationSettings {
  /** Side of the square input image in pixels, a multiple of the patch's. [code: 224] */
  readonly imageSize: number;
  /**
   * Whose weights the encoder is made for: OpenAI's CLIP [code], CLIP as LAION trained it, DINOv2, DINO, or
   * timm's of ImageNet's labels. They differ in norms, activation, LayerScale and the statistics of pictures.
   */
  readonly encoder: VitFamily;
  /** Channels and blocks. [code: "large"; "shallow": ours] */
  readonly size: VitSize;
  /** Side of a patch in pixels. [code: 14] */
  readonly patchSize: number;
  /** Register tokens of DINOv2: 0, or 4 where the file has them. */
  readonly registers: number;
  /**
   * What learns beside the head: nothing ("head"), the norms alone [code: "layerNorm"], low-rank adapters of
   * queries, keys and values ("lora"), or the whole encoder. What does not learn costs the optimiser nothing.
   */
  readonly tuning: "head" | "layerNorm" | "lora" | "all";
  /** Rank of the adapters. [ours] */
  readonly rank: number;
  /** α of the adapters, which are multiplied by α / rank. [ours] */
  readonly alpha: number;
  /** Whether the head sees features of length 1. [code: `Head.NLinear`] */
  readonly unitFeatures: boolean;
  /** Weight of uniformity on the unit sphere. [code: 0.5; 0 with DINOv3] */
  readonly uniformityWeight: number;
  /** Weight of alignment by class there. [code: 0.1] */
  readonly alignmentWeight: number;
}

const ofAdapters = {
  when: ({ tuning }: FoundationSettings) => tuning === "lora",
  why: 'tuning is not "lora"',
};

/** The ranges. */
export const FOUNDATION_RULES: SettingsRules<FoundationSettings> = Object.freeze({
  fields: {
    imageSize: wholeNumberRule(16, 1024),
    encoder: choiceRule("clip", "openClip", "dinov2", "dino", "vit"),
    size: choiceRule("shallow", "tiny", "small", "base", "large"),
    patchSize: wholeNumberRule(4, 64),
    registers: {
      ...wholeNumberRule(0, 16),
      matters: {
        when: ({ encoder }: FoundationSettings) => encoder === "dinov2",
        why: 'encoder is not "dinov2"',
      },
    },
    tuning: choiceRule("head", "layerNorm", "lora", "all"),
    rank: { ...wholeNumberRule(1, 64), matters: ofAdapters },
    alpha: { ...numberRule(0.01, 1000), matters: ofAdapters },
    unitFeatures: flagRule(),
    uniformityWeight: numberRule(0, 1e6),
    alignmentWeight: numberRule(0, 1e6),
  },
  fault: ({ imageSize, patchSize }: FoundationSettings) =>
    imageSize % patchSize === 0
      ? undefined
      : `imageSize is ${imageSize}, which patches of ${patchSize} pixels do not fill: take a multiple, ` +
        `such as ${Math.max(1, Math.round(imageSize / patchSize)) * patchSize}.`,
});

const gend: FoundationSettings = Object.freeze({
  imageSize: 224,
  encoder: "clip",
  size: "large",
  patchSize: 14,
  registers: 0,
  tuning: "layerNorm",
  rank: 8,
  alpha: 16,
  unitFeatures: true,
  uniformityWeight: 0.5,
  alignmentWeight: 0.1,
});

/** A head on features as they are, and cross-entropy alone. */
const plain = { unitFeatures: false, uniformityWeight: 0, alignmentWeight: 0 } as const;

/** Small enough for two cores, and trained whole, as there is nothing to begin with. */
const small: FoundationSettings = Object.freeze({
  ...gend,
  ...plain,
  encoder: "vit",
  size: "shallow",
  patchSize: 8,
  tuning: "all",
});

/** As the samples come, cropped and changed a little. [code] */
const data: DataSettings = Object.freeze({
  ...PAPER_DATA,
  batchSize: 512,
  balance: "none",
  mixup: 0,
});

/** AdamW without decay at a rate that falls along a cosine: the first of the code's cycles. [code] */
const training: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  epochs: 10,
  optimiser: "adamW",
  learningRate: 3e-4,
  schedule: "warmUpCosine",
  weightDecay: 0,
});

/** Every preset but the last two begins with published weights: `--pretrained`. */
export const FOUNDATION_PRESETS: Record<
  "gend" | "linear" | "lora" | "dinov2" | "quick" | "smoke",
  Preset<FoundationSettings>
> = Object.freeze({
  /** GenD on CLIP: norms and head learn, on the unit sphere (`wacv-LN+L2+UnAl`). */
  gend: { detector: gend, data, training },
  /** A linear head on CLIP as it is (`wacv-Baseline`). */
  linear: { detector: { ...gend, ...plain, tuning: "head" }, data, training },
  /** Low-rank adapters in CLIP. [ours] */
  lora: { detector: { ...gend, ...plain, tuning: "lora" }, data, training },
  /** GenD's recipe on DINOv2 with registers. [ours: the code has DINOv3] */
  dinov2: {
    detector: { ...gend, encoder: "dinov2", registers: 4 },
    data,
    training,
  },
  /** Minutes on two cores, from scratch. For looking, not for reporting. */
  quick: { detector: { ...small, imageSize: 96 }, data: QUICK_DATA, training: QUICK_TRAINING },
  /** Seconds: proves that everything runs. Its numbers mean nothing. */
  smoke: { detector: { ...small, imageSize: 32 }, data: SMOKE_DATA, training: SMOKE_TRAINING },
});
