/**
 * RECCE as a detector (Cao et al., CVPR 2022): it learns to decode real faces, and looks where decoding
 * fails. The paper compared here cites its AUCs in Table 2, .687 on Celeb-DF v2 and .691 on DFDC; the first is
 * that of the authors' model for strong compression (C40), while other rows are trained on C23.
 *
 * Differences between codes: DeepfakeBench trains the same network with cross-entropy alone, without the
 * losses that give the method its name (`reconstructionWeight`, `metricWeight` and `flood` 0), and with two
 * logits for one. The authors' trainer takes one more step of Adam before each epoch, and works in half
 * precision; neither is done here.
 */
import * as tf from "@tensorflow/tfjs";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { metricLoss, reconstructionOfReals } from "lib/losses/reconstruction_losses.ts";
import { openLayers } from "lib/networks/layers.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import {
  ENCODER,
  recce as network,
  type RecceOutputs,
  recceParameters,
} from "lib/networks/recce.ts";
import { isRecceFile, recceStateDict } from "lib/networks/weights/recce_state_dict.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { numberBelowRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";
import { XCEPTION_DATA, XCEPTION_TRAINING } from "./xception_presets.ts";

/** What can be chosen of RECCE. [code]: the authors' at commit 58cabeb */
export interface RecceSettings {
  /** Side of the square input image in pixels. [code: 299; DeepfakeBench: 256] */
  readonly imageSize: number;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes a number, at four places. [code: 0.2] */
  readonly dropout: number;
  /** Deviation of the noise on half of the training pictures, of pixels from −1 to 1. [code: 1e-6] */
  readonly noise: number;
  /** Weight of the reconstruction of real pictures. [code: 0.1; DeepfakeBench: 0] */
  readonly reconstructionWeight: number;
  /** Weight of the similarity of real pictures. [code: 0.1; DeepfakeBench: 0] */
  readonly metricWeight: number;
  /** Cross-entropy below this is pushed up again: |l − flood| + flood. [code: 0.04; DeepfakeBench: 0] */
  readonly flood: number;
}

const full: RecceSettings = Object.freeze({
  imageSize: 299,
  width: 1,
  dropout: 0.2,
  noise: 1e-6,
  reconstructionWeight: 0.1,
  metricWeight: 0.1,
  flood: 0.04,
});

/** RECCE. */
export const recce: DetectorKind<RecceSettings, RecceOutputs> = defineDetector<
  RecceSettings,
  RecceOutputs
>({
  name: "recce",
  source:
    "Cao et al., End-to-End Reconstruction-Classification Learning for Face Forgery Detection, CVPR 2022; code " +
    "VISION-SJTU/RECCE at commit 58cabeb (MIT). Weights: ImageNet's as Xception's; trained ones by the " +
    "authors (C40; named in their issues) and by DeepfakeBench v1.0.1 (CC BY-NC 4.0)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      dropout: numberBelowRule(0, 1),
      noise: numberRule(0, 1),
      reconstructionWeight: numberRule(0, 1000),
      metricWeight: numberRule(0, 1000),
      flood: numberRule(0, 10),
    },
  },
  presets: {
    /** The authors': 90,000 steps whose rate is halved at every quarter. [code at commit 58cabeb] */
    official: {
      detector: full,
      data: { ...XCEPTION_DATA, balance: "none" },
      training: {
        ...XCEPTION_TRAINING,
        epochs: 0,
        steps: 90_000,
        schedule: "paper",
        weightDecay: 1e-5,
      },
    },
    /** DeepfakeBench, but for its blur and JPEG augmentations. [code at commit 8a4a7bf] */
    deepfakeBench: {
      detector: { ...full, imageSize: 256, reconstructionWeight: 0, metricWeight: 0, flood: 0 },
      data: XCEPTION_DATA,
      training: { ...XCEPTION_TRAINING, epochs: 10, weightDecay: 5e-4 },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...full, imageSize: 96, width: 0.125, dropout: 0 },
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
  build: ({ imageSize, width, dropout, noise, reconstructionWeight, metricWeight, flood }) => ({
    input: { size: imageSize, normalisation: MINUS_ONE_TO_ONE },
    parameters: recceParameters(width),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      const layers = openLayers(parameters, mode);
      return network(images, { layers, parameters, dropout, noise });
    },
    microBatches: "outputs", // flooding, reals alone, and pairs of pictures
    loss: ({ images, forward, targets: { classes } }) => {
      const { logits, reconstruction: decoded, embeddings } = forward();
      const crossEntropy = binaryCrossEntropy(logits, tf.slice(classes, [0, 1], [-1, 1]));
      const flooded = tf.add(tf.abs(tf.sub(crossEntropy, flood)), flood);
      const reconstruction = reconstructionOfReals(decoded, images, classes);
      const metric = tf.addN(embeddings.map((each) => metricLoss(each, classes))) as tf.Scalar;
      const others = tf.add(
        tf.mul(reconstruction, reconstructionWeight),
        tf.mul(metric, metricWeight),
      );
      return {
        total: tf.add(flooded, others) as tf.Scalar,
        terms: { crossEntropy, reconstruction, metric },
      };
    },
    logOdds: ({ logits }) => tf.squeeze(logits, [1]),
    /**
     * `parts("difference")` shows where decoding failed, weighted by what the verdict makes of it;
     * `parts("attention.gated")` where the attention lets through.
     */
    parts: (layer = "bn4") => [{
      name: "whole network",
      layer: /^(difference|attention|reasoning|decoder)/.test(layer) ? layer : ENCODER + layer,
    }],
    stageOf: (parameter) => {
      const [first, second] = parameter.split(".");
      return `${first}.` === ENCODER ? second.replace(/^bn/, "conv") : first;
    },
    loadPretrained: (parameters, file) => {
      if (isRecceFile(file)) {
        const named = recceStateDict(file);
        return { ...loadParameters(parameters, named), skipped: named.unused };
      }
      const named = xceptionStateDict(file);
      const { loaded, skipped } = loadParameters(parametersUnder(ENCODER, parameters), named, {
        skip: beginningsIn(named, ["last_linear."]),
      });
      return { loaded: loaded.map((name) => ENCODER + name), skipped: unusedOf(named, skipped) };
    },
  }),
});
