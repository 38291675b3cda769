/**
 * MobileNet-V1 without its classifier (Howard et al., "MobileNets", 2017, Table 1), a backbone of a
 * local information block. Names, strides and padding are the official code's.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  idleClassifier,
  type ParameterSpecification,
} from "./parameters.ts";

/** Channels at width 1 after the first convolution. */
const FIRST = 32;

/** Channels at width 1, and stride, of the thirteen depthwise separable convolutions. */
const SEPARABLE = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** Classes of the classifier that the official model has and never runs. */
const IDLE_CLASSES = 1000;

/** A filter for each channel, then a 1×1 convolution: where its parameters are, and its shape. */
interface Separable {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
}

/** Length of the feature vector: 1,024 at width 1. */
export function mobilenetFeatures(width: number): number {
  return Math.round(1024 * width);
}

function separableConvolutions(prefix: string, width: number): Separable[] {
  return SEPARABLE.map(([channels, stride], i) => ({
    name: `${prefix}.model.${i + 1}`,
    inputs: Math.round((i === 0 ? FIRST : SEPARABLE[i - 1][0]) * width),
    outputs: Math.round(channels * width),
    stride,
  }));
}

/** The parameters of a MobileNet-V1 whose names begin with `prefix`, in PyTorch's order. */
export function mobilenetParameters(prefix: string, width: number): ParameterSpecification[] {
  const role = "uniformFilter";
  const first = Math.round(FIRST * width);
  return [
    ...convolutionParameters(`${prefix}.model.0.0`, { size: 3, inputs: 3, outputs: first, role }),
    ...batchNormParameters(`${prefix}.model.0.1`, first),
    ...separableConvolutions(prefix, width).flatMap(({ name, inputs, outputs }) => [
      ...convolutionParameters(`${name}.0`, { size: 3, inputs: 1, outputs: inputs, role }),
      ...batchNormParameters(`${name}.1`, inputs),
      ...convolutionParameters(`${name}.3`, { size: 1, inputs, outputs, role }),
      ...batchNormParameters(`${name}.4`, outputs),
    ]),
    ...idleClassifier(`${prefix}.fc`, { inputs: mobilenetFeatures(width), outputs: IDLE_CLASSES }),
  ];
}

/** y = relu(bn(1×1(relu(bn(depthwise(x)))))). */
function separable(
  x: tf.Tensor4D,
  { name, stride }: Separable,
  { convolution, batchNorm }: Layers,
): tf.Tensor4D {
  const filtered = convolution(x, `${name}.0`, { stride, padding: 1, depthwise: true });
  const inner = tf.relu(batchNorm(filtered, `${name}.1`));
  const mixed = convolution(inner, `${name}.3`, { stride: 1, padding: 0 });
  return tf.relu(batchNorm(mixed, `${name}.4`));
}

/**
 * The features of images. The tap is called at `model.0` … `model.13`, after their last ReLU, with
 * the prefix.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`; sides of 32 or more.
 * @returns `[batch, 1024 · width]`: the last activation averaged over the image, so 0 or more.
 */
export function mobilenet(
  images: tf.Tensor4D,
  { prefix, width, layers }: { prefix: string; width: number; layers: Layers },
): tf.Tensor2D {
  const first = `${prefix}.model.0`;
  let x = layers.convolution(images, `${first}.0`, { stride: 2, padding: 1 });
  x = layers.tap(first, tf.relu(layers.batchNorm(x, `${first}.1`)));
  for (const part of separableConvolutions(prefix, width)) {
    x = layers.tap(part.name, separable(x, part, layers));
  }
  return tf.mean(x, [1, 2]);
}
