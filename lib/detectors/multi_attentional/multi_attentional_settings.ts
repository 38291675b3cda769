/** How Multi-Attentional is set: ranges, sources, and the ready-made configurations. */
import type { EfficientNetSize } from "lib/networks/efficientnet_shape.ts";
import type { RegionForm } from "lib/losses/region_independence.ts";
import {
  type DataSettings,
  PAPER_DATA,
  QUICK_DATA,
  SMOKE_DATA,
} from "lib/settings/data_settings.ts";
import {
  choiceRule,
  type FieldRule,
  numberBelowRule,
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
import type { DropMode } from "./attention_guided_drop.ts";

/**
 * What can be chosen of Multi-Attentional. [code]: yoctta/multiple-attention at commit bb069cc, `main.py`
 * and `config.py`; [published]: the paper, from memory
 */
export interface MultiAttentionalSettings {
  /** Side of the square input image in pixels. [code: 380] */
  readonly imageSize: number;
  /** The EfficientNet beneath. [code: "b4"] */
  readonly network: EfficientNetSize;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** How many attention maps there are. [code, published: 4] */
  readonly attentionMaps: number;
  /** Probability that a map is left out of what the classifier sees. [code: 0.25] */
  readonly mapDropout: number;
  /** Probability that dropout zeroes one of the last features. [code: 0.5] */
  readonly dropout: number;
  /** How likely the EfficientNet's last block would skip an image in training; earlier ones less. [code: 0.2] */
  readonly dropConnect: number;
  /**
   * Share of a new batch in the EfficientNet's running statistics. [code: 0.01, which takes hundreds of
   * steps to forget the first values]
   */
  readonly normMomentum: number;
  /** Weight of region independence beside the cross-entropy. [code: 0.5; published: 1] */
  readonly regionWeight: number;
  /** Which form of region independence. [code: "official"] */
  readonly regionForm: RegionForm;
  /** Centres nearer to each other than this cost. [code: 0.8; published: 0.2] */
  readonly centreMargin: number;
  /** Real pictures farther from the centres than this cost. [code: 0.2; published: 0.05] */
  readonly realMargin: number;
  /** The same of fakes; where it is negative, nearer than its opposite. [code: −0.8; published: 0.1] */
  readonly fakeMargin: number;
  /** How far centres move to a batch at first. [code, published: 0.05] */
  readonly centreRate: number;
  /** Steps after which that becomes nine tenths of it, again and again; 0: it stays. [code, published: an epoch] */
  readonly centreDecaySteps: number;
  /** What becomes of a second copy of each picture where a map looked. [code: "soft"] */
  readonly guidedDrop: DropMode | "none";
  /** Weight of that copy's cross-entropy. [code: 1] */
  readonly dropWeight: number;
  /** Weight of how far the other maps' vectors are from those of the picture itself. [code: 0.1] */
  readonly matchWeight: number;
}

const ofRegions = (rule: FieldRule<object>) => ({
  ...rule,
  matters: {
    when: ({ regionWeight }: MultiAttentionalSettings) => regionWeight > 0,
    why: "regionWeight is 0",
  },
});
const ofDrop = (rule: FieldRule<object>) => ({
  ...rule,
  matters: {
    when: ({ guidedDrop }: MultiAttentionalSettings) => guidedDrop !== "none",
    why: 'guidedDrop is "none": there is no second copy',
  },
});

/** The ranges. */
export const MULTI_ATTENTIONAL_RULES: SettingsRules<MultiAttentionalSettings> = Object.freeze({
  fields: {
    imageSize: wholeNumberRule(32, 1024),
    network: choiceRule("b0", "b4", "shallow"),
    width: numberRule(1 / 32, 4),
    attentionMaps: wholeNumberRule(1, 32),
    mapDropout: numberBelowRule(0, 1),
    dropout: numberBelowRule(0, 1),
    dropConnect: numberBelowRule(0, 1),
    normMomentum: numberRule(0.001, 1),
    regionWeight: numberRule(0, 1e6),
    regionForm: ofRegions(choiceRule("official", "published", "deepfakeBench")),
    centreMargin: ofRegions(numberRule(0, 2)),
    realMargin: ofRegions(numberRule(0, 10)),
    fakeMargin: ofRegions(numberRule(-10, 10)),
    centreRate: ofRegions(numberRule(1e-4, 1)),
    centreDecaySteps: ofRegions(wholeNumberRule(0)),
    guidedDrop: choiceRule("soft", "hard", "none"),
    dropWeight: ofDrop(numberRule(0, 1e6)),
    matchWeight: ofDrop(numberRule(0, 1e6)),
  },
});

/**
 * Steps of an epoch of the official recipe on one GPU: 720 real videos and 4 · 720 fake ones, reals as
 * often as fakes, 50 frames each, in batches of 15.
 */
const EPOCH = 2 * 4 * 720 * 50 / 15;

const full: MultiAttentionalSettings = Object.freeze({
  imageSize: 380,
  network: "b4",
  width: 1,
  attentionMaps: 4,
  mapDropout: 0.25,
  dropout: 0.5,
  dropConnect: 0.2,
  normMomentum: 0.01,
  regionWeight: 0.5,
  regionForm: "official",
  centreMargin: 0.8,
  realMargin: 0.2,
  fakeMargin: -0.8,
  centreRate: 0.05,
  centreDecaySteps: EPOCH,
  guidedDrop: "soft",
  dropWeight: 1,
  matchWeight: 0.1,
});

/** Small enough for two cores: a shallow network whose running statistics keep up with a short run. */
const small: MultiAttentionalSettings = Object.freeze({
  ...full,
  network: "shallow",
  width: 0.25,
  dropConnect: 0,
  normMomentum: 0.2,
  centreDecaySteps: 0,
});

const flipped: DataSettings = Object.freeze({
  ...PAPER_DATA,
  batchSize: 15,
  augmentation: "flip",
  mixup: 0,
});

const training: TrainingSettings = Object.freeze({ ...PAPER_TRAINING, weightDecay: 1e-6 });

/** The ready-made configurations. */
export const MULTI_ATTENTIONAL_PRESETS: Record<
  "official" | "published" | "quick" | "smoke",
  Preset<MultiAttentionalSettings>
> = Object.freeze({
  /**
   * The code's second phase, `a1_b5_b2`. Its first, 20 epochs of the EfficientNet alone, is left out, its
   * decay is AdamW's and its rate falls in steps, to half every five epochs.
   */
  official: {
    detector: full,
    data: flipped,
    training: { ...training, epochs: 50, learningRate: 1e-4 },
  },
  /** The paper's margins, loss, rate and batch; its length is not stated. [from memory of it] */
  published: {
    detector: {
      ...full,
      regionWeight: 1,
      regionForm: "published",
      centreMargin: 0.2,
      realMargin: 0.05,
      fakeMargin: 0.1,
      centreDecaySteps: EPOCH * 15 / 48,
    },
    data: { ...flipped, batchSize: 48 },
    training: { ...training, epochs: 50, learningRate: 1e-3, schedule: "constant" },
  },
  /** Minutes on two cores, from scratch. For looking, not for reporting. */
  quick: { detector: { ...small, imageSize: 96 }, data: QUICK_DATA, training: QUICK_TRAINING },
  /** Seconds: proves that everything runs. Its numbers mean nothing. */
  smoke: {
    detector: { ...small, imageSize: 32 },
    data: SMOKE_DATA,
    training: SMOKE_TRAINING,
  },
});
