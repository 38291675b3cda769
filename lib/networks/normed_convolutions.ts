/**
 * Convolutions with a batch norm behind each, chains of them and bottlenecks, as lists from which both the
 * parameters and the pass follow: what HRNet is built of.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** A convolution without a bias, and the batch norm behind it. */
export interface NormedConvolution {
  /** Name of the convolution. */
  readonly conv: string;
  /** Name of the batch norm. */
  readonly norm: string;
  /** Side of the filter; it is padded so that stride 1 keeps the map's size. */
  readonly size: 1 | 3;
  /** Channels that come in. */
  readonly inputs: number;
  /** Channels that go out. */
  readonly outputs: number;
  /** Pixels from one place to the next. */
  readonly stride: 1 | 2;
}

/**
 * Names a convolution and its norm.
 *
 * @param name What both names begin with.
 * @param ends What each of them ends with: the convolution's, the norm's.
 */
export const normed = (
  name: string,
  [conv, norm]: readonly [string, string],
  rest: Omit<NormedConvolution, "conv" | "norm">,
): NormedConvolution => ({ conv: `${name}${conv}`, norm: `${name}${norm}`, ...rest });

/** How names end where convolution and norm are the first two of a list of layers. */
export const LISTED = [".0", ".1"] as const;

/** A residual unit of three convolutions (He et al. 2015). */
export interface Bottleneck {
  /** 1×1, 3×3, 1×1. */
  readonly inner: readonly NormedConvolution[];
  /** The shortcut's 1×1 where channels change; left out where the shortcut is the input itself. */
  readonly shortcut?: NormedConvolution;
}

/** A bottleneck from `inputs` to `within` channels and on to four times as many. */
export function bottleneck(name: string, inputs: number, within: number): Bottleneck {
  const outputs = 4 * within;
  const sizes = [[1, inputs, within], [3, within, within], [1, within, outputs]] as const;
  const inner = sizes.map(([size, inputs, outputs], i) =>
    normed(name, [`.conv${i + 1}`, `.bn${i + 1}`], { size, inputs, outputs, stride: 1 })
  );
  if (inputs === outputs) return { inner };
  const shape = { size: 1, inputs, outputs, stride: 1 } as const;
  return { inner, shortcut: normed(`${name}.downsample`, LISTED, shape) };
}

/** All convolutions of a bottleneck, in PyTorch's order. */
export const convolutionsOf = ({ inner, shortcut }: Bottleneck): NormedConvolution[] => [
  ...inner,
  ...shortcut ? [shortcut] : [],
];

/** The parameters of a convolution with its norm, in PyTorch's order. */
export const normedParameters = (
  { conv, norm, ...shape }: NormedConvolution,
): ParameterSpecification[] => [
  ...convolutionParameters(conv, shape),
  ...batchNormParameters(norm, shape.outputs),
];

/** norm(conv(x)), `[batch, height / stride, width / stride, outputs]`. */
export function applyNormed(
  x: tf.Tensor4D,
  { conv, norm, size, stride }: NormedConvolution,
  layers: Layers,
): tf.Tensor4D {
  const padding = (size - 1) / 2;
  return layers.batchNorm(layers.convolution(x, conv, { stride, padding }), norm);
}

/** One after the other, with a ReLU behind each but the last. */
export function applyChain(
  x: tf.Tensor4D,
  convolutions: readonly NormedConvolution[],
  layers: Layers,
): tf.Tensor4D {
  return convolutions.reduce(
    (y, convolution, i) => {
      const z = applyNormed(y, convolution, layers);
      return i === convolutions.length - 1 ? z : tf.relu(z);
    },
    x,
  );
}

/** The chain of a bottleneck and its shortcut, added, with a ReLU behind the sum. */
export function applyBottleneck(
  x: tf.Tensor4D,
  { inner, shortcut }: Bottleneck,
  layers: Layers,
): tf.Tensor4D {
  const through = shortcut ? applyNormed(x, shortcut, layers) : x;
  return tf.relu(tf.add(applyChain(x, inner, layers), through));
}
