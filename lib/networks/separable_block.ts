/**
 * Depthwise separable convolutions and the residual blocks of them that Xception consists of, and other
 * networks with it. Names are the PyTorch port's.
 */
import * as tf from "@tensorflow/tfjs";
import { maxPool } from "lib/engine/convolution.ts";
import { leakyRelu } from "lib/engine/leaky_relu.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type ParameterSpecification,
} from "./parameters.ts";
import type { Block, Separable } from "./xception_layout.ts";

/** First values are PyTorch's own: the port's initialisation is commented out. [FF++ code] */
const role = "uniformFilter";

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
export function blockParameters(
  { name, inputs, outputs, halves, separables }: Block,
): ParameterSpecification[] {
  return [
    ...(halves
      ? [
        ...convolutionParameters(`${name}.skip`, { size: 1, inputs, outputs, role }),
        ...batchNormParameters(`${name}.skipbn`, outputs),
      ]
      : []),
    ...separables.flatMap(separableParameters),
  ];
}

/** 1×1(depthwise(x)), with nothing between the two; the batch norm is left to the caller. */
export function separable(x: tf.Tensor4D, name: string, { convolution }: Layers): tf.Tensor4D {
  const filtered = convolution(x, `${name}.conv1`, { stride: 1, padding: 1, depthwise: true });
  return convolution(filtered, `${name}.pointwise`, { stride: 1, padding: 0 });
}

/** A ReLU where the slope below 0 is 0, else a leaky one. */
export function rectified(x: tf.Tensor4D, slope: number): tf.Tensor4D {
  return slope === 0 ? tf.relu(x) : leakyRelu(x, slope);
}

/**
 * y = branch(x) + x′, x′ being x or, where sides are halved, its 1×1 convolution. No ReLU follows.
 *
 * @param slope Of its ReLUs below 0. Default 0.
 */
export function residualBlock(
  x: tf.Tensor4D,
  block: Block,
  layers: Layers,
  slope = 0,
): tf.Tensor4D {
  let y = x;
  block.separables.forEach(({ name, norm }, i) => {
    if (i > 0 || block.startsWithRelu) y = rectified(y, slope);
    y = layers.batchNorm(separable(y, name, layers), norm);
  });
  if (!block.halves) return tf.add(y, x);
  const shortcut = layers.convolution(x, `${block.name}.skip`, { stride: 2, padding: 0 });
  return tf.add(
    maxPool(y, { size: 3, stride: 2, padding: 1 }),
    layers.batchNorm(shortcut, `${block.name}.skipbn`),
  );
}
