/**
 * What detectors that are one Xception share: the network on the picture or on what is made of it, two
 * logits, cross-entropy, one map. A kind says what is made of the picture.
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { float32Values, storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { beginningsIn, loadParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { xception, xceptionParameters } from "lib/networks/xception.ts";
import { type DetectorDefinition, requireImages } from "./define_detector.ts";
import type { XceptionSettings } from "./xception_presets.ts";

/** Channels of a picture. */
const RGB = 3;

/** Real and fake. */
const CLASSES = 2;

/** How a detector differs from the plain Xception. */
export interface OnXception {
  /** What the network sees. Default: the picture. */
  readonly see?: (images: tf.Tensor4D) => tf.Tensor4D;
  /** Channels that it sees. Default 3. */
  readonly inputs?: number;
  /** Whether blocks 4 to 11 are left out. Default false. */
  readonly isShallow?: boolean;
}

/**
 * ImageNet's first convolution, for more channels than three: each sees the mean of the filters of red,
 * green and blue. [DeepfakeBench's `xception` in the mode "adapt": code at commit 8a4a7bf]
 */
function widened(file: TensorFile, inputs: number): TensorFile {
  const first = file.tensors.get("conv1.weight");
  if (first?.shape[1] !== RGB || inputs === RGB) return file;
  const [outputs, channels, ...window] = first.shape, area = window.reduce((a, b) => a * b, 1);
  const values = float32Values(first), wide = new Float32Array(outputs * inputs * area);
  for (let o = 0; o < outputs; o++) {
    for (let at = 0; at < area; at++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += values[(o * channels + c) * area + at];
      for (let c = 0; c < inputs; c++) wide[(o * inputs + c) * area + at] = sum / channels;
    }
  }
  const tensors = new Map(file.tensors);
  tensors.set("conv1.weight", storeFloat32(wide, [outputs, inputs, ...window]));
  return { ...file, tensors };
}

/** The functions of a detector that is an Xception, for `defineDetector`. */
export function onXception(
  { imageSize, width, dropout }: XceptionSettings,
  { see = (images) => images, inputs = RGB, isShallow = false }: OnXception = {},
): ReturnType<DetectorDefinition<XceptionSettings, tf.Tensor2D>["build"]> {
  return {
    input: { size: imageSize, normalisation: MINUS_ONE_TO_ONE },
    parameters: xceptionParameters({ classes: CLASSES, width, inputs, isShallow }),
    forward: (images, parameters, mode = {}) => {
      requireImages(images, mode);
      const layers = openLayers(parameters, mode);
      return xception(see(images), { layers, dropout, isShallow });
    },
    microBatches: "mean",
    loss: ({ forward, targets }) => {
      const total = crossEntropy(forward(), targets.classes);
      return { total, terms: { crossEntropy: total } };
    },
    logOdds: logOddsOfFake,
    parts: (layer = "bn4") => [{ name: "whole network", layer }],
    stageOf: (parameter) => parameter.split(".", 1)[0].replace(/^bn/, "conv"),
    loadPretrained: (parameters, file) => {
      const named = xceptionStateDict(file);
      const { "last_linear.weight": _, "last_linear.bias": __, ...trunk } = parameters;
      const classes = named.tensors.get("last_linear.weight")?.shape[0];
      const report = loadParameters(
        classes === CLASSES ? parameters : trunk,
        widened(named, inputs),
        {
          skip: [
            ...classes !== undefined && classes !== CLASSES ? ["last_linear."] : [],
            ...isShallow ? beginningsIn(named, MIDDLE_BLOCKS) : [],
          ],
        },
      );
      return { ...report, skipped: unusedOf(named, report.skipped) };
    },
  };
}

/** What the shallow network lacks of the whole one's file: how the names of its blocks 4 to 11 begin. */
export const MIDDLE_BLOCKS: readonly string[] = Object.freeze(
  Array.from({ length: 8 }, (_, i) => `block${i + 4}.`),
);
