/**
 * A foundation encoder as a detector: a vision transformer that learnt from hundreds of millions of pictures
 * (CLIP, DINOv2 and others, by a file of weights), of which little is taught: a head, the norms, or low-rank
 * adapters. With norms, unit features, uniformity and alignment it is GenD (Yermakov et al., "Deepfake
 * Detection that Generalizes Across Benchmarks", WACV 2026).
 *
 * Built after yermandy/GenD at commit e03532d. What differs: its augmentations are the kit's, the rate falls
 * along one cosine and not along three, and the run is chosen by the AUC of validation's pictures. Encoders with
 * rotary places (Perception Encoder, DINOv3), of which GenD has files too, are not here.
 */
import * as tf from "@tensorflow/tfjs";
import { ofUnitLength } from "lib/engine/unit_length.ts";
import { alignmentLoss, uniformityLoss } from "lib/losses/alignment_uniformity.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import {
  CLIP_PICTURES,
  IMAGENET,
  MINUS_ONE_TO_ONE,
  type Normalisation,
} from "lib/networks/normalise_images.ts";
import type { Parameters, ParameterSpecification } from "lib/networks/parameters.ts";
import { narrowLinear, vit, vitParameters } from "lib/networks/vit.ts";
import { VIT_FAMILIES, VIT_SIZES, type VitFamily, type VitShape } from "lib/networks/vit_shape.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { loadParameters } from "lib/networks/weights/state_dict.ts";
import { vitStateDict } from "lib/networks/weights/vit_state_dict.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { DetectorKind, LossInputs, PretrainedReport } from "../detector.ts";
import {
  FOUNDATION_PRESETS,
  FOUNDATION_RULES,
  type FoundationSettings,
} from "./foundation_presets.ts";

/** What the detector says of a batch. */
export interface FoundationOutputs {
  /** `[batch, width]`: the class token behind the last norm, made to length 1. */
  readonly embeddings: tf.Tensor2D;
  /** `[batch, 2]`: of real and of fake. */
  readonly logits: tf.Tensor2D;
}

/** What stands before the names of the encoder. */
const ENCODER = "encoder.";

/** What each family's pictures were normalised by. [code: transformers' and timm's preprocessing] */
const PICTURES: Readonly<Record<VitFamily, Normalisation>> = Object.freeze({
  clip: CLIP_PICTURES,
  openClip: CLIP_PICTURES,
  dinov2: IMAGENET,
  dino: IMAGENET,
  vit: MINUS_ONE_TO_ONE,
});

function shapeOf(settings: FoundationSettings): VitShape {
  const { imageSize, encoder, size, patchSize, registers, tuning, rank, alpha } = settings;
  const adapters = tuning === "lora" ? { rank, adapterScale: alpha / rank } : undefined;
  return {
    ...VIT_FAMILIES[encoder],
    ...VIT_SIZES[size],
    ...adapters ?? { rank: 0, adapterScale: 1 },
    patch: patchSize,
    grid: imageSize / patchSize,
    registers: encoder === "dinov2" ? registers : 0,
  };
}

/** Parameters of the encoder that a way of tuning teaches. */
const TAUGHT: Readonly<
  Record<FoundationSettings["tuning"], (parameter: ParameterSpecification) => boolean>
> = Object.freeze({
  head: () => false,
  layerNorm: ({ name }) => /\.norm(1|2|_pre)?\.(weight|bias)$/.test(name),
  lora: ({ adapter }) => adapter !== undefined,
  all: () => true,
});

function objective(
  { forward, targets: { classes } }: LossInputs<FoundationOutputs>,
  { uniformityWeight, alignmentWeight }: FoundationSettings,
) {
  const { embeddings, logits } = forward();
  const terms: Record<string, tf.Scalar> = { crossEntropy: crossEntropy(logits, classes) };
  let total = terms.crossEntropy;
  const add = (name: string, weight: number, loss: () => tf.Scalar) => {
    if (weight === 0) return;
    terms[name] = loss();
    total = tf.add(total, tf.mul(terms[name], weight));
  };
  add("alignment", alignmentWeight, () => alignmentLoss(embeddings, classes));
  add("uniformity", uniformityWeight, () => uniformityLoss(embeddings));
  return { total, terms };
}

/** An encoder's file, or GenD's with its head. */
function loadPretrained(
  parameters: Parameters,
  { file, shape, adapters }: { file: TensorFile; shape: VitShape; adapters: ReadonlySet<string> },
): PretrainedReport {
  const named = vitStateDict(file, shape.grid), isWhole = named.tensors.has("head.weight");
  const wanted = Object.entries(parameters).flatMap(([name, variable]) => {
    if (adapters.has(name)) return []; // begin as nothing
    if (name.startsWith(ENCODER)) return [[name.slice(ENCODER.length), variable] as const];
    return isWhole ? [[name, variable] as const] : [];
  });
  const report = loadParameters(Object.fromEntries(wanted), named);
  return {
    loaded: report.loaded.map((name) => name.startsWith("head.") ? name : ENCODER + name),
    skipped: unusedOf(named, report.skipped),
    ...named.resampled === undefined ? {} : { changed: [named.resampled] },
  };
}

/** A foundation encoder with a linear head. */
export const foundationEncoder: DetectorKind<FoundationSettings, FoundationOutputs> =
  defineDetector<FoundationSettings, FoundationOutputs>({
    name: "foundation_encoder",
    source:
      "Yermakov et al., Deepfake Detection that Generalizes Across Benchmarks, WACV 2026; code " +
      "yermandy/GenD at commit e03532d (MIT). Weights: OpenAI's CLIP (MIT), LAION's OpenCLIP (MIT), DINO " +
      "and DINOv2 (Apache-2.0), timm's ViTs (Apache-2.0), as timm or transformers name them; GenD_CLIP_L_14 " +
      "of GenD's README, with its head",
    rules: FOUNDATION_RULES,
    presets: FOUNDATION_PRESETS,
    build: (settings) => {
      const shape = shapeOf(settings), isTaught = TAUGHT[settings.tuning];
      const encoder = vitParameters("encoder", shape)
        .map((one) => isTaught(one) ? one : { ...one, fixed: true });
      return {
        input: { size: settings.imageSize, normalisation: PICTURES[settings.encoder] },
        parameters: [...encoder, ...narrowLinear("head", { inputs: shape.width, outputs: 2 })],
        forward: (images, weights, mode = {}) => {
          requireImages(images, mode);
          const features = vit(images, { prefix: "encoder", shape, parameters: weights, mode });
          const embeddings = ofUnitLength(features);
          const seen = settings.unitFeatures ? embeddings : features;
          return { embeddings, logits: openLayers(weights, mode).linear(seen, "head") };
        },
        microBatches: settings.alignmentWeight + settings.uniformityWeight > 0 ? "outputs" : "mean",
        loss: (inputs) => objective(inputs, settings),
        logOdds: ({ logits }) => logOddsOfFake(logits),
        /**
         * `parts("attention")`: what the class token looks at in the last block; `parts("rollout")`: over
         * all; both are maps themselves (`layerItself`), of the picture and not of the verdict.
         */
        parts: (layer = `blocks.${shape.depth - 1}.norm1`) => [
          { name: "whole network", layer: ENCODER + layer },
        ],
        stageOf: (parameter) => {
          const block = /^encoder\.(blocks\.\d+)\./.exec(parameter)?.[1];
          return block ?? (/^(encoder\.norm|head)\./.test(parameter) ? "head" : "embeddings");
        },
        loadPretrained: (weights, file) => {
          const adapters = encoder.filter(({ adapter }) => adapter).map(({ name }) => name);
          return loadPretrained(weights, { file, shape, adapters: new Set(adapters) });
        },
      };
    },
  });
