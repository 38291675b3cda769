/**
 * EfficientNet without its classifier (Tan and Le, 2019), a backbone of a local information block and of
 * Multi-Attentional. Names and settings are those of the PyTorch port `efficientnet_pytorch`, of which
 * both official codes hold copies; how large it is says `efficientnet_shape.ts`.
 */
import * as tf from "@tensorflow/tfjs";
import { silu } from "lib/engine/silu.ts";
import type { EfficientNetShape, InvertedBlock } from "./efficientnet_shape.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  idleClassifier,
  type ParameterSpecification,
} from "./parameters.ts";

/** Added to the variance by batch norm. [code] */
const EPSILON = 1e-3;

/** Share of a new batch in batch norm's running statistics. [code] */
const MOMENTUM = 0.01;

const nameOf = (prefix: string, { place }: InvertedBlock) => `${prefix}._blocks.${place}`;

/** A block that does not expand has no convolution for it. */
const expands = ({ inputs, expanded }: InvertedBlock) => inputs !== expanded;

/**
 * The parameters of an EfficientNet whose names begin with `prefix`, in PyTorch's order.
 *
 * @param idleClasses Of the classifier that published weights have and no pass runs.
 */
export function efficientnetParameters(
  prefix: string,
  { shape, idleClasses }: { shape: EfficientNetShape; idleClasses: number },
): ParameterSpecification[] {
  const role = "uniformFilter";
  const norm = (name: string, channels: number) =>
    batchNormParameters(name, channels, { epsilon: EPSILON });
  const pixelwise = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(name, { size: 1, inputs, outputs, role });
  const excite = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(name, { size: 1, inputs, outputs, role, bias: true });
  const { stem, blocks, head } = shape;
  return [
    ...convolutionParameters(`${prefix}._conv_stem`, { size: 3, inputs: 3, outputs: stem, role }),
    ...norm(`${prefix}._bn0`, stem),
    ...blocks.flatMap((block) => {
      const { inputs, expanded, squeezed, outputs, size } = block, name = nameOf(prefix, block);
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
    ...idleClassifier(`${prefix}._fc`, { inputs: head, outputs: idleClasses }),
  ];
}

/** Scales each channel by what all channels' means say (Hu et al. 2018, squeeze-and-excitation). */
function squeezeAndExcite(x: tf.Tensor4D, name: string, { convolution }: Layers): tf.Tensor4D {
  const pixelwise = { stride: 1, padding: 0 };
  const means = tf.mean<tf.Tensor4D>(x, [1, 2], true); // [batch, 1, 1, channels]
  const squeezed = silu(convolution(means, `${name}._se_reduce`, pixelwise));
  return tf.mul(x, tf.sigmoid(convolution(squeezed, `${name}._se_expand`, pixelwise)));
}

/** What a pass needs. */
export interface EfficientNetRun {
  /** What stands, with a dot, before the names of its parameters and layers. */
  readonly prefix: string;
  /** Of `efficientnetParameters`. */
  readonly shape: EfficientNetShape;
  /** How likely the last block would skip an image in training, 0 to below 1; earlier ones less. */
  readonly dropConnect: number;
  /** Over the parameters. */
  readonly layers: Layers;
  /**
   * How layers that halve are padded, which depends on whether a side is odd. `"same"`, the default: as
   * TensorFlow does, for the map at hand. `"asEven"`: as if it were even, so that its last row and column
   * count less: `efficientnet_pytorch` up to 0.6.3, where every layer is padded as for the picture's
   * published size. `{ madeFor: side }`: as it would be with a picture of that side: `efficientnet_pytorch`
   * from 0.7 on, whatever it is given.
   */
  readonly padding?: "same" | "asEven" | { readonly madeFor: number };
  /** Share of a new batch in batch norm's running statistics. Default 0.01. */
  readonly momentum?: number;
}

/**
 * The padding of a layer on a map as if its side were `nominal`. Behind an even side there is one pixel more
 * than before it, as in "same"; an odd one has as many on both.
 */
function paddingOf(
  x: tf.Tensor4D,
  { size, stride }: { size: number; stride: number },
  nominal: number = x.shape[1],
): number | "same" {
  const isOdd = x.shape[1] % 2 === 1, isMadeForOdd = nominal % 2 === 1;
  if (stride === 1 || isOdd === isMadeForOdd) return "same";
  // For an even side (0, 1) and (1, 2) pixels: the last one is under no window of an odd side.
  return isMadeForOdd ? (size - 1) / 2 : (size - 3) / 2;
}

/** The sides of the maps before the first convolution and before each block that layers are padded for. */
function nominalSides({ shape, padding }: EfficientNetRun): (number | undefined)[] {
  const strides = [2, ...shape.blocks.map(({ stride }) => stride)];
  if (padding === undefined || padding === "same") return strides.map(() => undefined);
  if (padding === "asEven") return strides.map(() => 0);
  let side = padding.madeFor;
  return strides.map((stride) => {
    const before = side;
    side = Math.ceil(side / stride);
    return before;
  });
}

const normed = (x: tf.Tensor4D, name: string, { layers, momentum }: EfficientNetRun) =>
  layers.batchNorm(x, name, { epsilon: EPSILON, momentum: momentum ?? MOMENTUM });

/** Expand, filter each channel, squeeze and excite, project; a shortcut where shapes allow. */
function invertedBlock(
  x: tf.Tensor4D,
  { block, nominal }: { block: InvertedBlock; nominal: number | undefined },
  run: EfficientNetRun,
): tf.Tensor4D {
  const { layers, dropConnect } = run, name = nameOf(run.prefix, block);
  const pixelwise = { stride: 1, padding: 0 };
  const norm = (y: tf.Tensor4D, bn: string) => normed(y, `${name}.${bn}`, run);
  let y = x;
  if (expands(block)) {
    y = silu(norm(layers.convolution(y, `${name}._expand_conv`, pixelwise), "_bn0"));
  }
  const { stride } = block, padding = paddingOf(y, block, nominal);
  const perChannel = { stride, padding, depthwise: true };
  y = silu(norm(layers.convolution(y, `${name}._depthwise_conv`, perChannel), "_bn1"));
  y = squeezeAndExcite(y, name, layers);
  y = norm(layers.convolution(y, `${name}._project_conv`, pixelwise), "_bn2");
  if (stride !== 1 || block.inputs !== block.outputs) return y;
  return tf.add(layers.dropImages(y, dropConnect * block.depth), x);
}

/**
 * What an EfficientNet sees of images. The tap is called at `_conv_stem`, `_bn0` (before its activation),
 * at each block `_blocks.0` and so on, at `_conv_head` and `_bn1`, all with the prefix.
 *
 * @param images Normalised RGB, `[batch, side, side, 3]`.
 * @returns `stages`: of each stage the last output, from the first convolution's (0) to the seventh's;
 * `final`: the last activation.
 */
export function efficientnetMaps(
  images: tf.Tensor4D,
  run: EfficientNetRun,
): { stages: tf.Tensor4D[]; final: tf.Tensor4D } {
  const { prefix, shape, layers } = run, stages: tf.Tensor4D[] = [];
  const named = (name: string, x: tf.Tensor4D) => layers.tap(`${prefix}.${name}`, x);
  const norm = (x: tf.Tensor4D, bn: string) => named(bn, normed(x, `${prefix}.${bn}`, run));
  const [first, ...sides] = nominalSides(run);
  const stem = { stride: 2, padding: paddingOf(images, { size: 3, stride: 2 }, first) };
  let x = named("_conv_stem", layers.convolution(images, `${prefix}._conv_stem`, stem));
  x = stages[0] = silu(norm(x, "_bn0"));
  for (const block of shape.blocks) {
    const y = invertedBlock(x, { block, nominal: sides[block.place] }, run);
    x = stages[block.stage] = layers.tap(nameOf(prefix, block), y);
  }
  const head = { stride: 1, padding: 0 };
  x = named("_conv_head", layers.convolution(x, `${prefix}._conv_head`, head));
  return { stages, final: silu(norm(x, "_bn1")) };
}

/**
 * The features of images: the last activation averaged over the image.
 *
 * @param images As `efficientnetMaps`.
 * @returns `[batch, shape.head]`.
 */
export function efficientnet(images: tf.Tensor4D, run: EfficientNetRun): tf.Tensor2D {
  return tf.mean(efficientnetMaps(images, run).final, [1, 2]);
}
