/**
 * Pair-wise self-consistency learning (PCL; Zhao et al., ICCV 2021): beside its verdict a ResNet-34 says which
 * places of a picture are of one source. Made to learn from blended real faces alone (`forge=I2G`). The paper
 * compared here cites its AUCs in Table 3.
 *
 * No code of the authors is public. Built from their paper; where it is silent, from jtchen0528/PCL-I2G, whose
 * classifier differs: it judges each place by itself (`verdict`). Label 1 is fake here, real there.
 */
import * as tf from "@tensorflow/tfjs";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { consistencyTargets } from "lib/losses/consistency_targets.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import {
  consistencyMap,
  consistencyParameters,
  consistencyVolume,
} from "lib/networks/pair_consistency.ts";
import { convolutionParameters, type ParameterSpecification } from "lib/networks/parameters.ts";
import { resnetFeatures, resnetMaps, resnetParameters } from "lib/networks/resnet.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { choiceRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { PAPER_TRAINING, QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";

/** What can be chosen of PCL. [code]: jtchen0528/PCL-I2G at commit acc0e36 */
export interface PclSettings {
  /** Side of the square input image in pixels. [paper, code: 256] */
  readonly imageSize: number;
  /** Channels as a share of ResNet-34's: 1 is the published network. [ours] */
  readonly width: number;
  /**
   * What becomes of the logits of the last map's places: their mean is the verdict [paper], or each place has a
   * verdict, and the score is the mean of their probabilities [code].
   */
  readonly verdict: "mean" | "places";
  /** The stage that the classifier sees; after stage 3, which pairs are made of, the network may end. [paper: 4] */
  readonly classifierStage: 3 | 4;
  /** Weight of the pairs' cross-entropy beside the classifier's. [paper, code: 10] */
  readonly consistencyWeight: number;
}

/** What PCL says about a batch. */
export interface PclOutputs {
  /** `[batch, places, 2]`: real, fake, at each place of the last map. */
  readonly places: tf.Tensor3D;
  /** `[batch, 2]`: real, fake, of the whole picture; where places judge, logarithms of mean probabilities. */
  readonly logits: tf.Tensor2D;
  /** `[batch, pairs, pairs]`: logits of the consistency of the places of stage 3. */
  readonly volume: tf.Tensor3D;
}

/** Real and fake. */
const CLASSES = 2;

/** What the trunk's names begin with. */
const TRUNK = "net";

/** The stage whose places are compared: a 16th of the picture's side. [paper] */
const COMPARED_STAGE = 3;

const full: PclSettings = Object.freeze({
  imageSize: 256,
  width: 1,
  verdict: "mean",
  classifierStage: 4,
  consistencyWeight: 10,
});

/** Real faces and the fakes made of them. */
const DATA = Object.freeze(
  { ...PAPER_DATA, batchSize: 512, augmentation: "flip", mixup: 0, forge: "I2G" } as const,
);

const TRAINING = Object.freeze(
  {
    ...PAPER_TRAINING,
    epochs: 10,
    learningRate: 5e-5,
    schedule: "constant",
    weightDecay: 0,
  } as const,
);

function parametersOf({ width, classifierStage: stages }: PclSettings): ParameterSpecification[] {
  return [
    ...resnetParameters(TRUNK, width, { stages }),
    ...convolutionParameters("convout", {
      size: 1,
      inputs: resnetFeatures(width, { stages }),
      outputs: CLASSES,
      bias: true,
      role: "uniformFilter",
    }),
    ...consistencyParameters(resnetFeatures(width, { stages: COMPARED_STAGE })),
  ];
}

/** `[batch, places, 2]` as `[batch, 2]`. */
function together(places: tf.Tensor3D, verdict: PclSettings["verdict"]): tf.Tensor2D {
  if (verdict === "mean") return tf.mean(places, 1);
  return tf.sub(tf.logSumExp(tf.logSoftmax(places), 1), Math.log(places.shape[1]));
}

/** PCL. */
export const pcl: DetectorKind<PclSettings, PclOutputs> = defineDetector<PclSettings, PclOutputs>({
  name: "pcl",
  source:
    "Zhao et al., Learning Self-Consistency for Deepfake Detection, ICCV 2021, no official code; settings of " +
    "jtchen0528/PCL-I2G at commit acc0e36 (no licence: read, not taken). Weights: ImageNet's, torchvision's or " +
    "timm's resnet34 (BSD-3-Clause); no trained ones are published",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      verdict: choiceRule("mean", "places"),
      classifierStage: wholeNumberRule(3, 4),
      consistencyWeight: numberRule(0, 1e6),
    },
  },
  presets: {
    /** The paper's network; batches and rates are the code's. */
    paper: { detector: full, data: DATA, training: TRAINING },
    /** The code's, in which each place has a verdict. */
    places: { detector: { ...full, verdict: "places" }, data: DATA, training: TRAINING },
    /** Minutes on two cores, from scratch and from any fakes with masks. For looking, not for reporting. */
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
  build: (settings) => {
    const { imageSize, width, verdict, classifierStage: stages, consistencyWeight } = settings;
    return {
      input: { size: imageSize, normalisation: IMAGENET },
      wants: ["mask"],
      parameters: parametersOf(settings),
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode);
        const maps = resnetMaps(images, { prefix: TRUNK, width, layers, stages });
        const compared = maps[COMPARED_STAGE - 1], [batch, height, across] = compared.shape;
        const volume = consistencyVolume(compared, { layers });
        if (mode.tap) {
          layers.tap("consistency", consistencyMap(volume, { height, width: across }));
        }
        const map = layers.convolution(maps.at(-1)!, "convout", { stride: 1, padding: 0 });
        const places = tf.reshape<tf.Rank.R3>(map, [batch, -1, CLASSES]);
        return { places, logits: together(places, verdict), volume };
      },
      microBatches: "mean",
      loss: ({ forward, targets: { classes, masks } }) => {
        const { places, logits, volume } = forward(), count = places.shape[1];
        const verdictLoss = verdict === "mean" ? crossEntropy(logits, classes) : crossEntropy(
          tf.reshape(places, [-1, CLASSES]),
          tf.reshape(tf.tile(tf.expandDims(classes, 1), [1, count, 1]), [-1, CLASSES]),
        );
        // Masks are not smoothed before they are made so small. [code: `UpsamplingBilinear2d`]
        const small = resizeLinear(masks!, Math.sqrt(volume.shape[1]), "corners");
        const consistency = binaryCrossEntropy(volume, consistencyTargets(small));
        return {
          total: tf.add(verdictLoss, tf.mul(consistency, consistencyWeight)) as tf.Scalar,
          terms: { crossEntropy: verdictLoss, consistency },
        };
      },
      logOdds: ({ logits }) => logOddsOfFake(logits),
      /** `parts("consistency")` with `layerItself` shows how each place fits to all others: low is suspicious. */
      parts: (layer = `layer${stages}`) => [
        { name: "whole network", layer: layer === "consistency" ? layer : `${TRUNK}.${layer}` },
      ],
      stageOf: (parameter) =>
        parameter.replace(`${TRUNK}.`, "").split(".", 1)[0].replace(/^bn/, "conv"),
      loadPretrained: (parameters, file) => {
        const trunk = parametersUnder(`${TRUNK}.`, parameters);
        const behind = ["fc.", ...stages === COMPARED_STAGE ? ["layer4."] : []];
        const { loaded, skipped } = loadParameters(trunk, file, {
          skip: beginningsIn(file, behind),
        });
        return { loaded: loaded.map((name) => `${TRUNK}.${name}`), skipped };
      },
    };
  },
});
