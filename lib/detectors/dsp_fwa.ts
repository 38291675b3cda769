/**
 * DSP-FWA, exposing face warping artefacts by a dual spatial pyramid (Li and Lyu, CVPR Workshops 2019; Li,
 * 2019): a ResNet-50 with spatial pyramid pooling that learns from real faces and their own warped copies
 * (`forge=FWA`). The paper compared here cites its AUCs in Table 2.
 *
 * The network and its scoring are those of yuezunli/DSP-FWA at commit 70b9518: blue first, ImageNet's mean
 * subtracted and nothing divided, ten windows of a picture, whose surer half for real decides. Training code
 * is not published; windows are drawn in training as the paper says. Its windows begin with the box of the
 * landmarks; here a crop is taken for a face with the usual margin (`FACE_CUT`), as a detector sees no
 * landmarks, and windows are square.
 */
import * as tf from "@tensorflow/tfjs";
import { statelessUniform } from "lib/engine/stateless_random.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import type { Normalisation } from "lib/networks/normalise_images.ts";
import { linearParameters, type ParameterSpecification } from "lib/networks/parameters.ts";
import { resnetFeatures, resnetMaps, resnetParameters } from "lib/networks/resnet.ts";
import { spatialPyramid } from "lib/networks/spatial_pyramid.ts";
import { beginningsIn, loadParameters, parametersUnder } from "lib/networks/weights/state_dict.ts";
import { enlargedWindows } from "lib/networks/windows.ts";
import { createRandom } from "lib/random.ts";
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { choiceRule, numberRule, wholeNumberRule } from "lib/settings/field_rules.ts";
import { PAPER_TRAINING, QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { defineDetector, requireImages } from "./define_detector.ts";
import type { DetectorKind, Views } from "./detector.ts";

/** What can be chosen of DSP-FWA. [code]: yuezunli/DSP-FWA at commit 70b9518 */
export interface DspFwaSettings {
  /** Side of the square input image in pixels. [code: 224] */
  readonly imageSize: number;
  /** Channels as a share of ResNet-50's: 1 is the published network. [ours] */
  readonly width: number;
  /** Areas along a side of each level of the pyramid, with "+" between. [code: "1+2+6"; "1+2" for small maps, ours] */
  readonly levels: "1+2+6" | "1+2";
  /**
   * Windows of a picture that are scored; in training one is drawn. 1: the picture itself, in training too.
   * [code: 10]
   */
  readonly windows: number;
}

/** Real and fake: class 0 is real in the code, too. */
const CLASSES = 2;

/** What the trunk's names begin with: a ResNet within a ResNet. [code] */
const TRUNK = "resnet.resnet";

/** Blue first, on the scale of bytes. [code] */
const CAFFE: Normalisation = Object.freeze({
  mean: Object.freeze([103.939 / 255, 116.779 / 255, 123.68 / 255]),
  deviation: Object.freeze([1 / 255, 1 / 255, 1 / 255]),
  channelOrder: "bgr",
});

/** By how much a window is wider than the face on both sides, and higher above it, at most; below it is half. [code, paper] */
const WIDER = 1 / 8, HIGHER = 1 / 5;

/** The face in a crop with the usual margin, as a share of its side, and where it begins. */
const FACE = 1 / (1 + 2 * FACE_CUT.margin), BEGIN = (1 - FACE) / 2;

const full: DspFwaSettings = Object.freeze({
  imageSize: 224,
  width: 1,
  levels: "1+2+6",
  windows: 10,
});

const levelsOf = ({ levels }: DspFwaSettings) => levels.split("+").map(Number);

function parametersOf(settings: DspFwaSettings): ParameterSpecification[] {
  const { width } = settings, areas = levelsOf(settings).reduce((sum, side) => sum + side ** 2, 0);
  return [
    ...resnetParameters(TRUNK, width, { depth: 50 }),
    ...linearParameters("classifier", {
      inputs: areas * resnetFeatures(width, { depth: 50 }),
      outputs: CLASSES,
    }),
  ];
}

/**
 * Windows as `enlargedWindows` takes them.
 *
 * @param drawn `[count, 2]`, 0 to 1: how much wider and higher than the face, of the most.
 */
function windowsOf(drawn: tf.Tensor2D): tf.Tensor2D {
  const most = tf.tensor2d([[WIDER * FACE, HIGHER * FACE]]);
  const [wider, higher] = tf.split(tf.mul(drawn, most), 2, 1);
  const edges = [
    tf.sub(BEGIN, wider),
    tf.sub(BEGIN, higher),
    tf.add(1 - BEGIN, wider),
    tf.add(1 - BEGIN, tf.div(higher, 2)),
  ];
  return tf.clipByValue(tf.concat(edges, 1), 0, 1) as tf.Tensor2D;
}

/**
 * The windows of a picture, the same ones for every picture, as each has its number for a seed in the code.
 * `together`: of the larger half, whose probabilities of real are the largest, the mean probability.
 */
function views(count: number): Views {
  const drawn = Array.from({ length: count }, (_, i) => {
    const random = createRandom(i, "DSP-FWA's window");
    return [random.uniform(), random.uniform()];
  });
  const half = Math.ceil(count / 2);
  return {
    count,
    of: (images) =>
      tf.tidy(() => {
        const [batch, side, , channels] = images.shape;
        const each = tf.tile(tf.expandDims(images, 1), [1, count, 1, 1, 1]);
        const flat = tf.reshape<tf.Rank.R4>(each, [batch * count, side, side, channels]);
        return enlargedWindows(flat, tf.tile(windowsOf(tf.tensor2d(drawn)), [batch, 1]));
      }),
    together: (logOdds) =>
      tf.tidy(() => {
        const each = tf.reshape(logOdds, [-1, count]);
        const surest = tf.neg(tf.topk(tf.neg(each), half).values);
        const logSum = (x: tf.Tensor) => tf.logSumExp(tf.neg(tf.softplus(tf.neg(x))), 1);
        return tf.sub(logSum(surest), logSum(tf.neg(surest))) as tf.Tensor1D;
      }),
  };
}

/** DSP-FWA. */
export const dspFwa: DetectorKind<DspFwaSettings, tf.Tensor2D> = defineDetector<
  DspFwaSettings,
  tf.Tensor2D
>({
  name: "dsp_fwa",
  source:
    "Li and Lyu, Exposing DeepFake Videos By Detecting Face Warping Artifacts, CVPR Workshops 2019, and its " +
    "successor DSP-FWA; code of inference yuezunli/DSP-FWA at commit 70b9518 (CC BY-NC-SA 4.0: read, not " +
    "taken). Weights: the authors' SPP-res50.pth on a shared drive that its README links (the same licence); " +
    "ImageNet's, torchvision's or timm's resnet50",
  rules: {
    fields: {
      imageSize: wholeNumberRule(32, 1024),
      width: numberRule(1 / 32, 4),
      levels: choiceRule("1+2+6", "1+2"),
      windows: wholeNumberRule(1, 100),
    },
  },
  presets: {
    /**
     * The code's network; batches, rate and length are the paper's [from memory], whose decay of the rate
     * by .95 every 1000 steps is left out.
     */
    official: {
      detector: full,
      data: { ...PAPER_DATA, batchSize: 64, augmentation: "flip", mixup: 0, forge: "FWA" },
      training: {
        ...PAPER_TRAINING,
        optimiser: "sgd",
        learningRate: 1e-3,
        schedule: "constant",
        weightDecay: 0,
      },
    },
    /** Minutes on two cores, from scratch and from any fakes. For looking, not for reporting. */
    quick: {
      detector: { ...full, imageSize: 96, width: 0.125, levels: "1+2" },
      data: QUICK_DATA,
      training: QUICK_TRAINING,
    },
    /** Seconds: proves that everything runs. Its numbers mean nothing. */
    smoke: {
      detector: { ...full, imageSize: 32, width: 1 / 16, levels: "1+2" },
      data: SMOKE_DATA,
      training: SMOKE_TRAINING,
    },
  },
  build: (settings) => {
    const { imageSize, width, windows } = settings, levels = levelsOf(settings);
    return {
      input: { size: imageSize, normalisation: CAFFE },
      parameters: parametersOf(settings),
      ...windows > 1 ? { views: views(windows) } : {},
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const layers = openLayers(parameters, mode), { training } = mode;
        const seen = training && windows > 1
          ? enlargedWindows(
            images,
            windowsOf(statelessUniform([images.shape[0], 2], training.seed) as tf.Tensor2D),
          )
          : images;
        const maps = resnetMaps(seen, { prefix: TRUNK, width, layers, depth: 50 });
        return layers.linear(spatialPyramid(maps.at(-1)!, levels), "classifier");
      },
      microBatches: "mean",
      loss: ({ forward, targets }) => {
        const total = crossEntropy(forward(), targets.classes);
        return { total, terms: { crossEntropy: total } };
      },
      logOdds: logOddsOfFake,
      parts: (layer = "layer4") => [{ name: "whole network", layer: `${TRUNK}.${layer}` }],
      stageOf: (parameter) =>
        parameter.replace(`${TRUNK}.`, "").split(".", 1)[0].replace(/^bn/, "conv"),
      loadPretrained: (parameters, file) => {
        if (beginningsIn(file, ["classifier."]).length > 0) {
          // Two classifiers that the code makes and never runs, ImageNet's and one of its ResNet.
          const skip = beginningsIn(file, [`${TRUNK}.fc.`, "resnet.fc."]);
          return loadParameters(parameters, file, { skip });
        }
        const trunk = parametersUnder(`${TRUNK}.`, parameters);
        const { loaded, skipped } = loadParameters(trunk, file, {
          skip: beginningsIn(file, ["fc."]),
        });
        return { loaded: loaded.map((name) => `${TRUNK}.${name}`), skipped };
      },
    };
  },
});
