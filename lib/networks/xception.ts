/**
 * Xception (Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017, Fig. 5)
 * with its classifier, which FaceForensics++ made the baseline of deepfake detection. Names, strides
 * and padding are those of the PyTorch port that published detectors use: its first two convolutions
 * are not padded.
 */
import * as tf from "@tensorflow/tfjs";
import { maxPool } from "lib/engine/convolution.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
  type ParameterSpecification,
} from "./parameters.ts";

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

/** A filter for each channel, a 1×1 convolution, a batch norm: where they are, and their shape. */
interface Separable {
  readonly name: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** One residual block: where its parameters are and what it turns into what. */
interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Whether it pools to half the side; its shortcut then has a convolution of its own. */
  readonly halves: boolean;
  /** Whether it begins with a ReLU. The first does not: its input comes from one. */
  readonly startsWithRelu: boolean;
  readonly separables: readonly Separable[];
}

const atWidth = (channels: number, width: number) => Math.round(channels * width);

/** The blocks of a pass. Blocks 4 to 11 keep sides and channels; the shallow network goes on without them. */
function residualBlocks(width: number, isShallow = false): Block[] {
  const all = allBlocks(width);
  return isShallow ? all.filter(({ halves }) => halves) : all;
}

function allBlocks(width: number): Block[] {
  return BLOCKS.map((channels, i) => {
    const name = `block${i + 1}`, startsWithRelu = i > 0;
    const inputs = atWidth(i === 0 ? FIRST[1] : BLOCKS[i - 1].at(-1)!, width);
    const widths = [inputs, ...channels.map((wide) => atWidth(wide, width))];
    const separables = channels.map((_, k) => {
      // `rep` is the list ReLU, convolution, batch norm, ReLU, …; the first block's lacks the first.
      const place = 3 * k + (startsWithRelu ? 1 : 0);
      return {
        name: `${name}.rep.${place}`,
        norm: `${name}.rep.${place + 1}`,
        inputs: widths[k],
        outputs: widths[k + 1],
      };
    });
    const halves = channels.length === 2;
    return { name, inputs, outputs: widths.at(-1)!, halves, startsWithRelu, separables };
  });
}

function lastSeparables(width: number): Separable[] {
  return LAST.map((channels, i) => ({
    name: `conv${i + 3}`,
    norm: `bn${i + 3}`,
    inputs: atWidth(i === 0 ? BLOCKS.at(-1)!.at(-1)! : LAST[i - 1], width),
    outputs: atWidth(channels, width),
  }));
}

function separableParameters({ name, norm, inputs, outputs }: Separable): ParameterSpecification[] {
  return [
    ...convolutionParameters(`${name}.conv1`, { size: 3, inputs: 1, outputs: inputs, role }),
    ...convolutionParameters(`${name}.pointwise`, { size: 1, inputs, outputs, role }),
    ...batchNormParameters(norm, outputs),
  ];
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
    ...residualBlocks(width, isShallow).flatMap(({ name, inputs, outputs, halves, separables }) => [
      ...(halves
        ? [
          ...convolutionParameters(`${name}.skip`, { size: 1, inputs, outputs, role }),
          ...batchNormParameters(`${name}.skipbn`, outputs),
        ]
        : []),
      ...separables.flatMap(separableParameters),
    ]),
    ...lastSeparables(width).flatMap(separableParameters),
    ...linearParameters("last_linear", { inputs: features, outputs: classes }),
  ];
}

/** 1×1(depthwise(x)), with nothing between the two. */
function separable(x: tf.Tensor4D, name: string, { convolution }: Layers): tf.Tensor4D {
  const filtered = convolution(x, `${name}.conv1`, { stride: 1, padding: 1, depthwise: true });
  return convolution(filtered, `${name}.pointwise`, { stride: 1, padding: 0 });
}

/** y = branch(x) + x′, x′ being x or, where sides are halved, its 1×1 convolution. No ReLU follows. */
function residualBlock(x: tf.Tensor4D, block: Block, layers: Layers): tf.Tensor4D {
  let y = x;
  block.separables.forEach(({ name, norm }, i) => {
    if (i > 0 || block.startsWithRelu) y = tf.relu(y);
    y = layers.batchNorm(separable(y, name, layers), norm);
  });
  if (!block.halves) return tf.add(y, x);
  const shortcut = layers.convolution(x, `${block.name}.skip`, { stride: 2, padding: 0 });
  return tf.add(
    maxPool(y, { size: 3, stride: 2, padding: 1 }),
    layers.batchNorm(shortcut, `${block.name}.skipbn`),
  );
}

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
  const { convolution, batchNorm, tap } = layers;
  const normed = (x: tf.Tensor4D, name: string) => tap(name, tf.relu(batchNorm(x, name)));
  let x = normed(tap("conv1", convolution(images, "conv1", { stride: 2, padding: 0 })), "bn1");
  x = normed(tap("conv2", convolution(x, "conv2", { stride: 1, padding: 0 })), "bn2");
  // Names and order are those of any width; the channels are in the parameters.
  for (const block of residualBlocks(1, isShallow)) {
    x = tap(block.name, residualBlock(x, block, layers));
  }
  for (const { name, norm } of lastSeparables(1)) {
    x = normed(tap(name, separable(x, name, layers)), norm);
  }
  const features = tf.mean<tf.Tensor2D>(x, [1, 2]);
  return layers.linear(layers.dropout(features, dropout), "last_linear");
}
