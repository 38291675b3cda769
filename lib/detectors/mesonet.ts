/**
 * MesoNet as a detector (Afchar et al., WIFS 2018): 28,000 parameters, trained on a processor in minutes.
 * The paper compared here takes its AUCs (Meso4 in Tables 2 and 3) from others' papers.
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import {
  MESO_STRIDE,
  type MesoEdition,
  mesonet as network,
  mesonetParameters,
  type MesoNetwork,
} from "lib/networks/mesonet.ts";
import { MINUS_ONE_TO_ONE, ZERO_TO_ONE } from "lib/networks/normalise_images.ts";
import { mesonetStateDict } from "lib/networks/weights/mesonet_state_dict.ts";
import { loadParameters } from "lib/networks/weights/state_dict.ts";
import {
  type DataSettings,
  PAPER_DATA,
  QUICK_DATA,
  SMOKE_DATA,
} from "lib/settings/data_settings.ts";
import { choiceRule, numberBelowRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import {
  PAPER_TRAINING,
  QUICK_TRAINING,
  SMOKE_TRAINING,
  type TrainingSettings,
} from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";

/** What can be chosen of a MesoNet. */
export interface MesonetSettings {
  /** Side of the square input image in pixels, a multiple of 32. [authors' code: 256] */
  readonly imageSize: number;
  /** Meso-4, or the one with two Inception stages. */
  readonly network: MesoNetwork;
  /** The authors' network in Keras, or the port to PyTorch: they differ, see `MesoEdition`. */
  readonly edition: MesoEdition;
  /** Probability that dropout zeroes a unit before each of the two linear layers. [authors' code: 0.5] */
  readonly dropout: number;
}

const full: MesonetSettings = Object.freeze({
  imageSize: 256,
  network: "meso4",
  edition: "authors",
  dropout: 0.5,
});

/** Adam at 1e-3. [authors' code; the decay by ten every 1,000 steps is not in it: from memory of the paper] */
const steady: TrainingSettings = {
  ...PAPER_TRAINING,
  learningRate: 1e-3,
  schedule: "constant",
  weightDecay: 0,
};

/** [batches of 75: from memory of the paper; which augmentations: ours] */
const batches: DataSettings = { ...PAPER_DATA, batchSize: 75, augmentation: "flip", mixup: 0 };

/** MesoNet. */
export const mesonet: DetectorKind<MesonetSettings, tf.Tensor2D> = defineDetector<
  MesonetSettings,
  tf.Tensor2D
>({
  name: "mesonet",
  source:
    "Afchar et al., MesoNet, WIFS 2018; code DariusAf/MesoNet at commit 2144d56 (Apache-2.0), with weights " +
    "for Deepfakes and Face2Face beside it; port HongguLiu/Deepfake-Detection at commit cecd5ab (Apache-2.0)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(MESO_STRIDE, 1024, MESO_STRIDE),
      network: choiceRule("meso4", "mesoInception4"),
      edition: choiceRule("authors", "port"),
      dropout: numberBelowRule(0, 1),
    },
  },
  presets: {
    /** The authors' network. Its loss is the squared error of the sigmoid. */
    authors: { detector: full, data: batches, training: { ...steady, epochs: 20 } },
    /** The port as DeepfakeBench trains it, but for its blur and JPEG augmentations. [code at commit 8a4a7bf] */
    deepfakeBench: {
      detector: { ...full, edition: "port" },
      data: { ...batches, batchSize: 32 },
      training: { ...steady, epochs: 10, learningRate: 2e-4, weightDecay: 5e-4 },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...full, imageSize: 96, dropout: 0 },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...full, imageSize: 32 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  },
  build: ({ imageSize, dropout, ...shape }) => ({
    input: {
      size: imageSize,
      normalisation: shape.edition === "authors" ? ZERO_TO_ONE : MINUS_ONE_TO_ONE,
    },
    parameters: mesonetParameters(shape, imageSize),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      return network(images, { layers: openLayers(parameters, mode), shape, dropout });
    },
    microBatches: "mean",
    loss: ({ forward, targets }) => {
      const logits = forward();
      if (shape.edition === "port") {
        const total = crossEntropy(logits, targets.classes);
        return { total, terms: { crossEntropy: total } };
      }
      const real = tf.slice(targets.classes, [0, 0], [-1, 1]);
      const total = tf.mean(tf.squaredDifference(tf.sigmoid(logits), real)) as tf.Scalar;
      return { total, terms: { squaredError: total } };
    },
    logOdds: (logits) =>
      shape.edition === "port" ? logOddsOfFake(logits) : tf.neg(tf.squeeze(logits, [1])),
    parts: (layer = shape.network === "meso4" ? "conv4" : "conv2") => [
      { name: "whole network", layer },
    ],
    stageOf: (parameter) => parameter.split(".", 1)[0].replace(/^(Incption\d).*/, "$1"),
    loadPretrained: (parameters, file) => loadParameters(parameters, mesonetStateDict(file, shape)),
  }),
});
