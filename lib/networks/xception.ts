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
  runSeparableBlock,
  type Separable,
  separable,
  type SeparableBlock,
  separableBlock,
  separableBlockParameters,
  separableParameters,
} from "./separable_block.ts";

/** First values are PyTorch's own: the port's initialisation is commented out. [FF++ code] */
const role = "uniformFilter";

/** Channels at width 1 of the two convolutions before the blocks. */
const FIRST = [32, 64] as const;

/** Channels at width 1 that leave each separable convolution, block by block. */
const BLOCKS: readonly (readonly number[])[] = [
  [128, 128], // the first three blocks widen in their first convolution
  [256, 256],
  [728, 728],
  ...Array.from({ length: 8 }, () => [728, 728, 728]),
  [728, 1024], // the last block widens in its second
];

/** Channels at width 1 of the two separable convolutions after the blocks. */
const LAST = [1536, 2048] as const;

const atWidth = (channels: number, width: number) => Math.round(channels * width);

/** The blocks of a pass. Blocks 4 to 11 keep sides and channels; the shallow network goes on without them. */
function residualBlocks(width: number, isShallow = false): SeparableBlock[] {
  const all = BLOCKS.map((channels, i) => {
    const inputs = i === 0 ? FIRST[1] : BLOCKS[i - 1].at(-1)!;
    return separableBlock(
      `block${i + 1}`,
      [inputs, ...channels].map((wide) => atWidth(wide, width)),
      // The first one's input comes from a ReLU.
      { halves: channels.length === 2, startsWithRelu: i > 0 },
    );
  });
  return isShallow ? all.filter(({ halves }) => halves) : all;
}

function lastSeparables(width: number): Separable[] {
  return LAST.map((channels, i) => ({
    name: `conv${i + 3}`,
    norm: `bn${i + 3}`,
    inputs: atWidth(i === 0 ? BLOCKS.at(-1)!.at(-1)! : LAST[i - 1], width),
    outputs: atWidth(channels, width),
  }));
}

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
  const [first, second, features] = [...FIRST, LAST[1]].map((wide) => atWidth(wide, width));
  return [
    ...convolutionParameters("conv1", { size: 3, inputs: channels, outputs: first, role }),
    ...batchNormParameters("bn1", first),
    ...convolutionParameters("conv2", { size: 3, inputs: first, outputs: second, role }),
    ...batchNormParameters("bn2", second),
    ...residualBlocks(width, isShallow).flatMap(separableBlockParameters),
    ...lastSeparables(width).flatMap(separableParameters),
    ...linearParameters("last_linear", { inputs: features, outputs: classes }),
  ];
}

/**
 * The two convolutions before the blocks.
 *
 * @param stride Of the first. Published: 2.
 * @returns `[batch, side, side, 64]` at width 1.
 */
export function xceptionEntry(x: tf.Tensor4D, layers: Layers, stride = 2): tf.Tensor4D {
  const { convolution, tap } = layers;
  const first = tap("conv1", convolution(x, "conv1", { stride, padding: 0 }));
  const second = convolution(normed(first, "bn1", layers), "conv2", { stride: 1, padding: 0 });
  return normed(tap("conv2", second), "bn2", layers);
}

/**
 * Blocks in a row.
 *
 * @param first Number of the first one, from 1.
 * @param last Number of the last one, to 12.
 */
export function xceptionBlocks(
  x: tf.Tensor4D,
  { layers, first = 1, last = BLOCKS.length, isShallow = false }: {
    layers: Layers;
    first?: number;
    last?: number;
    isShallow?: boolean;
  },
): tf.Tensor4D {
  // Names and order are those of any width; the channels are in the parameters.
  return residualBlocks(1, isShallow)
    .filter(({ name }) => {
      const number = Number(name.slice("block".length));
      return number >= first && number <= last;
    })
    .reduce((y, block) => layers.tap(block.name, runSeparableBlock(y, block, layers)), x);
}

/** The two convolutions behind the blocks, and the mean over places: `[batch, 2048]` at width 1. */
export function xceptionFeatures(x: tf.Tensor4D, layers: Layers): tf.Tensor2D {
  const maps = lastSeparables(1).reduce(
    (y, { name, norm }) => normed(layers.tap(name, separable(y, name, layers)), norm, layers),
    x,
  );
  return tf.mean<tf.Tensor2D>(maps, [1, 2]);
}

/** Batch norm and ReLU, seen by the tap. */
const normed = (x: tf.Tensor4D, name: string, { batchNorm, tap }: Layers) =>
  tap(name, tf.relu(batchNorm(x, name)));

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
  { layers, dropout = 0, isShallow = false }: {
    layers: Layers;
    dropout?: number;
    isShallow?: boolean;
  },
): tf.Tensor2D {
  const x = xceptionBlocks(xceptionEntry(images, layers), { layers, isShallow });
  return layers.linear(layers.dropout(xceptionFeatures(x, layers), dropout), "last_linear");
}
