/**
 * FST-Matching as a detector (Dong et al., ECCV 2022): what tells the source person and what tells the target
 * person of a fake is parted off, and the verdict is on what is left of both. The paper compared here cites
 * its AUC in Table 3, .894 on Celeb-DF v2, of videos.
 *
 * Built after megvii-research/FST-Matching at commit aca650c (MegEngine). Its term that is to make the two sides
 * work together, `interaction`, is 0 as published and so are its gradients: the verdict is one linear layer, of
 * which an interaction is 0 whatever it is given; besides, its sum mixes the pictures of a batch.
 * `"published"` keeps it. `"probability"`, ours, takes the interaction of the verdict's probabilities, which a
 * softmax makes, and each picture's at its own class, as the mean of a batch.
 *
 * What differs: the code aligns faces by five landmarks and changes size and noise, the kit's augmentation is
 * its own; its encoders begin with MegEngine's ImageNet weights; the detector that is kept is the best on
 * validation. Pictures are blue first on the scale of bytes with no mean taken off, as in the code.
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { crossedMargin, featureInteraction, ownMargin } from "lib/losses/feature_interaction.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import {
  type FstFeatures,
  fstFeatures,
  fstMatchingParameters,
  fstPeople,
  type FstSide,
  fstVerdict,
} from "lib/networks/fst_matching.ts";
import { openLayers } from "lib/networks/layers.ts";
import type { Normalisation } from "lib/networks/normalise_images.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { renamedFile, unusedOf } from "lib/networks/weights/renamed_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { choiceRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { PAPER_TRAINING, QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind, LossInputs, PretrainedReport } from "./detector.ts";

/** What can be chosen of FST-Matching. [code]: megvii-research/FST-Matching at commit aca650c */
export interface FstMatchingSettings {
  /** Side of the square input image in pixels. [code: 224] */
  readonly imageSize: number;
  /** Channels as a share of ResNet-18's: 1 is the published network. [ours] */
  readonly width: number;
  /** As many people as each side can tell apart; data that name more are refused. [code: 1000] */
  readonly people: number;
  /** Weight of the source's cross-entropy. [code: 0.5] */
  readonly sourceWeight: number;
  /** Weight of the target's cross-entropy. [code: 1] */
  readonly targetWeight: number;
  /** Of what the interaction is: the logits, where it is 0 [code], or the probabilities [ours]. */
  readonly interaction: "published" | "probability";
  /** Its weight: of a sum over the batch if published [code: 100], else of a mean. */
  readonly interactionWeight: number;
}

/** What FST-Matching says about a batch. */
export interface FstMatchingOutputs extends Readonly<Record<FstSide, FstFeatures>> {
  /** `[batch, 2]`: real, fake. */
  readonly logits: tf.Tensor2D;
}

/** Blue first, bytes as they are. [code] */
const BYTES: Normalisation = Object.freeze({
  mean: Object.freeze([0, 0, 0]),
  deviation: Object.freeze([1 / 255, 1 / 255, 1 / 255]),
  channelOrder: "bgr",
});

const full: FstMatchingSettings = Object.freeze({
  imageSize: 224,
  width: 1,
  people: 1000,
  sourceWeight: 0.5,
  targetWeight: 1,
  interaction: "published",
  interactionWeight: 100,
});

/** For short runs: the interaction that is none is left out of what learns. */
const small: FstMatchingSettings = Object.freeze({
  ...full,
  interaction: "probability",
  interactionWeight: 0.1,
});

function objective(
  { parameters, forward, targets: { classes, identities } }: LossInputs<FstMatchingOutputs>,
  { people, sourceWeight, targetWeight, interaction, interactionWeight }: FstMatchingSettings,
) {
  const outputs = forward(), layers = openLayers(parameters, {});
  const verdict = crossEntropy(outputs.logits, classes);
  const [target, source] = tf.unstack(identities!, 1) as tf.Tensor1D[];
  const ofPeople = (side: FstSide, numbers: tf.Tensor1D) =>
    crossEntropy(
      fstPeople(outputs[side], { side, layers }),
      tf.oneHot(numbers, people, 1, 0, "float32") as tf.Tensor2D,
    );
  const terms = {
    crossEntropy: verdict,
    source: ofPeople("source", source),
    target: ofPeople("target", target),
  };
  const { target: { unrelated: a }, source: { unrelated: b } } = outputs;
  const answer = (ofTarget: tf.Tensor2D, ofSource: tf.Tensor2D) => {
    const logits = fstVerdict({ target: ofTarget, source: ofSource }, layers);
    return interaction === "published" ? logits : tf.softmax(logits);
  };
  const together = featureInteraction(a, b, answer);
  const margin = (interaction === "published" ? crossedMargin : ownMargin)(together, classes);
  const total = tf.addN([
    verdict,
    tf.mul(terms.source, sourceWeight),
    tf.mul(terms.target, targetWeight),
    tf.mul(margin, -interactionWeight),
  ]) as tf.Scalar;
  return { total, terms: { ...terms, interaction: margin } };
}

/** MegEngine keeps a batch norm's arrays as `[1, channels, 1, 1]`. */
function flattened(file: TensorFile): ReturnType<typeof renamedFile> {
  return renamedFile(file, (name, array) => {
    const { shape } = array, [one, channels] = shape;
    const isFlat = shape.length === 4 && one === 1 && shape[2] === 1 && shape[3] === 1 &&
      /\.?(bn\d|downsample\.1)\.[a-z_]+$/.test(name);
    return { name, ...isFlat ? { array: { ...array, shape: [channels] } } : {} };
  });
}

/** A whole detector's weights, or those of a ResNet-18 into both encoders. */
function loadPretrained(
  parameters: Parameters,
  { file, people }: { file: TensorFile; people: number },
): PretrainedReport {
  const named = flattened(file);
  if (beginningsIn(named, ["source_encoder."]).length > 0) {
    const { loaded, skipped } = loadParameters(parameters, named);
    return { loaded, skipped: unusedOf(named, skipped) };
  }
  const isAlike = named.tensors.get("fc.bias")?.shape[0] === people; // as the code begins with ImageNet's
  const reports = (["source_encoder.", "target_encoder."] as const).map((prefix) => {
    const own = parametersUnder(prefix, parameters);
    const { "fc.weight": _, "fc.bias": __, ...trunk } = own;
    const { loaded, skipped } = isAlike
      ? loadParameters(own, named)
      : loadParameters(trunk, named, { skip: beginningsIn(named, ["fc."]) });
    return { loaded: loaded.map((name) => prefix + name), skipped };
  });
  return {
    loaded: reports.flatMap(({ loaded }) => loaded),
    skipped: unusedOf(named, reports[0].skipped),
  };
}

/** FST-Matching. */
export const fstMatching: DetectorKind<FstMatchingSettings, FstMatchingOutputs> = defineDetector<
  FstMatchingSettings,
  FstMatchingOutputs
>({
  name: "fst_matching",
  source:
    "Dong et al., Explaining Deepfake Detection by Analysing Image Matching, ECCV 2022; the authors' code " +
    "megvii-research/FST-Matching at commit aca650c (Apache-2.0; MegEngine, which was not run: compared with " +
    "a PyTorch edition of what was read). Weights: source, target and detection encoders, each a ResNet-18, " +
    "linked in its README, as MegEngine's .pkl, which must be saved again as safetensors; ImageNet's ResNet-18",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      people: wholeNumberRule(2, 1_000_000),
      sourceWeight: numberRule(0, 1000),
      targetWeight: numberRule(0, 1000),
      interaction: choiceRule("published", "probability"),
      interactionWeight: numberRule(0, 1e6),
    },
  },
  presets: {
    /** The code's, but for its alignment and augmentations; begun with ImageNet's weights. */
    official: {
      detector: full,
      data: { ...PAPER_DATA, batchSize: 128, balance: "none", augmentation: "flip", mixup: 0 },
      training: {
        ...PAPER_TRAINING,
        epochs: 200,
        optimiser: "adamW",
        learningRate: 1e-5,
        schedule: "constant",
        weightDecay: 4e-3,
      },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...small, imageSize: 96, width: 0.125 },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...small, imageSize: 32, width: 1 / 16 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  },
  build: (settings) => {
    const { imageSize, width, people } = settings;
    return {
      input: { size: imageSize, normalisation: BYTES },
      wants: ["identity"],
      mostPeople: people,
      parameters: fstMatchingParameters({ width, people }),
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode);
        const of = (side: FstSide) => fstFeatures(images, { side, width, layers, parameters });
        const source = of("source"), target = of("target");
        const unrelated = { source: source.unrelated, target: target.unrelated };
        return { source, target, logits: fstVerdict(unrelated, layers) };
      },
      microBatches: "outputs", // the published interaction is a product of sums over the batch
      loss: (inputs) => objective(inputs, settings),
      logOdds: ({ logits }) => logOddsOfFake(logits),
      parts: (layer = "layer4") =>
        (["source", "target"] as const).map((side) => ({
          name: `${side}'s side`,
          layer: `${side}_encoder.${layer}`,
        })),
      stageOf: (parameter) => {
        const [first, second] = parameter.split(".");
        return first.endsWith("_encoder") ? `${first}.${second.replace(/^bn/, "conv")}` : first;
      },
      loadPretrained: (parameters, file) => loadPretrained(parameters, { file, people }),
    };
  },
});
