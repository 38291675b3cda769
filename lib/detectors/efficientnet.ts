/**
 * EfficientNet with one logit as a detector: what two winners of the Deepfake Detection Challenge trained on
 * frames, both of B7. The paper compared here cites the winners' scores in Table 1; all four are ensembles that
 * score whole videos (`ensemble.ts`, `VIDEO_RULES`).
 *
 * Selim Seferbekov's is timm's network, which pads for the map at hand, and averages the losses of reals and of
 * fakes; NTechLab's is efficientnet_pytorch 0.6.3, which pads every layer as for an even side, and learns from
 * mixtures of a fake and its own real picture (`balance=pairs`, `mixupWith=pair`). What differs: pictures are
 * square (NTechLab's are 224 × 192), augmentations are the kit's, and the rate falls by the kit's schedules
 * (Selim's is a polynomial of the step, NTechLab's linear).
 */
import * as tf from "@tensorflow/tfjs";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import { efficientnet as features, efficientnetParameters } from "lib/networks/efficientnet.ts";
import { efficientnetShape, type EfficientNetSize } from "lib/networks/efficientnet_shape.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import {
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "lib/networks/parameters.ts";
import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
import { renamedFile, unusedOf } from "lib/networks/weights/renamed_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { wrapperPrefix } from "lib/networks/weights/wrapper_prefix.ts";
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import {
  choiceRule,
  numberBelowRule,
  numberRule,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";
import {
  PAPER_TRAINING,
  QUICK_TRAINING,
  SMOKE_TRAINING,
  type TrainingSettings,
} from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind, PretrainedReport } from "./detector.ts";

/**
 * What can be chosen. [Selim]: selimsef/dfdc_deepfake_challenge at commit 89c6290; [NTechLab]:
 * NTech-Lab/deepfake-detection-challenge at commit 52095ce
 */
export interface EfficientNetSettings {
  /** Side of the square input image in pixels. [Selim: 380; NTechLab: 224, of 192 across] */
  readonly imageSize: number;
  /** The network. [Selim, NTechLab: "b7"; "shallow", ours: a block of B0 a stage] */
  readonly network: EfficientNetSize;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /**
   * How layers that halve a map are padded: for the map at hand, or as if its side were even. [Selim: "same";
   * NTechLab: "asEven"]
   */
  readonly padding: "same" | "asEven";
  /** Probability that dropout zeroes a unit before the classifier. [Selim: 0; NTechLab: B7's 0.5] */
  readonly dropout: number;
  /** How likely the last block would skip an image in training; earlier ones less. [Selim, NTechLab: 0.2] */
  readonly dropConnect: number;
  /** Share of a new batch in the running statistics. [Selim: 0.1; NTechLab: 0.01] */
  readonly normMomentum: number;
  /**
   * How the losses of a batch are averaged: those of reals and those of fakes, and then the two, or all
   * alike. [Selim: "classes"; NTechLab: "all"]
   */
  readonly averageOver: "classes" | "all";
}

/** Batch norms that stand alone, by the convolutions that they belong to. */
const NORMED: Readonly<Record<string, string>> = Object.freeze({
  _bn0: "_conv_stem",
  _bn1: "_conv_head",
});

const PREFIX = "net", CLASSIFIER = `${PREFIX}._fc`;

const selim: EfficientNetSettings = Object.freeze({
  imageSize: 380,
  network: "b7",
  width: 1,
  padding: "same",
  dropout: 0,
  dropConnect: 0.2,
  normMomentum: 0.1,
  averageOver: "classes",
});

const ntechlab: EfficientNetSettings = Object.freeze({
  ...selim,
  imageSize: 224,
  padding: "asEven",
  dropout: 0.5,
  normMomentum: 0.01,
  averageOver: "all",
});

/** Small enough for two cores: a shallow network whose running statistics keep up with a short run. */
const small: EfficientNetSettings = Object.freeze({
  ...selim,
  network: "shallow",
  width: 0.25,
  dropConnect: 0,
  normMomentum: 0.2,
});

/** What the winners' trainings share. */
const sgd: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  optimiser: "sgd",
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-4,
  schedule: "linearDecay",
});

function parametersOf({ network, width }: EfficientNetSettings): ParameterSpecification[] {
  const shape = efficientnetShape(network, width);
  return efficientnetParameters(PREFIX, { shape, idleClasses: 1 })
    .filter(({ role }) => role !== "idle")
    .concat(linearParameters(CLASSIFIER, { inputs: shape.head, outputs: 1 }));
}

/** Mean over a batch's pictures of one kind, 0 where it has none. */
const meanWhere = (losses: tf.Tensor1D, chosen: tf.Tensor1D): tf.Scalar =>
  tf.div(tf.sum(tf.mul(losses, chosen)), tf.maximum(tf.sum(chosen), 1));

/**
 * The mean of the fakes' mean loss and the reals'; who is more fake than real counts as fake. A batch of one
 * kind has half of its mean. [Selim: `train_classifier.py`]
 */
export function balancedCrossEntropy(logits: tf.Tensor1D, targets: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() => {
    const softplus = tf.add(tf.relu(logits), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))));
    const losses = tf.sub(softplus, tf.mul(targets, logits)) as tf.Tensor1D;
    const fakes = tf.cast(tf.greater(targets, 0.5), "float32") as tf.Tensor1D;
    const both = tf.add(meanWhere(losses, fakes), meanWhere(losses, tf.sub(1, fakes)));
    return tf.div(both, 2) as tf.Scalar;
  });
}

/**
 * The winners' files whole, of timm's names behind `encoder.` or of efficientnet_pytorch's, or ImageNet's of
 * either without its classifier.
 */
function loadPretrained(parameters: Parameters, file: TensorFile): PretrainedReport {
  const cut = wrapperPrefix([...file.tensors.keys()]).length;
  const isSelims = [...file.tensors.keys()].some((name) => name.startsWith("encoder.", cut));
  const bare = renamedFile(file, (name) => {
    const own = name.slice(cut);
    if (!isSelims) return { name: own };
    if (own.startsWith("encoder.classifier.")) return undefined; // ImageNet's, which no pass runs
    return { name: own.replace(/^encoder\./, "").replace(/^fc\./, "classifier.") };
  });
  const named = efficientnetStateDict(bare), under = parametersUnder(`${PREFIX}.`, parameters);
  const isWhole = named.tensors.get("_fc.weight")?.shape[0] === 1;
  const { "_fc.weight": _, "_fc.bias": __, ...trunk } = under;
  const report = loadParameters(isWhole ? under : trunk, named, {
    skip: isWhole ? [] : beginningsIn(named, ["_fc."]),
  });
  return {
    loaded: report.loaded.map((name) => `${PREFIX}.${name}`),
    skipped: unusedOf(bare, unusedOf(named, report.skipped)),
  };
}

/** EfficientNet with one logit. */
export const efficientnet: DetectorKind<EfficientNetSettings, tf.Tensor1D> = defineDetector<
  EfficientNetSettings,
  tf.Tensor1D
>({
  name: "efficientnet",
  source:
    "Tan and Le, EfficientNet, ICML 2019, as two winners of the Deepfake Detection Challenge (2020) " +
    "train it: selimsef/dfdc_deepfake_challenge at commit 89c6290 (MIT) on timm 0.4.12 (Apache-2.0), and " +
    "NTech-Lab/deepfake-detection-challenge at commit 52095ce (Apache-2.0) on efficientnet_pytorch 0.6.3 " +
    "(Apache-2.0). Weights: Selim Seferbekov's seven files of B7, a release of his repository (MIT); " +
    "NTechLab's two frame models, linked in its README (Apache-2.0); ImageNet's, such as " +
    "timm/tf_efficientnet_b7.ns_jft_in1k (Apache-2.0)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      network: choiceRule("b0", "b3", "b4", "b7", "shallow"),
      width: numberRule(1 / 32, 4),
      padding: choiceRule("same", "asEven"),
      dropout: numberBelowRule(0, 1),
      dropConnect: numberBelowRule(0, 1),
      normMomentum: numberRule(0.001, 1),
      averageOver: choiceRule("classes", "all"),
    },
  },
  presets: {
    /** Selim Seferbekov's: 40 epochs of 2500 steps, begun with ImageNet's weights. [code] */
    selim: {
      detector: selim,
      data: { ...PAPER_DATA, batchSize: 12, balance: "equal", mixup: 0 },
      // Targets of .99 and .01, as the code clips them.
      training: { ...sgd, epochs: 0, steps: 100_000, learningRate: 0.01, labelSmoothing: 0.02 },
    },
    /** NTechLab's frame model: eight frames of eight tracks, each mixed with its own real frame. [code] */
    ntechlab: {
      detector: ntechlab,
      data: {
        ...PAPER_DATA,
        batchSize: 64,
        balance: "pairs",
        augmentation: "flip",
        mixup: 0.5,
        mixupWith: "pair",
      },
      training: { ...sgd, epochs: 0, steps: 100_000, learningRate: 0.005 },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: { detector: { ...small, imageSize: 96 }, data: QUICK_DATA, training: QUICK_TRAINING },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: { detector: { ...small, imageSize: 32 }, data: SMOKE_DATA, training: SMOKE_TRAINING },
  },
  build: (settings) => {
    const { imageSize, network, width, padding, dropout, dropConnect, normMomentum } = settings;
    const shape = efficientnetShape(network, width);
    return {
      input: { size: imageSize, normalisation: IMAGENET },
      parameters: parametersOf(settings),
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode);
        const run = { prefix: PREFIX, shape, layers, dropConnect, padding, momentum: normMomentum };
        const seen = layers.dropout(features(images, run), dropout);
        return tf.squeeze<tf.Tensor1D>(layers.linear(seen, CLASSIFIER), [1]);
      },
      microBatches: settings.averageOver === "all" ? "mean" : "outputs",
      loss: ({ forward, targets }) => {
        const logits = forward(), [, fake] = tf.unstack(targets.classes, 1) as tf.Tensor1D[];
        const crossEntropy = settings.averageOver === "all"
          ? binaryCrossEntropy(logits, fake)
          : balancedCrossEntropy(logits, fake);
        return { total: crossEntropy, terms: { crossEntropy } };
      },
      logOdds: (logits) => logits,
      parts: (layer = "_bn1") => [{ name: "whole network", layer: `${PREFIX}.${layer}` }],
      stageOf: (parameter) => {
        const [, layer] = /^net\.(_blocks\.\d+|[^.]+)/.exec(parameter)!;
        return NORMED[layer] ?? layer;
      },
      loadPretrained,
    };
  },
});
