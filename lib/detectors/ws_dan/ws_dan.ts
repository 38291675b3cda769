/**
 * WS-DAN (Hu et al., "See Better Before Looking Closer", 2019), weakly supervised data augmentation by attention,
 * as the team WM, second in the Deepfake Detection Challenge, trains it on frames; the paper compared here cites
 * the challenge's winners in Table 1. Each picture is looked at three times: whole, cut to where an attention map
 * looks, and black there. What maps pool is drawn to a centre of its class.
 *
 * Built after cuihaoleo/kaggle-dfdc at commit 91dae24. Its submission is .2 of a plain Xception, .7 of this one on
 * Xception and .1 on EfficientNet-B3 (`ensemble.ts`), and scores pictures whole; its validation, unlike this one,
 * adds a cut. What differs: batch norm is of one device, augmentations are the kit's.
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { featureCentres } from "lib/losses/feature_centres.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import type { Normalisation } from "lib/networks/normalise_images.ts";
import type { Parameters, ParameterSpecification } from "lib/networks/parameters.ts";
import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import {
  TRUNK_PREFIX,
  type WsDan,
  wsDan as network,
  wsDanParameters,
} from "lib/networks/ws_dan.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { DetectorKind, LossInputs, PretrainedReport } from "../detector.ts";
import {
  attentionCrop,
  attentionDrop,
  CROP_PADDING,
  drawGuides,
  type ViewGuides,
} from "./attention_views.ts";
import { WS_DAN_PRESETS, WS_DAN_RULES, type WsDanSettings } from "./ws_dan_settings.ts";

/** What WS-DAN says about a batch. */
export interface WsDanOutputs extends WsDan {
  /** Of a training pass: by what the other views are made. */
  readonly guides?: ViewGuides;
}

/** Mean and deviation of the team's faces. [code: `zhq_nm_avg`, `zhq_nm_std`] */
const FACES: Normalisation = Object.freeze({
  mean: Object.freeze([0.4479, 0.3744, 0.3473]),
  deviation: Object.freeze([0.2537, 0.2502, 0.2424]),
  channelOrder: "rgb",
});

/** The classes' centres, which only training needs. */
const CENTRES = "feature_center";

/** The objective: cross-entropy of the picture with dropped maps, of its two views, and the centres'. */
function objective(
  { images, targets: { classes }, parameters, forward, updates }: LossInputs<WsDanOutputs>,
  { cropAndDrop, cropWeight, dropWeight, centreWeight, centreRate, centreUpdate }: WsDanSettings,
) {
  const whole = forward(), guides = whole.guides!;
  const terms: Record<string, tf.Scalar> = {
    crossEntropy: crossEntropy(whole.droppedLogits!, classes),
  };
  let total: tf.Tensor = terms.crossEntropy;
  const add = (name: string, weight: number, loss: () => tf.Scalar) => {
    if (weight === 0) return; // a pass for nothing
    terms[name] = loss();
    total = tf.add(total, tf.mul(weight, terms[name]));
  };
  const ofViews = cropAndDrop === "both" ? 1 : 0;
  add("cropCrossEntropy", ofViews * cropWeight, () => {
    const of = { map: guides.cropMap, share: guides.cropShare, padding: CROP_PADDING };
    return crossEntropy(forward(attentionCrop(images, of)).logits, classes);
  });
  add("dropCrossEntropy", ofViews * dropWeight, () => {
    const of = { map: guides.dropMap, share: guides.dropShare };
    return crossEntropy(forward(attentionDrop(images, of)).logits, classes);
  });
  add("centres", centreWeight, () => {
    const { loss, centres } = featureCentres({
      features: whole.pooled,
      centres: parameters[CENTRES] as tf.Tensor as tf.Tensor2D,
      classes,
      rate: centreRate,
      update: centreUpdate,
    });
    updates[CENTRES] = centres;
    return loss;
  });
  return { total: total as tf.Scalar, terms };
}

/** What only training needs. */
function trainingState(settings: WsDanSettings): ParameterSpecification[] {
  const [inputs, classes] = wsDanParameters(settings).at(-1)!.shape;
  return [{ name: CENTRES, shape: [classes, inputs], role: "buffer", fanIn: 0 }];
}

/** The team's file whole, or weights of the trunk without its classifier. */
function loadPretrained(
  parameters: Parameters,
  { file, settings }: { file: TensorFile; settings: WsDanSettings },
): PretrainedReport {
  const own = Object.keys(parameters), prefix = TRUNK_PREFIX[settings.network];
  if (beginningsIn(file, ["attentions."], own).length > 0) {
    return loadParameters(parameters, file, { skip: beginningsIn(file, [`${prefix}_fc.`], own) });
  }
  const named = settings.network === "b3" ? efficientnetStateDict(file) : xceptionStateDict(file);
  const report = loadParameters(parametersUnder(prefix, parameters), named, {
    skip: beginningsIn(named, ["_fc.", "last_linear."]),
  });
  return {
    loaded: report.loaded.map((name) => `${prefix}${name}`),
    skipped: unusedOf(named, report.skipped),
  };
}

/** WS-DAN. */
export const wsDan: DetectorKind<WsDanSettings, WsDanOutputs> = defineDetector<
  WsDanSettings,
  WsDanOutputs
>({
  name: "ws_dan",
  source:
    "Hu et al., See Better Before Looking Closer: Weakly Supervised Data Augmentation Network for " +
    "Fine-Grained Visual Classification, 2019; as team WM in the Deepfake Detection Challenge (2020): code " +
    "cuihaoleo/kaggle-dfdc at commit 91dae24 (MIT). Weights: the team's `ckpt_x.pth` (Xception) and " +
    "`ckpt_e.pth` (EfficientNet-B3) on a shared drive that the code's README links (MIT); ImageNet's of " +
    "Xception or EfficientNet-B3 into the network beneath (Apache-2.0)",
  rules: WS_DAN_RULES,
  presets: WS_DAN_PRESETS,
  build: (settings) => ({
    input: { size: settings.imageSize, normalisation: FACES },
    parameters: wsDanParameters(settings),
    trainingState: trainingState(settings),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      const layers = openLayers(parameters, mode), { mapDropout, ...shape } = settings;
      if (!mode.training) return network(images, { ...shape, layers });
      const outputs = network(images, { ...shape, layers, mapDropout });
      return { ...outputs, guides: drawGuides(outputs.maps, mode.training.seed) };
    },
    microBatches: settings.centreWeight === 0 ? "mean" : {
      term: "centres",
      why:
        "they move by the sum over the batch, whose views are passes of their own (centreWeight 0 has none)",
    },
    loss: (inputs) => objective(inputs, settings),
    logOdds: ({ logits }) => logOddsOfFake(logits),
    /** `parts("attention")` shows each attention map: where it looks, times what the verdict makes of it. */
    parts: (layer = "features") =>
      layer === "attention"
        ? Array.from({ length: settings.attentionMaps }, (_, m) => ({
          name: `map ${m + 1}`,
          layer: `attention.${m}`,
        }))
        : [{ name: "whole network", layer }],
    stageOf: (parameter) => {
      const [, layer] = STAGE.exec(parameter) ?? [];
      if (layer === undefined) return "heads";
      return NORMED[layer] ?? layer;
    },
    loadPretrained: (parameters, file) => loadPretrained(parameters, { file, settings }),
  }),
});

/** `features.block3.…`, `EFN._blocks.7.…`, and layers that stand alone. */
const STAGE = /^(?:features|EFN)\.(_blocks\.\d+|[^.]+)/;

/** Batch norms that stand alone, by the convolutions that they belong to. */
const NORMED: Readonly<Record<string, string>> = Object.freeze({
  ...{ bn1: "conv1", bn2: "conv2", bn3: "conv3", bn4: "conv4" },
  ...{ _bn0: "_conv_stem", _bn1: "_conv_head" },
});
