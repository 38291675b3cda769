/**
 * Multi-Attentional (Zhao et al., CVPR 2021): several attention maps, each with textures of its own, that
 * are kept apart and from leaning on one place. The paper compared here draws it in Figs. 4 and 7 and cites
 * its AUCs in Tables 1 to 3.
 *
 * Built after yoctta/multiple-attention at commit bb069cc. DeepfakeBench's edition is another network (no
 * activation behind first and last convolution, other textures, centres without a gradient).
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { matchLoss, regionIndependence } from "lib/losses/region_independence.ts";
import { attentionPooling } from "lib/networks/attention_pooling.ts";
import { openLayers } from "lib/networks/layers.ts";
import {
  type MultiAttention,
  multiAttention,
  multiAttentionParameters,
} from "lib/networks/multi_attention.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import type { Parameters, ParameterSpecification } from "lib/networks/parameters.ts";
import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { DetectorKind, LossInputs, PretrainedReport } from "../detector.ts";
import { attentionGuidedDrop, drawDrops, type DropDraws } from "./attention_guided_drop.ts";
import {
  MULTI_ATTENTIONAL_PRESETS,
  MULTI_ATTENTIONAL_RULES,
  type MultiAttentionalSettings,
} from "./multi_attentional_settings.ts";

/** What Multi-Attentional says about a batch. */
export interface MultiAttentionalOutputs extends MultiAttention {
  /** Of a training pass: what a copy of its pictures is made with. */
  readonly draws?: DropDraws;
}

/** The centres, and the batches that they have seen, for the rate at which they move. */
const CENTRES = "auxiliary_loss.feature_centers", BATCHES = "auxiliary_loss.batches";

/** Nine tenths of the centres' rate are left after each epoch. [code: `alpha_decay`] */
const RATE_LEFT = 0.9;

/** Each channel of each picture with mean 0 and deviation 1 over its places. */
function standardised(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape, centred = tf.sub(x, tf.mean(x, [1, 2], true));
  const squares = tf.sum(tf.square(centred), [1, 2], true);
  const variance = tf.div(squares, Math.max(1, height * width - 1));
  return tf.div(centred, tf.add(tf.sqrt(tf.maximum(variance, 1e-30)), 1e-8));
}

/** What each map sees of the smooth features: `[batch, maps, channels]`, of unit length. */
const vectorsOf = ({ means, maps }: MultiAttention) =>
  attentionPooling(standardised(means), { maps, scale: "length" });

/** The objective: cross-entropy, region independence, and both for a copy where a map was dropped. */
function objective(
  { images, targets: { classes }, parameters, forward, updates }: LossInputs<
    MultiAttentionalOutputs
  >,
  settings: MultiAttentionalSettings,
) {
  const { regionWeight, centreRate, centreDecaySteps, guidedDrop } = settings;
  const margins = {
    form: settings.regionForm,
    betweenCentres: settings.centreMargin,
    fromCentres: [settings.realMargin, settings.fakeMargin],
  } as const;
  const batches = parameters[BATCHES];
  const decays = centreDecaySteps > 0 ? tf.floor(tf.div(batches, centreDecaySteps)) : tf.scalar(0);
  const rate = tf.mul(centreRate, tf.pow(RATE_LEFT, tf.reshape(decays, []))) as tf.Scalar;
  const own = forward(), vectors = vectorsOf(own), verdict = crossEntropy(own.logits, classes);
  const towards = (of: tf.Tensor3D, centres: tf.Tensor2D) =>
    regionIndependence({ vectors: of, centres, classes, rate }, margins);
  const region = towards(vectors, parameters[CENTRES] as tf.Tensor as tf.Tensor2D);
  let total = tf.add(verdict, tf.mul(regionWeight, region.loss)), { centres } = region;
  const terms: Record<string, tf.Scalar> = {
    crossEntropy: verdict,
    regionIndependence: region.loss,
  };
  if (guidedDrop !== "none") {
    const given = { maps: own.maps, draws: own.draws!, mode: guidedDrop };
    const dropped = attentionGuidedDrop(images, given);
    const again = forward(dropped.images), changed = vectorsOf(again);
    terms.droppedCrossEntropy = crossEntropy(again.logits, classes);
    terms.match = matchLoss({ vectors, changed, chosen: dropped.chosen });
    total = tf.add(
      tf.add(total, tf.mul(settings.dropWeight, terms.droppedCrossEntropy)),
      tf.mul(settings.matchWeight, terms.match),
    );
    centres = towards(changed, centres).centres; // the copy moves them too; its loss is not counted [code]
  }
  Object.assign(updates, { [CENTRES]: centres, [BATCHES]: tf.add(batches, 1) });
  return { total: total as tf.Scalar, terms };
}

/** What only training needs. */
function trainingState({ width, network, attentionMaps }: MultiAttentionalSettings) {
  const projection = multiAttentionParameters({ width, network, attentionMaps })
    .find(({ name }) => name === "texture_enhance.conv_extract.bias")!;
  const buffer = (name: string, shape: number[]): ParameterSpecification => ({
    ...{ name, shape },
    ...{ role: "buffer", fanIn: 0 },
  });
  return [buffer(CENTRES, [attentionMaps, projection.shape[0]]), buffer(BATCHES, [1])];
}

/** What the authors' file has besides weights: the border, and the region loss's own state. */
const BESIDES = ["attentions.mask", "auxiliary_loss."];

/** All of the authors' weights, or those of an EfficientNet that learnt ImageNet. */
function loadPretrained(parameters: Parameters, file: TensorFile): PretrainedReport {
  const own = Object.keys(parameters);
  if (beginningsIn(file, ["texture_enhance."], own).length > 0) {
    return loadParameters(parameters, file, { skip: beginningsIn(file, BESIDES, own) });
  }
  const { "_fc.weight": _, "_fc.bias": __, ...trunk } = parametersUnder("net.", parameters);
  const named = efficientnetStateDict(file);
  const report = loadParameters(trunk, named, { skip: beginningsIn(named, ["_fc."]) });
  return {
    ...report,
    loaded: report.loaded.map((name) => `net.${name}`),
    skipped: unusedOf(named, report.skipped),
  };
}

/** Multi-Attentional. */
export const multiAttentional: DetectorKind<MultiAttentionalSettings, MultiAttentionalOutputs> =
  defineDetector<MultiAttentionalSettings, MultiAttentionalOutputs>({
    name: "multi_attentional",
    source:
      "Zhao et al., Multi-attentional Deepfake Detection, CVPR 2021; code yoctta/multiple-attention at " +
      "commit bb069cc (no licence: read, not taken). Weights: the authors' `state_dict`, one file on a " +
      "shared drive that the code's README links, without a licence; ImageNet's of EfficientNet-B4, " +
      "adv-efficientnet-b4-44fb3a87.pth or timm/tf_efficientnet_b4.ap_in1k (Apache-2.0)",
    rules: MULTI_ATTENTIONAL_RULES,
    presets: MULTI_ATTENTIONAL_PRESETS,
    build: (settings) => {
      const { imageSize, attentionMaps } = settings;
      return {
        input: { size: imageSize, normalisation: MINUS_ONE_TO_ONE },
        parameters: multiAttentionParameters(settings),
        trainingState: trainingState(settings),
        forward: (images, parameters, mode = {}) => {
          requireImages(images, mode);
          const outputs = multiAttention(images, {
            ...settings,
            layers: openLayers(parameters, mode),
          });
          if (!mode.training || settings.guidedDrop === "none") return outputs;
          return { ...outputs, draws: drawDrops(images.shape, mode.training.seed) };
        },
        microBatches: settings.guidedDrop === "none" ? "outputs" : {
          term: "regionIndependence",
          why:
            "centres move by the mean over the batch, and again by its second pass over changed pictures " +
            '(guidedDrop "none" has one pass)',
        },
        loss: (inputs) => objective(inputs, settings),
        logOdds: ({ logits }) => logOddsOfFake(logits),
        /** `parts("attention")` shows each attention map: where it looks, times what the verdict makes of it. */
        parts: (layer = "final") =>
          layer === "attention"
            ? Array.from({ length: attentionMaps }, (_, m) => ({
              name: `map ${m + 1}`,
              layer: `attention.${m}`,
            }))
            : [{ name: "whole network", layer }],
        stageOf: (parameter) => /^net\.(_blocks\.\d+|_[a-z]+)/.exec(parameter)?.[1] ?? "heads",
        loadPretrained,
      };
    },
  });
