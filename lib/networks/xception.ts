/**
 * Xception (Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017, Fig. 5)
 * with its classifier, which FaceForensics++ made the baseline of deepfake detection. Names, strides
 * and padding are those of the PyTorch port that published detectors use: its first two convolutions
 * are not padded.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type ParameterSpecification,
} from "./parameters.ts";
import {
  blockParameters,
  rectified,
  residualBlock,
  separable,
  separableParameters,
} from "./separable_block.ts";
import { type Block, lastSeparables, residualBlocks, xceptionChannels } from "./xception_layout.ts";

/** First values are PyTorch's own: the port's initialisation is commented out. [FF++ code] */
const role = "uniformFilter";

/** What decides an Xception's parameters. */
export interface XceptionShape {
  /** How many logits it gives. */
  readonly classes: number;
  /** Channels as a share of the published network's. Default 1. */
  readonly width?: number;
  /** Channels of its input. Default 3. */
  readonly inputs?: number;
  /** Whether blocks 4 to 11 are left out, as in SPSL's shallow network. Default false. */
  readonly isShallow?: boolean;
}

/** The parameters of an Xception in PyTorch's order: 20,811,050 learnt ones for two classes. */
export function xceptionParameters(
  { classes, width = 1, inputs: channels = 3, isShallow = false }: XceptionShape,
): ParameterSpecification[] {
  const { first, second, features } = xceptionChannels(width);
  return [
    ...convolutionParameters("conv1", { size: 3, inputs: channels, outputs: first, role }),
    ...batchNormParameters("bn1", first),
    ...convolutionParameters("conv2", { size: 3, inputs: first, outputs: second, role }),
    ...batchNormParameters("bn2", second),
    ...residualBlocks(width, isShallow).flatMap(blockParameters),
    ...lastSeparables(width).flatMap(separableParameters),
    ...linearParameters("last_linear", { inputs: features, outputs: classes }),
  ];
}

/** The stages of a pass in order: `conv1`, `conv2`, `block1` … `block12`, `conv3`, `conv4`. */
export function xceptionStages(isShallow = false): string[] {
  const blocks = residualBlocks(1, isShallow).map(({ name }) => name);
  return ["conv1", "conv2", ...blocks, "conv3", "conv4"];
}

/**
 * One stage of a pass, for networks that do something between two: a convolution with its batch norm and
 * ReLU, or a residual block. The tap is called as `xception` says.
 *
 * @param name One of `xceptionStages()`.
 * @param layers Over the parameters of `xceptionParameters`, of any width; `layersUnder` gives those
 * of a network inside another.
 * @param withRelu Whether a convolution's ReLU follows. Default true; blocks end without one.
 * @param stride Of a convolution. Default: 2 of `conv1`, else 1.
 * @param slope Of ReLUs below 0. Default 0.
 * @throws RangeError for a name that there is none of.
 *
 * @example The first stage halves the side, without padding
 * ```ts
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { openLayers } from "lib/networks/layers.ts";
 * import { xceptionParameters, xceptionStage, xceptionStages } from "lib/networks/xception.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const specifications = xceptionParameters({ classes: 2, width: 1 / 32 });
 * const layers = openLayers(initialiseParameters(specifications, createRandom(1)), {});
 * assert.equal(xceptionStages()[0], "conv1");
 * const x = xceptionStage(tf.zeros([1, 64, 64, 3]), "conv1", { layers });
 * assert.deepEqual(x.shape, [1, 31, 31, 1]);
 * ```
 */
export function xceptionStage(
  x: tf.Tensor4D,
  name: string,
  { layers, withRelu = true, stride = name === "conv1" ? 2 : 1, slope = 0 }: {
    layers: Layers;
    withRelu?: boolean;
    stride?: number;
    slope?: number;
  },
): tf.Tensor4D {
  const { convolution, batchNorm, tap } = layers;
  const stage = STAGES.get(name);
  if (stage === undefined) throw new RangeError(`Xception has no stage "${name}".`);
  if (stage !== "convolution") return tap(name, residualBlock(x, stage, layers, slope));
  const norm = name.replace("conv", "bn");
  const isPlain = name === "conv1" || name === "conv2";
  const y = tap(
    name,
    isPlain ? convolution(x, name, { stride, padding: 0 }) : separable(x, name, layers),
  );
  const normed = batchNorm(y, norm);
  return tap(norm, withRelu ? rectified(normed, slope) : normed);
}

/** Names and order of a pass are those of any width; the channels are in the parameters. */
const STAGES: ReadonlyMap<string, Block | "convolution"> = new Map(
  xceptionStages().map((name) => [
    name,
    residualBlocks(1).find((block) => block.name === name) ?? "convolution",
  ]),
);

/**
 * The logits of images. The tap is called at `conv1`, `bn1`, `conv2`, `bn2`, `block1` … `block12`,
 * `conv3`, `bn3`, `conv4`, `bn4`: at a batch norm after its ReLU, which is also what a hook on the
 * PyTorch port's batch norm keeps, as the ReLU behind it works in place. Grad-CAM looks at `bn4`, or at
 * `block11` for a finer grid.
 *
 * @param images RGB from −1 to 1 (mean and deviation 0.5), `[batch, height, width, 3]`, or as many channels
 * as the parameters are for. Published
 * networks take sides of 299, or 256 in DeepfakeBench; from 299 `bn4` has a grid of 10 × 10, from 64
 * one of 2 × 2.
 * @param layers Over the parameters of `xceptionParameters`, of any width.
 * @param dropout Share of the features that is dropped before the classifier in training. Default 0.
 * @param isShallow As `XceptionShape` says. Default false.
 * @param slope Of its ReLUs below 0. Default 0.
 * @returns `[batch, classes]`.
 *
 * @example A narrow Xception, and the grid that Grad-CAM sees
 * ```ts
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { openLayers } from "lib/networks/layers.ts";
 * import { xception, xceptionParameters } from "lib/networks/xception.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const specifications = xceptionParameters({ classes: 2, width: 1 / 32 });
 * const parameters = initialiseParameters(specifications, createRandom(1, "weights"));
 * const shapes: Record<string, number[]> = {};
 * const layers = openLayers(parameters, {
 *   tap(name, activation) {
 *     shapes[name] = activation.shape;
 *     return activation;
 *   },
 * });
 * assert.deepEqual(xception(tf.zeros([1, 64, 64, 3]), { layers }).shape, [1, 2]);
 * assert.deepEqual(shapes.bn4, [1, 2, 2, 64]);
 * ```
 */
export function xception(
  images: tf.Tensor4D,
  { layers, dropout = 0, isShallow = false, slope = 0 }: {
    layers: Layers;
    dropout?: number;
    isShallow?: boolean;
    slope?: number;
  },
): tf.Tensor2D {
  let x = images;
  for (const name of xceptionStages(isShallow)) x = xceptionStage(x, name, { layers, slope });
  const features = tf.mean<tf.Tensor2D>(x, [1, 2]);
  return layers.linear(layers.dropout(features, dropout), "last_linear");
}
