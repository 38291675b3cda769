/**
 * F3-Net as a detector (Qian et al., ECCV 2020): forgeries in frequency bands. The paper compared here cites
 * its AUCs, .981 on FF++ (C23) in Table 1, .712 to .757 on Celeb-DF v2 in others' tables. No code of the
 * authors is public and no public code has the whole network:
 *
 * - yyk-wew/F3Net has the first stream, the second, or both side by side ("streams" without `"mixed"`), and a
 *   MixBlock that nothing uses; by its own measure it stays behind the paper (AUC .886 against .928 on FF++
 *   at low quality), and its second stream sums logarithms where the paper takes the logarithm of a sum
 * - DeepfakeBench has the first stream alone, with two logits for one
 *
 * `"mixed"` puts the MixBlocks where the paper has them and is compared with no other whole network; its parts
 * are compared with yyk-wew's, one by one.
 */
import * as tf from "@tensorflow/tfjs";
import { binaryCrossEntropy } from "lib/losses/binary_cross_entropy.ts";
import {
  DECOMPOSED,
  f3Net as network,
  f3NetParameters,
  type F3NetShape,
  mixedSides,
  STATISTIC,
  streamsOf,
} from "lib/networks/f3_net.ts";
import { openLayers } from "lib/networks/layers.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import {
  f3NetStateDict,
  isF3NetFile,
  streamStateDict,
} from "lib/networks/weights/f3_net_state_dict.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import {
  choiceRule,
  numberBelowRule,
  numberRule,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";
import { QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";
import { XCEPTION_DATA, XCEPTION_TRAINING } from "./xception_presets.ts";

/** What can be chosen of an F3-Net. */
export interface F3NetSettings {
  /** Side of the square input image in pixels. [paper and yyk-wew: 299; DeepfakeBench: 256] */
  readonly imageSize: number;
  /** Channels as a share of the published network's: 1 is the published one. [ours] */
  readonly width: number;
  /** Probability that dropout zeroes a unit before the classifier. [yyk-wew: 0.2; DeepfakeBench: 0] */
  readonly dropout: number;
  /** One stream, both until the classifier, or both with MixBlocks. [paper: mixed] */
  readonly streams: F3NetShape["streams"];
  /** How local frequency statistics are counted. [paper: log of sums; yyk-wew: sum of logs] */
  readonly statistics: F3NetShape["rule"];
}

const paper: F3NetSettings = Object.freeze({
  imageSize: 299,
  width: 1,
  dropout: 0.2,
  streams: "mixed",
  statistics: "logOfSums",
});

function shapeOf({ imageSize, width, streams, statistics }: F3NetSettings): F3NetShape {
  return { imageSize, width, streams, rule: statistics };
}

/** F3-Net. */
export const f3Net: DetectorKind<F3NetSettings, tf.Tensor2D> = defineDetector<
  F3NetSettings,
  tf.Tensor2D
>({
  name: "f3_net",
  source:
    "Qian et al., Thinking in Frequency, ECCV 2020, no official code; streams and MixBlock as yyk-wew/F3Net at " +
    "commit 01942ca (no licence: read, not taken), first stream as DeepfakeBench at commit 8a4a7bf (CC BY-NC " +
    "4.0: read, not taken). Weights: ImageNet's as Xception's, for each stream; a trained first stream by " +
    "DeepfakeBench v1.0.1 (CC BY-NC 4.0)",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      dropout: numberBelowRule(0, 1),
      streams: choiceRule("decomposed", "statistics", "both", "mixed"),
      statistics: {
        ...choiceRule("logOfSums", "sumOfLogs"),
        matters: {
          when: ({ streams }: F3NetSettings) => streams !== "decomposed",
          why: 'the stream of statistics is left out where streams is "decomposed"',
        },
      },
    },
    fault: ({ imageSize, streams }) => {
      const [decomposed, statistics] = mixedSides(imageSize);
      return streams === "mixed" && decomposed !== statistics
        ? `imageSize is ${imageSize}, where the streams' maps have sides of ${decomposed} and ${statistics} and ` +
          "cannot be mixed place by place. Take 299, a multiple of 16, or another side."
        : undefined;
    },
  },
  presets: {
    /**
     * The paper's network, batches and length; its SGD (.002, momentum .9, cosine) is Adam with a cosine
     * here, as in both codes. [from memory of the paper]
     */
    paper: {
      detector: paper,
      data: { ...XCEPTION_DATA, batchSize: 128 },
      training: { ...XCEPTION_TRAINING, epochs: 0, steps: 150_000, schedule: "warmUpCosine" },
    },
    /** Both streams side by side, half a batch real. [code at commit 01942ca] */
    yykWew: {
      detector: { ...paper, streams: "both", statistics: "sumOfLogs" },
      data: { ...XCEPTION_DATA, batchSize: 12, balance: "equal" },
      training: { ...XCEPTION_TRAINING, epochs: 5 },
    },
    /** The first stream alone, but for DeepfakeBench's blur and JPEG augmentations. [code at commit 8a4a7bf] */
    deepfakeBench: {
      detector: { ...paper, imageSize: 256, dropout: 0, streams: "decomposed" },
      data: XCEPTION_DATA,
      training: { ...XCEPTION_TRAINING, epochs: 10, weightDecay: 5e-4 },
    },
    /** Minutes on two cores, from scratch. For looking, not for reporting. */
    quick: {
      detector: { ...paper, imageSize: 96, width: 0.125, dropout: 0 },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...paper, imageSize: 32, width: 1 / 16 },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  },
  build: (settings) => {
    const { imageSize, dropout } = settings, shape = shapeOf(settings);
    return {
      input: { size: imageSize, normalisation: MINUS_ONE_TO_ONE },
      parameters: f3NetParameters(shape),
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode);
        return network(images, { layers, parameters, shape, dropout });
      },
      microBatches: "mean",
      loss: ({ forward, targets: { classes } }) => {
        const total = binaryCrossEntropy(forward(), tf.slice(classes, [0, 1], [-1, 1]));
        return { total, terms: { crossEntropy: total } };
      },
      logOdds: (logits) => tf.squeeze(logits, [1]),
      parts: (layer = "bn4") =>
        streamsOf(shape).map((stream) => ({ name: STREAM_NAMES[stream], layer: stream + layer })),
      stageOf: (parameter) => {
        const [first, second] = parameter.split(".");
        return first.endsWith("_xcep") ? `${first}.${second.replace(/^bn/, "conv")}` : first;
      },
      /** An Xception's weights go into every stream; those of an F3-Net must fit whole. */
      loadPretrained: (parameters, file) => {
        if (isF3NetFile(file)) {
          const named = f3NetStateDict(file);
          return { ...loadParameters(parameters, named), skipped: named.unused };
        }
        const reports = streamsOf(shape).map((stream) => {
          const named = streamStateDict(file, stream);
          const { loaded, skipped } = loadParameters(parametersUnder(stream, parameters), named, {
            skip: beginningsIn(named, ["last_linear."]),
          });
          return { loaded: loaded.map((name) => stream + name), skipped: unusedOf(named, skipped) };
        });
        return {
          loaded: reports.flatMap(({ loaded }) => loaded),
          skipped: reports[0].skipped,
        };
      },
    };
  },
});

/** The streams in words, by the beginning of their parameters' names. */
const STREAM_NAMES: Readonly<Record<string, string>> = Object.freeze({
  [DECOMPOSED]: "frequency bands",
  [STATISTIC]: "local frequency statistics",
});
