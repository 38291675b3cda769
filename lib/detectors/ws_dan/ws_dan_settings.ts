/** How WS-DAN is set: ranges, sources, and the ready-made configurations. */
import type { CentreUpdate } from "lib/losses/feature_centres.ts";
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

/**
 * What can be chosen of WS-DAN. [code]: cuihaoleo/kaggle-dfdc at commit 91dae24, `train-wsdan.py` and
 * `wsdan-conf/`
 */
export interface WsDanSettings {
  /** Side of the square input image in pixels. [code: 320 on Xception, 300 on EfficientNet-B3] */
  readonly imageSize: number;
  /** The network beneath. [code: both] */
  readonly network: "xception" | "b3";
  /** Channels as a share of the published network's. [ours] */
  readonly width: number;
  /** Attention maps. [code: 8] */
  readonly attentionMaps: number;
  /** Probability that what a map pooled is left out of what is learnt from the picture itself. [code: 0.5] */
  readonly mapDropout: number;
  /** How likely EfficientNet-B3's last block would skip an image in training; earlier ones less. [code: 0.2] */
  readonly dropConnect: number;
  /** Share of a new batch in EfficientNet-B3's running statistics. [code: 0.01] */
  readonly normMomentum: number;
  /** Whether each picture is also learnt from as it is cut to a map, and black where one looks. [code: "both"] */
  readonly cropAndDrop: "both" | "none";
  /** Weight of the cross-entropy of pictures that are cut to a map; 0: they are not looked at. [code: 1/3] */
  readonly cropWeight: number;
  /** Weight of that of pictures that are black where a map looks; 0: they are not. [code: 1/2] */
  readonly dropWeight: number;
  /** Weight of how far pooled features are from their class's centre. [code: 1] */
  readonly centreWeight: number;
  /** How far centres move to a batch. [code: 0.05] */
  readonly centreRate: number;
  /** Which pictures of a batch move them. [code: "last"] */
  readonly centreUpdate: CentreUpdate;
}

const ofB3 = (rule: FieldRule<object>) => ({
  ...rule,
  matters: {
    when: ({ network }: WsDanSettings) => network === "b3",
    why: 'network is "xception"',
  },
});
const ofViews = (rule: FieldRule<object>) => ({
  ...rule,
  matters: {
    when: ({ cropAndDrop }: WsDanSettings) => cropAndDrop === "both",
    why: 'cropAndDrop is "none"',
  },
});
const ofCentres = (rule: FieldRule<object>) => ({
  ...rule,
  matters: {
    when: ({ centreWeight }: WsDanSettings) => centreWeight > 0,
    why: "centreWeight is 0",
  },
});

/** The ranges. */
export const WS_DAN_RULES: SettingsRules<WsDanSettings> = Object.freeze({
  fields: {
    imageSize: wholeNumberRule(32, 1024),
    network: choiceRule("xception", "b3"),
    width: numberRule(1 / 32, 4),
    attentionMaps: wholeNumberRule(1, 32),
    mapDropout: numberBelowRule(0, 1),
    dropConnect: ofB3(numberBelowRule(0, 1)),
    normMomentum: ofB3(numberRule(0.001, 1)),
    cropAndDrop: choiceRule("both", "none"),
    cropWeight: ofViews(numberRule(0, 1e6)),
    dropWeight: ofViews(numberRule(0, 1e6)),
    centreWeight: numberRule(0, 1e6),
    centreRate: ofCentres(numberRule(1e-4, 1)),
    centreUpdate: ofCentres(choiceRule("last", "all")),
  },
});

const xception: WsDanSettings = Object.freeze({
  imageSize: 320,
  network: "xception",
  width: 1,
  attentionMaps: 8,
  mapDropout: 0.5,
  dropConnect: 0.2,
  normMomentum: 0.01,
  cropAndDrop: "both",
  cropWeight: 1 / 3,
  dropWeight: 1 / 2,
  centreWeight: 1,
  centreRate: 0.05,
  centreUpdate: "last",
});

const small: WsDanSettings = Object.freeze({ ...xception, width: 0.125, attentionMaps: 4 });

const flipped: DataSettings = Object.freeze({
  ...PAPER_DATA,
  batchSize: 10,
  augmentation: "flip",
  mixup: 0,
});

/** SGD whose rate falls by 5 % an epoch in the code, to a twentieth; here by the kit's linear schedule. */
const training: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  epochs: 60,
  optimiser: "sgd",
  learningRate: 1e-3,
  schedule: "linearDecay",
  weightDecay: 1e-5,
});

/** The ready-made configurations. */
export const WS_DAN_PRESETS: Record<
  "xception" | "b3" | "quick" | "smoke",
  Preset<WsDanSettings>
> = Object.freeze({
  /** The code's run on Xception, begun with weights of a trained one: `--pretrained`. */
  xception: { detector: xception, data: flipped, training },
  /** Its run on EfficientNet-B3, begun with ImageNet's. */
  b3: { detector: { ...xception, network: "b3", imageSize: 300 }, data: flipped, training },
  /** Minutes on two cores, from scratch. For looking, not for reporting. */
  quick: { detector: { ...small, imageSize: 96 }, data: QUICK_DATA, training: QUICK_TRAINING },
  /** Seconds: proves that everything runs. Its numbers mean nothing. */
  smoke: {
    detector: { ...small, imageSize: 32, width: 1 / 16, attentionMaps: 2 },
    data: SMOKE_DATA,
    training: SMOKE_TRAINING,
  },
});
