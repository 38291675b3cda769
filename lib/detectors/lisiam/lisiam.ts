/**
 * LiSiam as a detector (Wang, Sun and Tang, TIFS 2022): where a picture is manipulated must be drawn alike for it and for
 * a worse copy of it, and the verdict asks how what is manipulated relates to the rest. The paper compared here cites
 * its AUCs in Table 2, .811 on Celeb-DF v1 and .782 on v2.
 *
 * Built after `LiSiam_A` of h10666/LiSiam at commit 1d628b6, the network that its script trains. Not public there: the
 * sources of the object context (bytecode alone; after the framework it is of), the configuration that the script names
 * (channels as the trainer sets them), and how masks are made of structural similarity (here a place is
 * manipulated where the mask is above a half). Its 90 epochs of the verdict alone on a trunk that others have
 * trained, and random crops and shuffles, are left out.
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import {
  type LisiamMaps,
  lisiamMaps,
  lisiamParameters,
  lisiamVerdict,
} from "lib/networks/lisiam.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { numberBelowRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { DetectorKind, LossInputs } from "../detector.ts";
import { XCEPTION_DATA, XCEPTION_TRAINING } from "../xception_presets.ts";
import { degradedView } from "./degraded_view.ts";

/** What can be chosen of LiSiam. [code]: h10666/LiSiam at commit 1d628b6 */
export interface LisiamSettings {
  /** Side of the square input image in pixels. [code: 299] */
  readonly imageSize: number;
  /** Channels as a share of the published network's. [ours] */
  readonly width: number;
  /** Share of channels, and of the attention, that dropout zeroes. [code: 0.1] */
  readonly dropout: number;
  /** Weight of the cross-entropy of places. [code: 1] */
  readonly placesWeight: number;
  /** Weight of the same in the middle of the trunk. [code: 0.4] */
  readonly auxiliaryWeight: number;
  /** Weight of how differently a worse copy is drawn. [code: 1] */
  readonly invarianceWeight: number;
}

/** What LiSiam says about a batch. */
export interface LisiamOutputs extends LisiamMaps {
  /** `[batch, 2]`: real, fake. */
  readonly logits: tf.Tensor2D;
}

const full: LisiamSettings = Object.freeze({
  imageSize: 299,
  width: 1,
  dropout: 0.1,
  placesWeight: 1,
  auxiliaryWeight: 0.4,
  invarianceWeight: 1,
});

/** Cross-entropy of every pixel, of maps at their full side. */
function placesLoss(places: tf.Tensor4D, masks: tf.Tensor4D): tf.Scalar {
  const large = tf.reshape<tf.Rank.R2>(resizeLinear(places, masks.shape[1], "areas"), [-1, 2]);
  const fake = tf.cast(tf.greater(tf.reshape(masks, [-1, 1]), 0.5), "float32") as tf.Tensor2D;
  return crossEntropy(large, tf.concat2d([tf.sub(1, fake), fake], 1));
}

function objective(
  { images, targets: { classes, masks }, forward, seed }: LossInputs<LisiamOutputs>,
  { placesWeight, auxiliaryWeight, invarianceWeight }: LisiamSettings,
) {
  const own = forward(), verdict = crossEntropy(own.logits, classes);
  const terms: Record<string, tf.Scalar> = {
    crossEntropy: verdict,
    places: placesLoss(own.places, masks!),
    auxiliary: placesLoss(own.auxiliary, masks!),
  };
  const total = tf.addN([
    verdict,
    tf.mul(terms.places, placesWeight),
    tf.mul(terms.auxiliary, auxiliaryWeight),
  ]) as tf.Scalar;
  if (invarianceWeight === 0) return { total, terms };
  const again = forward(degradedView(images, seed!)); // whose verdict is not asked
  terms.invariance = tf.mean(tf.abs(tf.sub(again.places, own.places))) as tf.Scalar;
  return { total: tf.add(total, tf.mul(terms.invariance, invarianceWeight)) as tf.Scalar, terms };
}

/** The trunk, as Xception's weights name it. */
const trunkOf = (parameters: Parameters) => parametersUnder("backbone_net.", parameters);

/** LiSiam. */
export const lisiam: DetectorKind<LisiamSettings, LisiamOutputs> = defineDetector<
  LisiamSettings,
  LisiamOutputs
>({
  name: "lisiam",
  source:
    "Wang, Sun and Tang, LiSiam: Localization Invariance Siamese Network for Deepfake Detection, TIFS 2022; the " +
    "authors' code h10666/LiSiam at commit 1d628b6 (no licence, parts as bytecode alone: read, neither run nor " +
    "taken), its object context as SegmentationBLWX/sssegmentation at bf7281b (MIT). Weights: none published; " +
    "ImageNet's as Xception's",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      dropout: numberBelowRule(0, 1),
      placesWeight: numberRule(0, 1000),
      auxiliaryWeight: numberRule(0, 1000),
      invarianceWeight: numberRule(0, 1000),
    },
  },
  presets: {
    /** The second step of the code's script, whose rate falls by a power of .9 to 0, here along a cosine. */
    official: {
      detector: full,
      data: { ...XCEPTION_DATA, balance: "none" },
      training: {
        ...XCEPTION_TRAINING,
        epochs: 1800,
        optimiser: "sgd",
        learningRate: 0.002,
        schedule: "warmUpCosine",
        weightDecay: 5e-4,
      },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...full, imageSize: 96, width: 0.125, dropout: 0 },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...full, imageSize: 32, width: 1 / 16, dropout: 0 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  },
  build: (settings) => ({
    input: { size: settings.imageSize, normalisation: MINUS_ONE_TO_ONE },
    wants: ["mask"],
    parameters: lisiamParameters(settings.width),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      const layers = openLayers(parameters, mode), { dropout } = settings;
      const run = { layers, parameters, dropout }, maps = lisiamMaps(images, run);
      return { ...maps, logits: lisiamVerdict(maps, run) };
    },
    microBatches: "mean",
    loss: (inputs) => objective(inputs, settings),
    logOdds: ({ logits }) => logOddsOfFake(logits),
    /** `parts("places")` shows where it draws manipulation, weighted by what the verdict makes of it. */
    parts: (layer = "clsE") => [{
      name: "whole network",
      layer: /^(clsE|places|context|bottleneck)$/.test(layer) ? layer : `backbone_net.${layer}`,
    }],
    stageOf: (parameter) => {
      const [first, second] = parameter.split(".");
      return first === "backbone_net" ? second.replace(/^bn/, "conv") : first;
    },
    loadPretrained: (parameters, file) => {
      const named = xceptionStateDict(file);
      const skip = beginningsIn(named, ["conv3.", "bn3.", "conv4.", "bn4.", "last_linear."]);
      const { loaded, skipped } = loadParameters(trunkOf(parameters), named, { skip });
      return {
        loaded: loaded.map((name) => `backbone_net.${name}`),
        skipped: unusedOf(named, skipped),
      };
    },
  }),
});
