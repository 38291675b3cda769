/**
 * The paper's detector (Fig. 2): n local information blocks look at the same face (or at a tile of it
 * each), their features are joined, and a bottleneck keeps what the decision needs. Its losses are in
 * `lib/losses/paper_objective.ts`.
 */
import * as tf from "@tensorflow/tfjs";
import { notBefore } from "lib/engine/not_before.ts";
import type { HeadLogits } from "lib/losses/information_losses.ts";
import {
  type ObjectiveSettings,
  paperObjective,
  weightedTerms,
} from "lib/losses/paper_objective.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { type Backbone, BACKBONES } from "lib/networks/backbones.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import type { Parameters, ParameterSpecification } from "lib/networks/parameters.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { Detector, DetectorKind, Loss, MapTarget, PretrainedReport } from "../detector.ts";
import { EXPOSING_PRESETS } from "./exposing_presets.ts";
import { exposingRules, type ExposingSettings } from "./exposing_settings.ts";
import { headParameters, heads } from "./heads.ts";
import { blockViews, tileGrid } from "./tiles.ts";

/** What the detector says about a batch: logits `[batch, 2]`, class 0 real and 1 fake. */
export interface ExposingOutputs extends HeadLogits {
  /** The local features z_1 … z_n, `[batch, length]` each; ResNet-34's length is 512 · width. */
  readonly features: readonly tf.Tensor2D[];
}

/** A detector of the paper's kind. */
export type ExposingDetector = Detector<ExposingSettings, ExposingOutputs>;

/** Name of the i-th block, counted from 0, at the front of its parameters and layers. */
function blockName(i: number): string {
  return `region_model${i + 1}`;
}

/** Numbers from 0 to below n. */
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Name of the variable that holds the learnt weights of the objective's terms. */
export const LOSS_WEIGHTS = "loss_weights";

/** The weights 1 / (2p²) of the terms, for the record: `weightCrossEntropy` and so on. */
function weightsOfTerms(settings: ObjectiveSettings, blocks: number, p: tf.Tensor1D) {
  const weights = tf.unstack(tf.div(0.5, tf.square(p))) as tf.Scalar[];
  return Object.fromEntries(
    weightedTerms(settings, blocks).map((term, i) => [
      `weight${term[0].toUpperCase()}${term.slice(1)}`,
      weights[i],
    ]),
  );
}

/** A part's map target: the whole picture's, or that of the block's tile. */
function blockTarget(i: number, { blocks, view }: ExposingSettings, layer: string): MapTarget {
  const target = { name: `block ${i + 1}`, layer: `${blockName(i)}.${layer}` };
  if (view === "whole") return target;
  const { rows, columns } = tileGrid(blocks), height = 1 / rows, width = 1 / columns;
  const [top, left] = [Math.floor(i / columns) * height, (i % columns) * width];
  return { ...target, area: { top, left, height, width } };
}

/** A parameter's stage: the heads are one, and of a block each stage that has a name, in all blocks at once. */
function stageOf(parameter: string): string {
  const [, stage] = /^region_model\d+\.(model\.\d+|_blocks\.\d+|[^.]+)/.exec(parameter) ?? [];
  return stage ?? "heads";
}

/**
 * The kind, with blocks of these backbones: for one of your own, pass yours beside the published ones.
 *
 * @param backbones By the names that the setting `backbone` takes.
 *
 * @example A backbone of one's own
 * ```ts
 * import { presetOf, vary } from "lib/detectors/configuration.ts";
 * import { exposingWith } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
 * import { BACKBONES } from "lib/networks/backbones.ts";
 * import assert from "node:assert/strict";
 *
 * const kind = exposingWith({ ...BACKBONES, mine: { ...BACKBONES.conv4, bottleneck: [32, 16] } });
 * const small = vary(presetOf(kind, "smoke"), { backbone: "mine" });
 * assert.equal(small.detector.settings.backbone, "mine");
 * ```
 */
export function exposingWith(
  backbones: Readonly<Record<string, Backbone>>,
): DetectorKind<ExposingSettings, ExposingOutputs> {
  return defineDetector<ExposingSettings, ExposingOutputs>({
    name: "exposing_the_deception",
    source: "Ba et al., Exposing the Deception, AAAI 2024; official code " +
      "QingyuLiu/Exposing-the-Deception at commit c361f1c; no weights are published",
    rules: exposingRules(backbones),
    presets: EXPOSING_PRESETS,
    build: (settings) => {
      const { blocks, width, imageSize, channelOrder, dropout, dropConnect, lossWeights } =
        settings;
      const backbone = backbones[settings.backbone];
      const parameters: ParameterSpecification[] = [
        ...upTo(blocks).flatMap((i) => backbone.parameters(blockName(i), width)),
        ...headParameters({
          blocks,
          features: backbone.features(width),
          bottleneck: backbone.bottleneck,
        }),
      ];
      const learnt = lossWeights === "automatic", terms = weightedTerms(settings, blocks).length;
      return {
        input: { size: imageSize, normalisation: { ...IMAGENET, channelOrder } },
        parameters,
        trainingState: learnt
          ? [{ name: LOSS_WEIGHTS, shape: [terms], role: "lossWeight", fanIn: 0 }]
          : [],
        ownRates: learnt ? { [LOSS_WEIGHTS]: settings.lossWeightsRate } : {},
        forward: (images, parameters, mode = {}): ExposingOutputs => {
          requireImages(images, mode);
          const layers = openLayers(parameters, mode);
          const features: tf.Tensor2D[] = [];
          for (const [i, view] of blockViews(images, settings).entries()) {
            // In training all activations are kept anyhow; else one block's are held at a time, not those of all.
            const isFirst = i === 0 || mode.training !== undefined;
            const seen = isFirst ? view : notBefore(features[i - 1], view);
            features.push(backbone.run(seen, { prefix: blockName(i), width, dropConnect, layers }));
          }
          return { ...heads(features, { dropout, layers }), features };
        },
        microBatches: "outputs", // L_LIL is a function of means, and Sinkhorn's distance one of pairs
        loss: ({ forward, targets, parameters }): Loss => {
          const weights = learnt ? weightsIn(parameters) : undefined;
          const { total, terms } = paperObjective(forward(), targets.classes, {
            settings,
            weights,
          });
          const shares = weights ? weightsOfTerms(settings, blocks, weights) : {};
          return { total, terms: { ...terms, ...shares } };
        },
        logOdds: ({ global }) => logOddsOfFake(global),
        parts: (layer = backbone.lastLayer) =>
          upTo(blocks).map((i) => blockTarget(i, settings, layer)),
        stageOf,
        loadPretrained: (parameters, file) => loadBackbones(parameters, { file, blocks }),
      };
    },
  });
}

/** Puts published weights of a backbone into every block; a classifier in the file is left. */
function loadBackbones(
  parameters: Parameters,
  { file, blocks }: { file: TensorFile; blocks: number },
): PretrainedReport {
  const first = parametersUnder(`${blockName(0)}.`, parameters);
  const classifiers = ["fc.", "classifier.", "_fc."].filter((beginning) =>
    !Object.keys(first).some((name) => name.startsWith(beginning))
  );
  const skip = beginningsIn(file, classifiers, Object.keys(first));
  const reports = upTo(blocks).map((i) => {
    const prefix = `${blockName(i)}.`;
    const { loaded, skipped } = loadParameters(parametersUnder(prefix, parameters), file, { skip });
    return { loaded: loaded.map((name) => prefix + name), skipped };
  });
  return { loaded: reports.flatMap(({ loaded }) => loaded), skipped: reports[0].skipped };
}

/** The learnt weights among a learner's variables. */
function weightsIn(parameters: Parameters): tf.Tensor1D {
  const weights = parameters[LOSS_WEIGHTS] as tf.Tensor as tf.Tensor1D | undefined;
  if (weights) return weights;
  throw new TypeError(
    `There is no variable "${LOSS_WEIGHTS}": the loss needs the training state of the detector too, ` +
      "as createLearner makes it.",
  );
}

/** The paper's detector, with the published backbones and the study's. */
export const exposingTheDeception: DetectorKind<ExposingSettings, ExposingOutputs> = exposingWith(
  BACKBONES,
);
