/** How Xception, and what is built on it, is set and trained: FaceForensics++, DeepfakeBench, and short runs. */
import {
  type DataSettings,
  PAPER_DATA,
  QUICK_DATA,
  SMOKE_DATA,
} from "lib/settings/data_settings.ts";
import {
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
import type { Preset } from "./detector.ts";

/** What can be chosen of an Xception. */
export interface XceptionSettings {
  /** Side of the square input image in pixels. [FF++ and the paper's Table 7: 299; DeepfakeBench: 256] */
  readonly imageSize: number;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes a unit before the classifier. [FF++ and DeepfakeBench: 0] */
  readonly dropout: number;
}

/** The ranges of an Xception's settings. */
export const XCEPTION_FIELDS: SettingsRules<XceptionSettings>["fields"] = Object.freeze({
  imageSize: wholeNumberRule(32, 1024),
  width: numberRule(1 / 32, 4),
  dropout: numberBelowRule(0, 1),
});

/** Adam at 2e-4 throughout. [FF++; DeepfakeBench at commit 8a4a7bf] */
export const XCEPTION_TRAINING: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  learningRate: 2e-4,
  schedule: "constant",
  weightDecay: 0,
});

/** Batches of 32 as they come, flipped. [FF++; DeepfakeBench has more augmentations than the kit] */
export const XCEPTION_DATA: DataSettings = Object.freeze({
  ...PAPER_DATA,
  batchSize: 32,
  augmentation: "flip",
  mixup: 0,
});

/** Names of the presets, the default first. */
export type XceptionPreset = "faceforensics" | "deepfakeBench" | "paper" | "quick" | "smoke";

/**
 * The presets of a detector on Xception.
 *
 * @param own The settings that it has besides Xception's, alike in all presets.
 */
export function xceptionPresets<Own extends object>(
  own: Own,
): Record<XceptionPreset, Preset<XceptionSettings & Own>> {
  const full = { imageSize: 299, width: 1, dropout: 0, ...own };
  return {
    /** FaceForensics++; its three epochs of the classifier alone come first there. [from memory of the paper] */
    faceforensics: {
      detector: full,
      data: XCEPTION_DATA,
      training: { ...XCEPTION_TRAINING, epochs: 15 },
    },
    /** DeepfakeBench, but for its blur and JPEG augmentations. [code at commit 8a4a7bf] */
    deepfakeBench: {
      detector: { ...full, imageSize: 256 },
      data: XCEPTION_DATA,
      training: { ...XCEPTION_TRAINING, epochs: 10, weightDecay: 5e-4 },
    },
    /** The paper's Table 7: 20 epochs in batches of 256; what it does not state is FaceForensics++'s. */
    paper: {
      detector: full,
      data: { ...XCEPTION_DATA, batchSize: 256 },
      training: { ...XCEPTION_TRAINING, epochs: 20 },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...full, imageSize: 96, width: 0.125 },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...full, imageSize: 32, width: 1 / 16 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  };
}
