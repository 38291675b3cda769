/**
 * Luo et al., "Generalizing Face Forgery Detection with High-frequency Features" (CVPR 2021), which others
 * call SRM after its filters: a picture and its noise in two Xceptions that attend to each other. The paper
 * compared here cites its AUC in Table 3.
 *
 * The authors' public code is the network alone: no training, no normalisation, no weights. It takes
 * pictures from 247 to 262 pixels; here the attention is made for any size. The kernels of its middle
 * filters are repeated along the wrong axis: `noiseOrder` says which are meant. Its network ends in a linear
 * layer, and the paper's loss is softmax with a margin: `head` has both. DeepfakeBench's network of this
 * name differs in how it fuses the streams (`fusion`).
 */
import * as tf from "@tensorflow/tfjs";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { amSoftmax, classCosines } from "lib/losses/am_softmax.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import type { NoiseOrder } from "lib/networks/noise_filters.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import type { ParameterSpecification } from "lib/networks/parameters.ts";
import {
  type FusionRule,
  STREAMS,
  TWO_STREAM_CLASSIFIER,
  twoStreamFeatures,
  twoStreamParameters,
} from "lib/networks/two_stream_xception.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { float32Values, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { fromTorchLayout, torchShape } from "lib/networks/weights/torch_layout.ts";
import { twoStreamAuthor, twoStreamStateDict } from "lib/networks/weights/two_stream_state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import {
  choiceRule,
  numberBelowRule,
  numberRule,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";
import {
  QUICK_TRAINING,
  SMOKE_TRAINING,
  type TrainingSettings,
} from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";
import { XCEPTION_DATA, XCEPTION_TRAINING } from "./xception_presets.ts";

/** What can be chosen of SRM. */
export interface SrmSettings {
  /** Side of the square input image in pixels. [code: 256] */
  readonly imageSize: number;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes a unit before the classifier. [code: .5] */
  readonly dropout: number;
  /** Which filters feature maps see: the code's, or all three each, as the paper has it. */
  readonly noiseOrder: NoiseOrder;
  /** How streams are fused: the code's sum, or DeepfakeBench's product. */
  readonly fusion: FusionRule;
  /** `"linear"`: logits and cross-entropy [code]. `"angular"`: cosines and AM-softmax [paper]. */
  readonly head: "linear" | "angular";
  /** Cosine by which a picture's own class must lead. [code's file of the loss, not connected: .5] */
  readonly margin: number;
  /** What cosines are multiplied by. [the same: 30] */
  readonly scale: number;
}

const CLASSES = 2;

const full: SrmSettings = Object.freeze({
  imageSize: 256,
  width: 1,
  dropout: 0.5,
  noiseOrder: "published",
  fusion: "sum",
  head: "linear",
  margin: 0.5,
  scale: 30,
});

/** Neither code nor recipe of a training is public: Xception's of FaceForensics++. */
const training: TrainingSettings = { ...XCEPTION_TRAINING, epochs: 15 };

const ofAngles = {
  when: ({ head }: SrmSettings) => head === "angular",
  why: "only the angular head has it",
};

/** SRM. */
export const srm: DetectorKind<SrmSettings, tf.Tensor2D> = defineDetector<
  SrmSettings,
  tf.Tensor2D
>({
  name: "srm",
  source:
    "Luo et al., Generalizing Face Forgery Detection with High-frequency Features, CVPR 2021; the authors' " +
    "code crywang/face-forgery-detection at commit bcdb903 (Apache-2.0), the network alone. Weights: " +
    "ImageNet's as Xception's, into both streams; trained ones by DeepfakeBench v1.0.1 only (CC BY-NC 4.0), with " +
    'fusion "product"',
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 512),
      width: numberRule(1 / 32, 4),
      dropout: numberBelowRule(0, 1),
      noiseOrder: choiceRule("published", "everyFilter"),
      fusion: choiceRule("sum", "product"),
      head: choiceRule("linear", "angular"),
      margin: { ...numberRule(0, 1), matters: ofAngles },
      scale: { ...numberRule(1, 1000), matters: ofAngles },
    },
  },
  presets: {
    /** The authors' code, trained as FaceForensics++ trains Xception. */
    official: { detector: full, data: XCEPTION_DATA, training },
    /** The paper's filters and loss. */
    paper: {
      detector: { ...full, noiseOrder: "everyFilter", head: "angular" },
      data: XCEPTION_DATA,
      training,
    },
    /** DeepfakeBench, but for its augmentations and its margin on the logits. [code at commit 8a4a7bf] */
    deepfakeBench: {
      detector: { ...full, dropout: 0, fusion: "product" },
      data: XCEPTION_DATA,
      training: { ...training, epochs: 10, weightDecay: 5e-4 },
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
  build: ({ imageSize, width, dropout, noiseOrder, fusion, head, margin, scale }) => {
    const isAngular = head === "angular";
    const all = twoStreamParameters({ imageSize, classes: CLASSES, width, noiseOrder });
    const logits = (outputs: tf.Tensor2D) =>
      isAngular ? tf.mul(outputs, scale) as tf.Tensor2D : outputs;
    return {
      input: { size: imageSize, normalisation: MINUS_ONE_TO_ONE },
      parameters: all.filter(({ name }) =>
        !(isAngular && name === `${TWO_STREAM_CLASSIFIER}.bias`)
      ),
      /** Logits, or with the angular head cosines: `[batch, 2]`, real and fake. */
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode);
        const features = layers.dropout(
          twoStreamFeatures(images, { layers, parameters, fusion }),
          dropout,
        );
        if (!isAngular) return layers.linear(features, TWO_STREAM_CLASSIFIER);
        const directions = parameters[`${TWO_STREAM_CLASSIFIER}.weight`] as tf.Tensor;
        return classCosines(features, directions as tf.Tensor2D);
      },
      microBatches: "mean",
      loss: ({ forward, targets: { classes } }) => {
        const outputs = forward();
        const total = isAngular
          ? amSoftmax(outputs, classes, { margin, scale })
          : crossEntropy(outputs, classes);
        return { total, terms: { [isAngular ? "amSoftmax" : "crossEntropy"]: total } };
      },
      logOdds: (outputs) => logOddsOfFake(logits(outputs)),
      parts: (layer = "fusion") => [{ name: "whole network", layer }],
      stageOf: (parameter) =>
        parameter.replace(/\.model\.bn/, ".model.conv")
          .split(".", parameter.startsWith("xception_") ? 3 : 1).join("."),
      loadPretrained: (parameters, file) => {
        const author = twoStreamAuthor(file);
        if (author) {
          const named = twoStreamStateDict(file);
          requireFusion(fusion, author, file);
          requireNoiseOrder(all, named);
          return { ...loadParameters(parameters, named), skipped: named.unused };
        }
        const trunk = xceptionStateDict(file);
        const skip = beginningsIn(trunk, ["last_linear."]);
        const reports = Object.values(STREAMS).map((prefix) => {
          const { "last_linear.1.weight": _, "last_linear.1.bias": __, ...stream } =
            parametersUnder(prefix, parameters);
          const { loaded, skipped } = loadParameters(stream, trunk, { skip });
          return { loaded: loaded.map((name) => prefix + name), skipped };
        });
        return {
          loaded: reports.flatMap(({ loaded }) => loaded),
          skipped: unusedOf(trunk, reports[0].skipped),
        };
      },
    };
  },
});

/** Both codes have the same names and fuse differently: weights of one are wrong in the other. */
function requireFusion(
  fusion: FusionRule,
  author: "authors" | "deepfakeBench",
  { path }: TensorFile,
): void {
  const theirs = author === "authors" ? "sum" : "product";
  if (fusion === theirs) return;
  throw new UnfitFile(
    `${path ?? "The file"} has the names of ${
      author === "authors" ? "the authors' code" : "DeepfakeBench"
    }, which fuses by "${theirs}", and the setting fusion is "${fusion}".`,
  );
}

/** A whole network's file has kernels of its own: they must not replace others without a word. */
function requireNoiseOrder(ours: readonly ParameterSpecification[], file: TensorFile): void {
  const found = ours.find(({ name }) => name === "srm_conv1.kernel")!;
  const { name, shape, first } = found, theirs = file.tensors.get(name);
  if (String(theirs?.shape) !== String(torchShape(shape))) return; // refused by its name
  const { values } = fromTorchLayout({ shape: theirs!.shape, values: float32Values(theirs!) });
  const fixed = (first as { values: ArrayLike<number> }).values;
  if (values.every((x, i) => Math.abs(x - fixed[i]) < 1e-6)) return;
  throw new UnfitFile(
    `${
      file.path ?? "The file"
    } has another order of filters in ${name} than the setting noiseOrder says. ` +
      'The authors\' code and DeepfakeBench have "published".',
  );
}
