/**
 * Xception as a detector: the baseline of the field since FaceForensics++ (Rössler et al. 2019), and the
 * paper's line in Tables 1 to 3 and 7 and Figs. 4 and 7. One network, two logits, cross-entropy. The AUCs
 * beside it in the paper are cited from others' papers, so a faithful run need not hit them.
 */
import type * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import { loadParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { xception as network, xceptionParameters } from "lib/networks/xception.ts";
import {
  type DataSettings,
  PAPER_DATA,
  QUICK_DATA,
  SMOKE_DATA,
} from "lib/settings/data_settings.ts";
import { numberBelowRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import {
  PAPER_TRAINING,
  QUICK_TRAINING,
  SMOKE_TRAINING,
  type TrainingSettings,
} from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";

/** What can be chosen of an Xception. */
export interface XceptionSettings {
  /** Side of the square input image in pixels. [FF++ and the paper's Table 7: 299; DeepfakeBench: 256] */
  readonly imageSize: number;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes a unit before the classifier. [FF++ and DeepfakeBench: 0] */
  readonly dropout: number;
}

/** Real and fake. */
const CLASSES = 2;

const full: XceptionSettings = Object.freeze({ imageSize: 299, width: 1, dropout: 0 });

/** Adam at 2e-4 throughout. [FF++; DeepfakeBench at commit 8a4a7bf] */
const steady: TrainingSettings = {
  ...PAPER_TRAINING,
  learningRate: 2e-4,
  schedule: "constant",
  weightDecay: 0,
};

/** Batches of 32 as they come, flipped. [FF++; DeepfakeBench has more augmentations than the kit] */
const small: DataSettings = { ...PAPER_DATA, batchSize: 32, augmentation: "flip", mixup: 0 };

/** Xception. */
export const xception: DetectorKind<XceptionSettings, tf.Tensor2D> = defineDetector<
  XceptionSettings,
  tf.Tensor2D
>({
  name: "xception",
  source:
    "Chollet 2017; Rössler et al., FaceForensics++, ICCV 2019; code ondyari/FaceForensics at commit " +
    "b952e41 (MIT). Weights: ImageNet's, timm/legacy_xception.tf_in1k (Apache-2.0); trained ones by " +
    "FaceForensics++ (on request) and DeepfakeBench v1.0.1 (CC BY-NC 4.0)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      dropout: numberBelowRule(0, 1),
    },
  },
  presets: {
    /** FaceForensics++; its three epochs of the classifier alone come first there. [from memory of the paper] */
    faceforensics: { detector: full, data: small, training: { ...steady, epochs: 15 } },
    /** DeepfakeBench, but for its blur and JPEG augmentations. [code at commit 8a4a7bf] */
    deepfakeBench: {
      detector: { ...full, imageSize: 256 },
      data: small,
      training: { ...steady, epochs: 10, weightDecay: 5e-4 },
    },
    /** The paper's Table 7: 20 epochs in batches of 256; what it does not state is FaceForensics++'s. */
    paper: {
      detector: full,
      data: { ...small, batchSize: 256 },
      training: { ...steady, epochs: 20 },
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
  },
  build: ({ imageSize, width, dropout }) => ({
    input: { size: imageSize, normalisation: MINUS_ONE_TO_ONE },
    parameters: xceptionParameters({ classes: CLASSES, width }),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      return network(images, { layers: openLayers(parameters, mode), dropout });
    },
    loss: ({ forward, targets }) => {
      const total = crossEntropy(forward(), targets.classes);
      return { total, terms: { crossEntropy: total } };
    },
    logOdds: logOddsOfFake,
    parts: (layer = "bn4") => [{ name: "whole network", layer }],
    stageOf: (parameter) => parameter.split(".", 1)[0].replace(/^bn/, "conv"),
    loadPretrained: (parameters, file) => {
      const { "last_linear.weight": _, "last_linear.bias": __, ...trunk } = parameters;
      loadParameters(trunk, xceptionStateDict(file), { skip: ["last_linear."] });
    },
  }),
});
