/**
 * Self-blended images as a detector (Shiohara and Yamasaki, CVPR 2022): a plain network that learns from real
 * faces and their own blends (`forge=SBI`), by sharpness-aware minimisation. The paper compared here cites
 * its AUCs in Table 3.
 *
 * Built after mapooon/SelfBlendedImages at commit 9fe4efe, whose network is EfficientNet-B4; ResNet-34 is a
 * line of the authors' paper. A video scores the mean of its frames, of each the face that is surest for fake
 * (`VIDEO_RULES`: "surestFace"). What differs: blends are the kit's (`self_blended.ts` says how), the detector
 * that is kept is the best on validation and not the last, and a video without a face has no score, not .5.
 */
import type * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { efficientnet, efficientnetParameters } from "lib/networks/efficientnet.ts";
import { efficientnetShape } from "lib/networks/efficientnet_shape.ts";
import { type Layers, openLayers } from "lib/networks/layers.ts";
import { ZERO_TO_ONE } from "lib/networks/normalise_images.ts";
import {
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "lib/networks/parameters.ts";
import { resnet, resnetFeatures, resnetParameters } from "lib/networks/resnet.ts";
import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
import { renamedFile, unusedOf } from "lib/networks/weights/renamed_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
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

/** What can be chosen of the detector. [code]: mapooon/SelfBlendedImages at commit 9fe4efe */
export interface SbiSettings {
  /** Side of the square input image in pixels. [code: 380] */
  readonly imageSize: number;
  /** The network. [code: "b4"; the paper's other line: "resnet34"; "shallow", ours: a block of B0 a stage] */
  readonly network: "b4" | "resnet34" | "shallow";
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes a unit before an EfficientNet's classifier. [code: B4's 0.4] */
  readonly dropout: number;
  /** How likely an EfficientNet's last block would skip an image in training; earlier ones less. [code: 0.2] */
  readonly dropConnect: number;
  /** Share of a new batch in an EfficientNet's running statistics. [code: 0.01] */
  readonly normMomentum: number;
}

/** Real and fake. */
const CLASSES = 2;

/** The side that the code's network pads its layers for, whatever it is given. */
const MADE_FOR = 380;

const ofEfficientNet = {
  when: ({ network }: SbiSettings) => network !== "resnet34",
  why: 'network is "resnet34"',
};

const full: SbiSettings = Object.freeze({
  imageSize: 380,
  network: "b4",
  width: 1,
  dropout: 0.4,
  dropConnect: 0.2,
  normMomentum: 0.01,
});

/** Small enough for two cores: a shallow network whose running statistics keep up with a short run. */
const small: SbiSettings = Object.freeze({
  ...full,
  network: "shallow",
  width: 0.25,
  dropout: 0,
  dropConnect: 0,
  normMomentum: 0.2,
});

/** SAM over SGD with momentum, at a rate that falls in the last quarter. [code] */
const sharp: TrainingSettings = Object.freeze({
  ...PAPER_TRAINING,
  epochs: 100,
  optimiser: "sgd",
  learningRate: 1e-3,
  schedule: "linearDecay",
  weightDecay: 0,
  samRho: 0.05,
});

/** The same optimiser at a rate for short runs of small networks. */
const fromScratch = { optimiser: "sgd", learningRate: 0.02, weightDecay: 0, samRho: 0.05 } as const;

/** Sixteen real faces and their blends. [code] */
const blends = Object.freeze(
  {
    ...PAPER_DATA,
    batchSize: 32,
    augmentation: "flip",
    mixup: 0,
    forge: "SBI",
  } as const,
);

/** The name of the classifier. */
const classifierOf = ({ network }: SbiSettings) => network === "resnet34" ? "net.fc" : "net._fc";

function parametersOf(settings: SbiSettings): ParameterSpecification[] {
  const { network, width } = settings, classifier = classifierOf(settings);
  if (network === "resnet34") {
    return [
      ...resnetParameters("net", width),
      ...linearParameters(classifier, { inputs: resnetFeatures(width), outputs: CLASSES }),
    ];
  }
  const shape = efficientnetShape(network, width);
  return efficientnetParameters("net", { shape, idleClasses: CLASSES }).filter(({ role }) =>
    role !== "idle"
  ).concat(linearParameters(classifier, { inputs: shape.head, outputs: CLASSES }));
}

function featuresOf(images: tf.Tensor4D, settings: SbiSettings, layers: Layers): tf.Tensor2D {
  const { network, width, dropout, dropConnect, normMomentum } = settings;
  if (network === "resnet34") return resnet(images, { prefix: "net", width, layers });
  const features = efficientnet(images, {
    ...{ prefix: "net", layers, dropConnect, momentum: normMomentum },
    shape: efficientnetShape(network, width),
    padding: { madeFor: MADE_FOR },
  });
  return layers.dropout(features, dropout);
}

/** The authors' file, whose names begin `net.`, or ImageNet's of the network, without its classifier. */
function loadPretrained(
  parameters: Parameters,
  { file, settings }: { file: TensorFile; settings: SbiSettings },
): PretrainedReport {
  const names = [...file.tensors.keys()], cut = wrapperPrefix(names).length;
  const isWhole = names.some((name) => name.startsWith("net.", cut));
  if (isWhole) return loadParameters(parameters, file);
  const named = settings.network === "resnet34"
    ? renamedFile(file, (name) => ({ name: name.slice(cut) }))
    : efficientnetStateDict(file);
  const classifier = classifierOf(settings).replace("net.", "");
  const trunk = Object.fromEntries(
    Object.entries(parametersUnder("net.", parameters))
      .filter(([name]) => !name.startsWith(`${classifier}.`)),
  );
  const report = loadParameters(trunk, named, { skip: [`${classifier}.`] });
  return {
    loaded: report.loaded.map((name) => `net.${name}`),
    skipped: unusedOf(named, report.skipped),
  };
}

/** Self-blended images' detector. */
export const sbi: DetectorKind<SbiSettings, tf.Tensor2D> = defineDetector<
  SbiSettings,
  tf.Tensor2D
>({
  name: "sbi",
  source: "Shiohara and Yamasaki, Detecting Deepfakes with Self-Blended Images, CVPR 2022; code " +
    "mapooon/SelfBlendedImages at commit 9fe4efe (academic, non-commercial: read, not taken), its network " +
    "efficientnet_pytorch 0.7.1 (Apache-2.0). Weights: the authors' two files of EfficientNet-B4 on a shared " +
    "drive that the code's README links, for faces of raw and of c23 videos (academic, non-commercial); " +
    "ImageNet's of EfficientNet-B4, adv-efficientnet-b4-44fb3a87.pth or timm/tf_efficientnet_b4.ap_in1k " +
    "(Apache-2.0), and torchvision's of ResNet-34 (BSD-3-Clause)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      network: choiceRule("b4", "resnet34", "shallow"),
      width: numberRule(1 / 32, 4),
      dropout: { ...numberBelowRule(0, 1), matters: ofEfficientNet },
      dropConnect: { ...numberBelowRule(0, 1), matters: ofEfficientNet },
      normMomentum: { ...numberRule(0.001, 1), matters: ofEfficientNet },
    },
  },
  presets: {
    /** The code's run on EfficientNet-B4, begun with ImageNet's weights: `--pretrained`. */
    official: { detector: full, data: blends, training: sharp },
    /** The authors' other network, all else alike. [paper] */
    resnet34: { detector: { ...full, network: "resnet34" }, data: blends, training: sharp },
    /** Minutes on two cores, from scratch and from any fakes. For looking, not for reporting. */
    quick: {
      detector: { ...small, imageSize: 96 },
      data: QUICK_DATA,
      training: { ...QUICK_TRAINING, ...fromScratch },
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...small, imageSize: 32 },
      data: SMOKE_DATA,
      training: { ...SMOKE_TRAINING, ...fromScratch },
    },
  },
  build: (settings) => ({
    input: { size: settings.imageSize, normalisation: ZERO_TO_ONE },
    parameters: parametersOf(settings),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      const layers = openLayers(parameters, mode);
      return layers.linear(featuresOf(images, settings, layers), classifierOf(settings));
    },
    microBatches: "mean",
    loss: ({ forward, targets }) => {
      const total = crossEntropy(forward(), targets.classes);
      return { total, terms: { crossEntropy: total } };
    },
    logOdds: logOddsOfFake,
    parts: (layer = settings.network === "resnet34" ? "layer4" : "_conv_head") => [
      { name: "whole network", layer: `net.${layer}` },
    ],
    stageOf: (parameter) => {
      const [, layer] = STAGE.exec(parameter)!;
      return NORMED[layer] ?? layer;
    },
    loadPretrained: (parameters, file) => loadPretrained(parameters, { file, settings }),
  }),
});

/** `net.layer3.…`, `net._blocks.7.…`, and layers that stand alone. */
const STAGE = /^net\.(_blocks\.\d+|[^.]+)/;

/** Batch norms that stand alone, by the convolutions that they belong to. */
const NORMED: Readonly<Record<string, string>> = Object.freeze({
  _bn0: "_conv_stem",
  _bn1: "_conv_head",
  bn1: "conv1",
});
