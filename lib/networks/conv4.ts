/**
 * Four convolutions for small pictures: the backbone of the planted-clues study, where hundreds of
 * detectors are trained and a published network would be far too large. Ours; no state dict exists.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** Channels at width 1, and stride, of the four 3×3 convolutions. */
const STAGES = [[8, 2], [8, 1], [16, 2], [16, 2]] as const;

/** Length of the feature vector: 16 at width 1. */
export function conv4Features(width: number): number {
  return Math.round(16 * width);
}

function stages(prefix: string, width: number) {
  return STAGES.map(([channels, stride], i) => ({
    name: `${prefix}.stage${i + 1}`,
    inputs: i === 0 ? 3 : Math.round(STAGES[i - 1][0] * width),
    outputs: Math.round(channels * width),
    stride,
  }));
}

/** The parameters of the backbone whose names begin with `prefix`. */
export function conv4Parameters(prefix: string, width: number): ParameterSpecification[] {
  return stages(prefix, width).flatMap(({ name, inputs, outputs }) => [
    ...convolutionParameters(`${name}.conv`, { size: 3, inputs, outputs }),
    ...batchNormParameters(`${name}.bn`, outputs),
  ]);
}

/**
 * The features of images: four times convolution, batch norm and ReLU, then the average over the
 * picture. The tap is called at `stage1` … `stage4`, after the ReLU, with the prefix.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`.
 * @returns `[batch, 16 · width]`.
 */
export function conv4(
  images: tf.Tensor4D,
  { prefix, width, layers }: { prefix: string; width: number; layers: Layers },
): tf.Tensor2D {
  let x = images;
  for (const { name, stride } of stages(prefix, width)) {
    const y = layers.convolution(x, `${name}.conv`, { stride, padding: 1 });
    x = layers.tap(name, tf.relu(layers.batchNorm(y, `${name}.bn`)));
  }
  return tf.mean(x, [1, 2]);
}
