/**
 * Depthwise separable convolutions and the residual blocks of them that Xception is made of, which other
 * networks take over: names as in the PyTorch port.
 */
import * as tf from "@tensorflow/tfjs";
import { maxPool } from "lib/engine/convolution.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** First values are PyTorch's own: the port's initialisation is commented out. [FF++ code] */
const role = "uniformFilter";

/** A filter for each channel, a 1×1 convolution, a batch norm: where they are, and their shape. */
export interface Separable {
  /** Name of the two convolutions together. */
  readonly name: string;
  /** Name of the batch norm behind them. */
  readonly norm: string;
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
}

/** One residual block: where its parameters are and what it turns into what. */
export interface SeparableBlock {
  /** What its parameters' names begin with. */
  readonly name: string;
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
  /** Whether it pools to half the side; its shortcut then has a convolution of its own. */
  readonly halves: boolean;
  /** Whether it begins with a ReLU. */
  readonly startsWithRelu: boolean;
  /** Its convolutions in order. */
  readonly separables: readonly Separable[];
}

/**
 * A block by its channels.
 *
 * @param widths Channels in, and behind each separable convolution.
 */
export function separableBlock(
  name: string,
  widths: readonly number[],
  { halves = false, startsWithRelu = true }: { halves?: boolean; startsWithRelu?: boolean } = {},
): SeparableBlock {
  const separables = widths.slice(1).map((outputs, k) => {
    // `rep` is the list ReLU, convolution, batch norm, ReLU, …; it may lack the first.
    const place = 3 * k + (startsWithRelu ? 1 : 0);
    return {
      name: `${name}.rep.${place}`,
      norm: `${name}.rep.${place + 1}`,
      inputs: widths[k],
      outputs,
    };
  });
  return { name, inputs: widths[0], outputs: widths.at(-1)!, halves, startsWithRelu, separables };
}

/** The parameters of a separable convolution and its batch norm. */
export function separableParameters(
  { name, norm, inputs, outputs }: Separable,
): ParameterSpecification[] {
  return [
    ...convolutionParameters(`${name}.conv1`, { size: 3, inputs: 1, outputs: inputs, role }),
    ...convolutionParameters(`${name}.pointwise`, { size: 1, inputs, outputs, role }),
    ...batchNormParameters(norm, outputs),
  ];
}

/** The parameters of a block, the shortcut's first. */
export function separableBlockParameters(
  { name, inputs, outputs, halves, separables }: SeparableBlock,
): ParameterSpecification[] {
  const shortcut = halves
    ? [
      ...convolutionParameters(`${name}.skip`, { size: 1, inputs, outputs, role }),
      ...batchNormParameters(`${name}.skipbn`, outputs),
    ]
    : [];
  return [...shortcut, ...separables.flatMap(separableParameters)];
}

/** 1×1(depthwise(x)), with nothing between the two; its batch norm is left to the caller. */
export function separable(x: tf.Tensor4D, name: string, { convolution }: Layers): tf.Tensor4D {
  const filtered = convolution(x, `${name}.conv1`, { stride: 1, padding: 1, depthwise: true });
  return convolution(filtered, `${name}.pointwise`, { stride: 1, padding: 0 });
}

/** y = branch(x) + x′, x′ being x or, where sides are halved, its 1×1 convolution. No ReLU follows. */
export function runSeparableBlock(
  x: tf.Tensor4D,
  block: SeparableBlock,
  layers: Layers,
): tf.Tensor4D {
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
