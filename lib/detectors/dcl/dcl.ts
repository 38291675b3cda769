/**
 * DCL (Sun et al., "Dual Contrastive Learning for General Face Forgery Detection", AAAI 2022): an EfficientNet
 * whose cells and pictures are contrasted with each other while it learns to classify. The paper compared here
 * cites its AUCs in Table 2.
 *
 * Built after Tencent/TFace, security/tasks/Face-Forgery-Detection/DCL, at commit 9004edb. A momentum encoder,
 * queues of hard pictures and the classes' prototypes are kept beside the weights, in checkpoints. What differs:
 * the views (`contrast_views.ts`), one device, and that a batch of one class, which the code cannot take, is
 * let be. Queues begin with normal numbers of about unit length.
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { type ClassMemory, interContrast, intraContrast } from "lib/losses/dual_contrast.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { efficientnetMaps, efficientnetParameters } from "lib/networks/efficientnet.ts";
import { efficientnetShape } from "lib/networks/efficientnet_shape.ts";
import { type Layers, openLayers } from "lib/networks/layers.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import {
  convolutionParameters,
  isLearnt,
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "lib/networks/parameters.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { DetectorKind, LossInputs, PretrainedReport } from "../detector.ts";
import { drawViews, inTiles, type ViewDraws, viewsOf } from "./contrast_views.ts";
import { DCL_PRESETS, DCL_RULES, type DclSettings } from "./dcl_settings.ts";

/** What DCL says about a batch. */
export interface DclOutputs {
  /** `[batch, 2]`: real, fake. */
  readonly logits: tf.Tensor2D;
  /** `[batch, side, side, channels]`: the last activation. */
  readonly features: tf.Tensor4D;
  /** Of a training pass: what its picture was changed by, and the other view of it. */
  readonly view?: {
    readonly draws: ViewDraws;
    readonly key: tf.Tensor4D;
    readonly seed: tf.Tensor1D;
  };
}

/** Real and fake. */
const CLASSES = 2;

/** Batch norms that stand alone, by the convolutions that they belong to. */
const NORMED: Readonly<Record<string, string>> = Object.freeze({
  _bn0: "_conv_stem",
  _bn1: "_conv_head",
});

const PREFIX = "net", SQUEEZE = "feature_squeeze", CLASSIFIER = "fc";

/** What stands before the momentum encoder's copies. */
const KEY = "momentum.";

/** Batches so far, for the weights that change. */
const BATCHES = "batches";

/** The names of what is remembered of a class. */
const MEMORY = ["real", "fake"].map((kind) => ({
  prototype: `${kind}_prototype`,
  queue: `hard_${kind}_queue`,
  pointer: `hard_${kind}_pointer`,
}));

/** Columns behind the queue's size that are written and never begun at. [code] */
const BEYOND = 128;

/** From this value of 255 on a mask says forged. [code] */
const FORGED = 40 / 255;

/** The network on pictures or views. */
function networkOf(
  images: tf.Tensor4D,
  { layers, settings: { network, width, normMomentum } }: { layers: Layers; settings: DclSettings },
): tf.Tensor4D {
  const shape = efficientnetShape(network, width);
  const run = { prefix: PREFIX, shape, layers, dropConnect: 0, momentum: normMomentum };
  return efficientnetMaps(images, run).final;
}

/** The vector of pictures: their last activation in one channel, cell by cell. */
function vectorOf(features: tf.Tensor4D, { convolution }: Layers): tf.Tensor2D {
  const one = convolution(features, SQUEEZE, { stride: 1, padding: 0 });
  return tf.reshape<tf.Rank.R2>(one, [features.shape[0], -1]);
}

function parametersOf({ network, width }: DclSettings): ParameterSpecification[] {
  const shape = efficientnetShape(network, width);
  return efficientnetParameters(PREFIX, { shape, idleClasses: 1 })
    .filter(({ role }) => role !== "idle")
    .concat(linearParameters(CLASSIFIER, { inputs: shape.head, outputs: CLASSES }));
}

/** The layer to vectors, which only training has. */
function squeezeOf({ network, width }: DclSettings): ParameterSpecification[] {
  const inputs = efficientnetShape(network, width).head;
  return convolutionParameters(SQUEEZE, {
    ...{ size: 1, inputs, outputs: 1, bias: true },
    role: "uniformFilter",
  });
}

/** The layer to vectors, the momentum encoder, the queues and prototypes. */
function trainingState(settings: DclSettings): ParameterSpecification[] {
  const dimensions = Math.ceil(settings.imageSize / 32) ** 2;
  const columns = settings.queueSize + BEYOND, first = { deviation: 1 / Math.sqrt(dimensions) };
  const buffer = (name: string, shape: readonly number[], more = {}): ParameterSpecification => ({
    ...{ name, shape, role: "buffer", fanIn: 0 },
    ...more,
  });
  const squeeze = squeezeOf(settings);
  const encoder = [...parametersOf(settings), ...squeeze]
    .filter(({ name, role }) => isLearnt(role) && !name.startsWith(`${CLASSIFIER}.`));
  return [
    ...squeeze,
    ...encoder.map(({ name, shape }) => buffer(`${KEY}${name}`, shape)),
    ...MEMORY.flatMap(({ prototype, queue, pointer }) => [
      buffer(prototype, [dimensions], { first }),
      buffer(queue, [dimensions, columns], { first }),
      buffer(pointer, [1]),
    ]),
    buffer(BATCHES, [1]),
  ];
}

/** The contrast of a batch, whose state goes into the updates. */
function contrastOf(
  { features, view }: DclOutputs,
  { targets: { classes, masks }, parameters, updates, settings }:
    & Pick<LossInputs<DclOutputs>, "targets" | "parameters" | "updates">
    & { settings: DclSettings },
) {
  const { draws, key, seed } = view!, { hardest, queueSize, keyMomentum } = settings;
  // The first batch's copy is the encoder itself.
  const left = tf.mul(keyMomentum, tf.cast(tf.greater(parameters[BATCHES], 0), "float32"));
  const momentum: Record<string, tf.Tensor> = {};
  for (const name of Object.keys(parameters)) {
    if (!name.startsWith(KEY)) continue;
    const own = name.slice(KEY.length);
    const moved = tf.add(tf.mul(left, parameters[name]), tf.mul(tf.sub(1, left), parameters[own]));
    updates[name] = momentum[own] = moved;
  }
  const keys = withoutGradient(() => {
    const training = { seed, updates: {} }; // by the batch's own statistics; running ones decide nothing
    const layers = openLayers({ ...parameters, ...momentum } as Parameters, { training });
    return vectorOf(networkOf(key, { layers, settings }), layers);
  });
  const queries = vectorOf(features, openLayers(parameters, {}));
  const memory = MEMORY.map((names) =>
    Object.fromEntries(
      Object.entries(names).map(([field, name]) => [field, parameters[name] as tf.Tensor]),
    ) as unknown as ClassMemory
  ) as [ClassMemory, ClassMemory];
  const inter = interContrast({ queries, keys, classes, memory, hardest, queueSize });
  inter.memory.forEach((after, c) => {
    for (const field of ["prototype", "queue", "pointer"] as const) {
      updates[MEMORY[c][field]] = after[field];
    }
  });
  if (settings.intraWeight === 0) return { inter: inter.loss };
  const side = features.shape[1];
  const small = withoutGradient(() => {
    const forged = tf.cast(tf.greater(masks!, FORGED), "float32") as tf.Tensor4D;
    return resizeLinear(inTiles(forged, draws.order), side, "areas");
  });
  return { inter: inter.loss, intra: intraContrast(features, { masks: small, classes }).loss };
}

function objective(inputs: LossInputs<DclOutputs>, settings: DclSettings) {
  const { targets: { classes }, parameters, updates, forward } = inputs;
  const outputs = forward(), { contrastWeight, intraWeight, warmUpSteps } = settings;
  const terms: Record<string, tf.Scalar> = { crossEntropy: crossEntropy(outputs.logits, classes) };
  const { inter, intra } = contrastOf(outputs, { ...inputs, settings });
  terms.inter = inter;
  let contrast: tf.Tensor = inter;
  if (intra) {
    terms.intra = intra;
    contrast = tf.add(inter, tf.mul(intraWeight, intra));
  }
  const batches = parameters[BATCHES];
  const isWarm = tf.cast(tf.greaterEqual(tf.reshape(batches, []), warmUpSteps), "float32");
  const share = tf.mul(contrastWeight, isWarm);
  updates[BATCHES] = tf.add(batches, 1);
  const total = tf.add(
    tf.mul(tf.sub(1, share), terms.crossEntropy),
    tf.mul(share, contrast),
  ) as tf.Scalar;
  return { total, terms };
}

/** ImageNet's weights of the EfficientNet, without its classifier. */
function loadPretrained(parameters: Parameters, file: TensorFile): PretrainedReport {
  const named = efficientnetStateDict(file);
  const report = loadParameters(parametersUnder(`${PREFIX}.`, parameters), named, {
    skip: beginningsIn(named, ["_fc."]),
  });
  return {
    loaded: report.loaded.map((name) => `${PREFIX}.${name}`),
    skipped: unusedOf(named, report.skipped),
  };
}

/** DCL. */
export const dcl: DetectorKind<DclSettings, DclOutputs> = defineDetector<DclSettings, DclOutputs>({
  name: "dcl",
  source:
    "Sun et al., Dual Contrastive Learning for General Face Forgery Detection, AAAI 2022; code " +
    "Tencent/TFace, security/tasks/Face-Forgery-Detection/DCL, at commit 9004edb (Apache-2.0: read, not run, " +
    "as it needs several GPUs' collectives). Weights: none of the authors'; ImageNet's of EfficientNet-B4, " +
    "such as timm/tf_efficientnet_b4.ns_jft_in1k (Apache-2.0)",
  rules: DCL_RULES,
  presets: DCL_PRESETS,
  build: (settings) => ({
    input: { size: settings.imageSize, normalisation: MINUS_ONE_TO_ONE },
    wants: settings.intraWeight > 0 ? ["mask"] : [],
    parameters: parametersOf(settings),
    trainingState: trainingState(settings),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      const layers = openLayers(parameters, mode), { training } = mode;
      const { variety } = settings;
      const draws = training && drawViews(images.shape[0], { seed: training.seed, variety });
      const views = draws && viewsOf(images, draws);
      const features = networkOf(views?.query ?? images, { layers, settings });
      const pooled = layers.dropout(tf.mean<tf.Tensor2D>(features, [1, 2]), settings.dropout);
      const outputs = { logits: layers.linear(pooled, CLASSIFIER), features };
      if (!views) return outputs;
      return { ...outputs, view: { draws: draws!, key: views.key, seed: training!.seed } };
    },
    microBatches: {
      term: "inter",
      why:
        "the hardest keys of the batch go into queues before it is taken, by an encoder of its own",
    },
    loss: (inputs) => objective(inputs, settings),
    logOdds: ({ logits }) => logOddsOfFake(logits),
    parts: (layer = "_bn1") => [{ name: "whole network", layer: `${PREFIX}.${layer}` }],
    stageOf: (parameter) => {
      const [, layer] = /^net\.(_blocks\.\d+|[^.]+)/.exec(parameter) ?? [];
      if (layer === undefined) return CLASSIFIER;
      return NORMED[layer] ?? layer;
    },
    loadPretrained,
  }),
});
