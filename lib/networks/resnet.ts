/**
 * ResNet-34 without its classifier (He et al., "Deep Residual Learning for Image Recognition", 2015,
 * Table 1), the backbone of a local information block. Names and strides are torchvision's.
 */
import * as tf from "@tensorflow/tfjs";
import { maxPool } from "lib/engine/convolution.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** Channels at width 1, number of residual units, and stride of the first unit, stage by stage. */
const STAGES = [
  { channels: 64, units: 3, stride: 1 },
  { channels: 128, units: 4, stride: 2 },
  { channels: 256, units: 6, stride: 2 },
  { channels: 512, units: 3, stride: 2 },
] as const;

/** One residual unit: where its parameters are and what it turns into what. */
interface Unit {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  /** Name of the stage that ends with this unit. */
  readonly ends: string | undefined;
}

/** Channels of a stage at a width, rounded to a whole number. */
function channelsAt(stage: number, width: number): number {
  return Math.round(STAGES[stage].channels * width);
}

/** Length of the feature vector: 512 at width 1. */
export function resnetFeatures(width: number): number {
  return channelsAt(STAGES.length - 1, width);
}

function residualUnits(prefix: string, width: number): Unit[] {
  return STAGES.flatMap(({ units, stride }, stage) =>
    Array.from({ length: units }, (_, i) => ({
      name: `${prefix}.layer${stage + 1}.${i}`,
      inputs: channelsAt(i === 0 ? Math.max(stage - 1, 0) : stage, width),
      outputs: channelsAt(stage, width),
      stride: i === 0 ? stride : 1,
      ends: i === units - 1 ? `${prefix}.layer${stage + 1}` : undefined,
    }))
  );
}

/** Where the shortcut has a convolution of its own. */
const changesShape = ({ inputs, outputs, stride }: Unit) => stride !== 1 || inputs !== outputs;

/** The parameters of a ResNet-34 whose names begin with `prefix`, in PyTorch's order. */
export function resnetParameters(prefix: string, width: number): ParameterSpecification[] {
  const first = channelsAt(0, width);
  return [
    ...convolutionParameters(`${prefix}.conv1`, { size: 7, inputs: 3, outputs: first }),
    ...batchNormParameters(`${prefix}.bn1`, first),
    ...residualUnits(prefix, width).flatMap((unit) => {
      const { name, inputs, outputs } = unit;
      return [
        ...convolutionParameters(`${name}.conv1`, { size: 3, inputs, outputs }),
        ...batchNormParameters(`${name}.bn1`, outputs),
        ...convolutionParameters(`${name}.conv2`, { size: 3, inputs: outputs, outputs }),
        ...batchNormParameters(`${name}.bn2`, outputs),
        ...(changesShape(unit)
          ? [
            ...convolutionParameters(`${name}.downsample.0`, { size: 1, inputs, outputs }),
            ...batchNormParameters(`${name}.downsample.1`, outputs),
          ]
          : []),
      ];
    }),
  ];
}

/** y = relu(x' + bn2(conv2(relu(bn1(conv1(x)))))), x' being x or, where shapes change, its 1×1 convolution. */
function residualUnit(x: tf.Tensor4D, unit: Unit, layers: Layers): tf.Tensor4D {
  const { name, stride } = unit;
  const { convolution, batchNorm } = layers;
  const inner = tf.relu(
    batchNorm(convolution(x, `${name}.conv1`, { stride, padding: 1 }), `${name}.bn1`),
  );
  const outer = batchNorm(
    convolution(inner, `${name}.conv2`, { stride: 1, padding: 1 }),
    `${name}.bn2`,
  );
  const shortcut = changesShape(unit)
    ? batchNorm(
      convolution(x, `${name}.downsample.0`, { stride, padding: 0 }),
      `${name}.downsample.1`,
    )
    : x;
  return layers.tap(name, tf.relu(tf.add(outer, shortcut)));
}

/**
 * The features of images. The tap is called at `conv1`, `bn1` (before its ReLU), `maxpool`, at each
 * unit `layer1.0` … and at each stage `layer1` … `layer4`, all with the prefix.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`; sides of 32 or more.
 * @returns `[batch, 512 · width]`: the last stage averaged over the image, so 0 or more.
 */
export function resnet(
  images: tf.Tensor4D,
  { prefix, width, layers }: { prefix: string; width: number; layers: Layers },
): tf.Tensor2D {
  const { tap } = layers;
  const named = (name: string, x: tf.Tensor4D) => tap(`${prefix}.${name}`, x);
  let x = named("conv1", layers.convolution(images, `${prefix}.conv1`, { stride: 2, padding: 3 }));
  x = tf.relu(named("bn1", layers.batchNorm(x, `${prefix}.bn1`)));
  x = named("maxpool", maxPool(x, { size: 3, stride: 2, padding: 1 }));
  for (const unit of residualUnits(prefix, width)) {
    x = residualUnit(x, unit, layers);
    if (unit.ends) x = tap(unit.ends, x);
  }
  return tf.mean(x, [1, 2]);
}
