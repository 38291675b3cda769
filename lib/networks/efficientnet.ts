/**
 * EfficientNet-B0 without its classifier (Tan and Le, "EfficientNet", 2019, Table 1), a backbone of a
 * local information block. Names and settings are those of the PyTorch port that the official code
 * holds a copy of.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  idleClassifier,
  type ParameterSpecification,
} from "./parameters.ts";

/** The seven stages: blocks, window, stride of the first block, expansion, channels at width 1. */
const STAGES = [
  { blocks: 1, size: 3, stride: 1, expansion: 1, channels: 16 },
  { blocks: 2, size: 3, stride: 2, expansion: 6, channels: 24 },
  { blocks: 2, size: 5, stride: 2, expansion: 6, channels: 40 },
  { blocks: 3, size: 3, stride: 2, expansion: 6, channels: 80 },
  { blocks: 3, size: 5, stride: 1, expansion: 6, channels: 112 },
  { blocks: 4, size: 5, stride: 2, expansion: 6, channels: 192 },
  { blocks: 1, size: 3, stride: 1, expansion: 6, channels: 320 },
] as const;

/** Channels at width 1 of the first and of the last convolution. */
const STEM = 32;
const HEAD = 1280;

/** Channels of squeeze-and-excitation's bottleneck, as a share of its block's input. */
const SQUEEZE = 0.25;

/** Batch norm's settings; those of the detector's heads differ. [code] */
const EPSILON = 1e-3;
const MOMENTUM = 0.01;

/** Classes of the classifier that the official model has and never runs. */
const IDLE_CLASSES = 1000;

/** An inverted residual block: where its parameters are, and its shape. */
interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly expanded: number;
  readonly squeezed: number;
  readonly outputs: number;
  readonly size: number;
  readonly stride: number;
  /** Position among all blocks, 0 to below 1: drop connect grows with it. */
  readonly depth: number;
}

const atWidth = (channels: number, width: number) => Math.round(channels * width);

/** Length of the feature vector: 1,280 at width 1. */
export function efficientnetFeatures(width: number): number {
  return atWidth(HEAD, width);
}

function invertedBlocks(prefix: string, width: number): Block[] {
  const total = STAGES.reduce((sum, { blocks }) => sum + blocks, 0);
  const result: Block[] = [];
  let inputs = atWidth(STEM, width);
  for (const { blocks, size, stride, expansion, channels } of STAGES) {
    const outputs = atWidth(channels, width);
    for (let i = 0; i < blocks; i++) {
      result.push({
        name: `${prefix}._blocks.${result.length}`,
        inputs,
        expanded: inputs * expansion,
        squeezed: Math.max(1, Math.floor(inputs * SQUEEZE)),
        outputs,
        size,
        stride: i === 0 ? stride : 1,
        depth: result.length / total,
      });
      inputs = outputs;
    }
  }
  return result;
}

/** A block that does not expand has no convolution for it. */
const expands = ({ inputs, expanded }: Block) => inputs !== expanded;

/** The parameters of an EfficientNet-B0 whose names begin with `prefix`, in PyTorch's order. */
export function efficientnetParameters(prefix: string, width: number): ParameterSpecification[] {
  const role = "uniformFilter";
  const norm = (name: string, channels: number) =>
    batchNormParameters(name, channels, { epsilon: EPSILON });
  const pixelwise = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(name, { size: 1, inputs, outputs, role });
  const excite = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(name, { size: 1, inputs, outputs, role, bias: true });
  const blocks = invertedBlocks(prefix, width);
  const [stem, head] = [atWidth(STEM, width), atWidth(HEAD, width)];
  return [
    ...convolutionParameters(`${prefix}._conv_stem`, { size: 3, inputs: 3, outputs: stem, role }),
    ...norm(`${prefix}._bn0`, stem),
    ...blocks.flatMap((block) => {
      const { name, inputs, expanded, squeezed, outputs, size } = block;
      const perChannel = { size, inputs: 1, outputs: expanded, role } as const;
      return [
        ...(expands(block)
          ? [
            ...pixelwise(`${name}._expand_conv`, inputs, expanded),
            ...norm(`${name}._bn0`, expanded),
          ]
          : []),
        ...convolutionParameters(`${name}._depthwise_conv`, perChannel),
        ...norm(`${name}._bn1`, expanded),
        ...excite(`${name}._se_reduce`, expanded, squeezed),
        ...excite(`${name}._se_expand`, squeezed, expanded),
        ...pixelwise(`${name}._project_conv`, expanded, outputs),
        ...norm(`${name}._bn2`, outputs),
      ];
    }),
    ...pixelwise(`${prefix}._conv_head`, blocks.at(-1)!.outputs, head),
    ...norm(`${prefix}._bn1`, head),
    ...idleClassifier(`${prefix}._fc`, { inputs: head, outputs: IDLE_CLASSES }),
  ];
}

/** x · sigmoid(x) (Ramachandran et al. 2017). */
function swish(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(x, tf.sigmoid(x));
}

/** Scales each channel by what all channels' means say (Hu et al. 2018, squeeze-and-excitation). */
function squeezeAndExcite(x: tf.Tensor4D, name: string, { convolution }: Layers): tf.Tensor4D {
  const pixelwise = { stride: 1, padding: 0 };
  const means = tf.mean<tf.Tensor4D>(x, [1, 2], true); // [batch, 1, 1, channels]
  const squeezed = swish(convolution(means, `${name}._se_reduce`, pixelwise));
  return tf.mul(x, tf.sigmoid(convolution(squeezed, `${name}._se_expand`, pixelwise)));
}

/** Expand, filter each channel, squeeze and excite, project; a shortcut where shapes allow. */
function invertedBlock(
  x: tf.Tensor4D,
  block: Block,
  { dropConnect, layers }: { dropConnect: number; layers: Layers },
): tf.Tensor4D {
  const { name, inputs, outputs, stride, depth } = block;
  const pixelwise = { stride: 1, padding: 0 };
  const norm = (y: tf.Tensor4D, bn: string) =>
    layers.batchNorm(y, `${name}.${bn}`, { epsilon: EPSILON, momentum: MOMENTUM });
  let y = x;
  if (expands(block)) {
    y = swish(norm(layers.convolution(y, `${name}._expand_conv`, pixelwise), "_bn0"));
  }
  const perChannel = { stride, padding: "same", depthwise: true } as const;
  y = swish(norm(layers.convolution(y, `${name}._depthwise_conv`, perChannel), "_bn1"));
  y = squeezeAndExcite(y, name, layers);
  y = norm(layers.convolution(y, `${name}._project_conv`, pixelwise), "_bn2");
  if (stride !== 1 || inputs !== outputs) return y;
  return tf.add(layers.dropImages(y, dropConnect * depth), x);
}

/**
 * The features of images. The tap is called at `_conv_stem`, `_bn0` (before its activation), at each
 * block `_blocks.0` … `_blocks.15`, at `_conv_head` and `_bn1`, all with the prefix.
 *
 * Convolutions are padded as TensorFlow's "same" does for the image at hand. The official code pads
 * as for 224 pixels, which is the same for sides that are multiples of 32.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`; sides a multiple of 32.
 * @returns `[batch, 1280 · width]`: the last activation averaged over the image.
 */
export function efficientnet(
  images: tf.Tensor4D,
  { prefix, width, dropConnect, layers }: {
    prefix: string;
    width: number;
    dropConnect: number;
    layers: Layers;
  },
): tf.Tensor2D {
  const named = (name: string, x: tf.Tensor4D) => layers.tap(`${prefix}.${name}`, x);
  const norm = (x: tf.Tensor4D, bn: string) =>
    layers.batchNorm(x, `${prefix}.${bn}`, { epsilon: EPSILON, momentum: MOMENTUM });
  const stem = { stride: 2, padding: "same" } as const;
  let x = named("_conv_stem", layers.convolution(images, `${prefix}._conv_stem`, stem));
  x = swish(named("_bn0", norm(x, "_bn0")));
  for (const block of invertedBlocks(prefix, width)) {
    x = layers.tap(block.name, invertedBlock(x, block, { dropConnect, layers }));
  }
  const head = { stride: 1, padding: 0 };
  x = named("_conv_head", layers.convolution(x, `${prefix}._conv_head`, head));
  return tf.mean(swish(named("_bn1", norm(x, "_bn1"))), [1, 2]);
}
