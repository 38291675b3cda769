/**
 * Face X-ray (Li et al., CVPR 2020): HRNet draws where two pictures were blended, and the verdict follows
 * from the drawing. Made to learn from blended real faces alone (`forge=BI`). The paper compared here draws it
 * in Figs. 4 and 7 and counts it in Table 7; its AUCs in Tables 1 and 2 are cited from others' papers.
 *
 * No code of the authors is public. The head is the paper's as wkq-wukaiqi/Face-X-Ray builds it; Table 7's
 * 21.30 GFLOPs and 30.95 M parameters are those of timm's HRNet-W32 with its widening layers, input 256 and a
 * head that is not known.
 */
import * as tf from "@tensorflow/tfjs";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { hrnet, hrnetParameters } from "lib/networks/hrnet.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import {
  convolutionParameters,
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "lib/networks/parameters.ts";
import { averageAreas, type PixelPlaces, resizeLinear } from "lib/networks/resize_maps.ts";
import { renamedFile, unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters } from "lib/networks/weights/state_dict.ts";
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { choiceRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { PAPER_TRAINING, QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";

/** What can be chosen of Face X-ray. */
export interface FaceXRaySettings {
  /** Side of the square input image in pixels, a multiple of 32. [paper: 256] */
  readonly imageSize: number;
  /** Channels of HRNet's first branch. [Table 7 of the paper compared here: 32; DeepfakeBench: 48] */
  readonly channels: number;
  /** Weight of the X-ray's cross-entropy beside the classifier's. [paper: 100] */
  readonly xRayWeight: number;
  /** How maps are enlarged. [wkq's code: corners; DeepfakeBench's mask: corners, its trunk: areas] */
  readonly enlarging: PixelPlaces;
  /**
   * What the classifier sees of the X-ray: its mean, so that the verdict is a threshold on it [paper], or the
   * X-ray pooled to 128 × 128 (a third party's copy).
   */
  readonly classifier: "mean" | "pooled";
}

/** What Face X-ray says about a batch. */
export interface FaceXRayOutputs {
  /** `[batch, size, size, 1]`: the X-ray's logits. */
  readonly map: tf.Tensor4D;
  /** `[batch, 2]`: real, fake. */
  readonly logits: tf.Tensor2D;
}

/** Side of the pooled X-ray. */
const POOLED = 128;

/** Branches of HRNet, channels of all of them per channel of the first. */
const ALL_BRANCHES = 1 + 2 + 4 + 8;

const full: FaceXRaySettings = Object.freeze({
  imageSize: 256,
  channels: 32,
  xRayWeight: 100,
  enlarging: "corners",
  classifier: "mean",
});

function parametersOf({ channels, classifier }: FaceXRaySettings): ParameterSpecification[] {
  const inputs = classifier === "mean" ? 1 : POOLED ** 2;
  return [
    ...hrnetParameters(channels),
    ...convolutionParameters("xray_conv", {
      size: 1,
      inputs: ALL_BRANCHES * channels,
      outputs: 1,
      bias: true,
      role: "uniformFilter",
    }),
    ...linearParameters("cls_fc", { inputs, outputs: 2 }),
  ];
}

/** `[batch, side, side, 1]` to `[batch, 128 · 128]`, row by row. */
const pooled = (xRay: tf.Tensor4D) =>
  tf.reshape<tf.Rank.R2>(averageAreas(xRay, POOLED), [xRay.shape[0], POOLED ** 2]);

/** The X-ray of a picture that was blended by a mask m: B = 4 m (1 − m), 1 where both are half. [paper, Eq. 2] */
const xRayOf = (masks: tf.Tensor4D) => tf.mul(4, tf.mul(masks, tf.sub(1, masks)));

/** Face X-ray. */
export const faceXRay: DetectorKind<FaceXRaySettings, FaceXRayOutputs> = defineDetector<
  FaceXRaySettings,
  FaceXRayOutputs
>({
  name: "face_x_ray",
  source:
    "Li et al., Face X-ray for More General Face Forgery Detection, CVPR 2020, no official code; head as " +
    "wkq-wukaiqi/Face-X-Ray at commit 6cbca29 (no licence: read, not taken); HRNet's official code (MIT). " +
    "Weights: ImageNet's, timm/hrnet_w32.ms_in1k (MIT); trained ones by DeepfakeBench v1.0.1 only, of another " +
    "network and head (CC BY-NC 4.0)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024, 32),
      channels: wholeNumberRule(1, 256),
      xRayWeight: numberRule(0, 1e6),
      enlarging: choiceRule("corners", "areas"),
      classifier: choiceRule("mean", "pooled"),
    },
  },
  presets: {
    /** The paper's rates and batches; its 200,000 steps begin with frozen ImageNet layers. [from memory] */
    paper: {
      detector: full,
      data: { ...PAPER_DATA, batchSize: 32, augmentation: "flip", mixup: 0 },
      training: { ...PAPER_TRAINING, learningRate: 2e-4, schedule: "constant", weightDecay: 0 },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...full, imageSize: 96, channels: 4 },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...full, imageSize: 32, channels: 2 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  },
  build: (settings) => {
    const { imageSize, channels, xRayWeight, enlarging, classifier } = settings;
    const enlarged = (x: tf.Tensor4D, side: number) => resizeLinear(x, side, enlarging);
    return {
      input: { size: imageSize, normalisation: IMAGENET },
      wants: ["mask"],
      parameters: parametersOf(settings),
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode), side = images.shape[1];
        const branches = hrnet(images, { layers, channels });
        const all = tf.concat(branches.map((x) => enlarged(x, side / 4)), 3) as tf.Tensor4D;
        const small = layers.convolution(layers.tap("branches", all), "xray_conv", {
          stride: 1,
          padding: 0,
        });
        const map = enlarged(small, side), xRay = layers.tap("x-ray", tf.sigmoid(map));
        const seen = classifier === "mean" ? tf.mean<tf.Tensor2D>(xRay, [1, 2]) : pooled(xRay);
        return { map, logits: layers.linear(seen, "cls_fc") };
      },
      microBatches: "mean",
      loss: ({ forward, targets: { classes, masks } }) => {
        const { map, logits } = forward();
        const xRay = binaryCrossEntropy(map, xRayOf(masks!)),
          verdict = crossEntropy(logits, classes);
        return {
          total: tf.add(tf.mul(xRay, xRayWeight), verdict) as tf.Scalar,
          terms: { xRay, crossEntropy: verdict },
        };
      },
      logOdds: ({ logits }) => logOddsOfFake(logits),
      /** `parts("x-ray")` shows the X-ray itself: the verdict's slope over it is the same everywhere. */
      parts: (layer = "branches") => [{ name: "whole network", layer }],
      stageOf: (parameter) => parameter.split(".", 1)[0].replace(/^bn/, "conv"),
      loadPretrained: (parameters, file) => {
        const named = renamedFile(file, (name) => ({ name: name.replace(BACKBONE, "$1") }));
        const report = loadParameters(trunkOf(parameters), named, {
          skip: beginningsIn(named, NOT_TRUNK),
        });
        return { ...report, skipped: unusedOf(named, report.skipped) };
      },
    };
  },
});

/** The trunk's parameters. */
const trunkOf = (parameters: Parameters): Parameters =>
  Object.fromEntries(
    Object.entries(parameters).filter(([name]) => !/^(xray_conv|cls_fc)\./.test(name)),
  );

/**
 * What published files have behind the trunk: ImageNet's classifier, whose last layer timm calls `classifier`
 * and DeepfakeBench `fc`, and DeepfakeBench's own head.
 */
const NOT_TRUNK = [
  "incre_modules.",
  "downsamp_modules.",
  "final_layer.",
  "classifier.",
  "fc.",
  "post_process.",
];

/** DeepfakeBench's detector has its trunk under this, beside its head. */
const BACKBONE = /^(module\.)?backbone\./;
