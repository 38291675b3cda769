/**
 * ResNet-18, 34 and 50 without their classifier (He et al., "Deep Residual Learning for Image Recognition",
 * 2015, Table 1). Names and strides are torchvision's: a bottleneck's step is at its middle convolution.
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

/**
 * Layers: 34 has units of two convolutions, 18 two of them a stage; 50 as many as 34, bottlenecks of three,
 * which give four times the channels.
 */
export type ResnetDepth = 18 | 34 | 50;

/** Channels that a unit gives for each of its own. */
const EXPANSION: Readonly<Record<ResnetDepth, number>> = { 18: 1, 34: 1, 50: 4 };

/** Which part of which network. */
export interface ResnetShape {
  /** Default 34. */
  readonly depth?: ResnetDepth;
  /** Stages from the first, 1 to 4. Default 4: all. */
  readonly stages?: number;
}

/** A convolution of a unit. */
interface UnitConvolution {
  readonly size: 1 | 3;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
}

/** One residual unit: where its parameters are and what it turns into what. */
interface Unit {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  /** `conv1` and those after it, each with a batch norm. */
  readonly convolutions: readonly UnitConvolution[];
  /** Name of the stage that ends with this unit. */
  readonly ends: string | undefined;
}

/** Channels within a stage's units at a width, rounded to a whole number. */
function channelsAt(stage: number, width: number): number {
  return Math.round(STAGES[stage].channels * width);
}

/** Channels that a stage gives: at width 1 from 64 to 512, in ResNet-50 from 256 to 2048. */
export function resnetFeatures(
  width: number,
  { depth = 34, stages = STAGES.length }: ResnetShape = {},
): number {
  return EXPANSION[depth] * channelsAt(stages - 1, width);
}

function convolutionsOf(
  { inputs, inner, outputs, stride }: {
    inputs: number;
    inner: number;
    outputs: number;
    stride: number;
  },
  depth: ResnetDepth,
): UnitConvolution[] {
  if (depth !== 50) {
    return [
      { size: 3, inputs, outputs, stride },
      { size: 3, inputs: outputs, outputs, stride: 1 },
    ];
  }
  return [
    { size: 1, inputs, outputs: inner, stride: 1 },
    { size: 3, inputs: inner, outputs: inner, stride },
    { size: 1, inputs: inner, outputs, stride: 1 },
  ];
}

function residualUnits(
  prefix: string,
  width: number,
  { depth = 34, stages = STAGES.length }: ResnetShape,
): Unit[] {
  const givenBy = (stage: number) => resnetFeatures(width, { depth, stages: stage + 1 });
  return STAGES.slice(0, stages).flatMap(({ units: most, stride: first }, stage) => {
    const units = depth === 18 ? 2 : most;
    return Array.from({ length: units }, (_, i): Unit => {
      const stride = i === 0 ? first : 1, inner = channelsAt(stage, width);
      const inputs = i > 0 ? givenBy(stage) : stage > 0 ? givenBy(stage - 1) : inner;
      const sizes = { inputs, inner, outputs: givenBy(stage), stride };
      return {
        name: `${prefix}.layer${stage + 1}.${i}`,
        ...sizes,
        convolutions: convolutionsOf(sizes, depth),
        ends: i === units - 1 ? `${prefix}.layer${stage + 1}` : undefined,
      };
    });
  });
}

/** Where the shortcut has a convolution of its own. */
const changesShape = ({ inputs, outputs, stride }: Unit) => stride !== 1 || inputs !== outputs;

/** The parameters of a ResNet whose names begin with `prefix`, in PyTorch's order. */
export function resnetParameters(
  prefix: string,
  width: number,
  shape: ResnetShape = {},
): ParameterSpecification[] {
  const first = channelsAt(0, width);
  return [
    ...convolutionParameters(`${prefix}.conv1`, { size: 7, inputs: 3, outputs: first }),
    ...batchNormParameters(`${prefix}.bn1`, first),
    ...residualUnits(prefix, width, shape).flatMap((unit) => {
      const { name, inputs, outputs, convolutions } = unit;
      return [
        ...convolutions.flatMap((each, i) => [
          ...convolutionParameters(`${name}.conv${i + 1}`, each),
          ...batchNormParameters(`${name}.bn${i + 1}`, each.outputs),
        ]),
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

/** y = relu(x' + F(x)), F convolutions with batch norms and ReLUs between, x' x or, where shapes change, its 1×1 convolution. */
function residualUnit(x: tf.Tensor4D, unit: Unit, layers: Layers): tf.Tensor4D {
  const { name, stride, convolutions } = unit;
  const { convolution, batchNorm } = layers;
  let inner = x;
  convolutions.forEach(({ size, stride }, i) => {
    const at = `${name}.conv${i + 1}`, padding = (size - 1) / 2;
    inner = batchNorm(convolution(inner, at, { stride, padding }), `${name}.bn${i + 1}`);
    if (i < convolutions.length - 1) inner = tf.relu(inner);
  });
  const shortcut = changesShape(unit)
    ? batchNorm(
      convolution(x, `${name}.downsample.0`, { stride, padding: 0 }),
      `${name}.downsample.1`,
    )
    : x;
  return layers.tap(name, tf.relu(tf.add(inner, shortcut)));
}

/** A network for one pass. */
export interface ResnetRun extends ResnetShape {
  /** What stands, with a dot, before the names of its parameters and layers. */
  readonly prefix: string;
  /** Channels as a share of the published network's. */
  readonly width: number;
  /** The layers over the parameters. */
  readonly layers: Layers;
}

/**
 * The maps that the stages give, one a stage. The tap is called at `conv1`, `bn1` (before its ReLU),
 * `maxpool`, at each unit `layer1.0` … and at each stage `layer1` … `layer4`, all with the prefix.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`; sides of 32 or more.
 * @returns Of each stage `[batch, side, side, channels]`, 0 or more; sides are a quarter of the picture's, an
 * eighth, a 16th and a 32nd, rounded up.
 */
export function resnetMaps(
  images: tf.Tensor4D,
  { prefix, width, layers, ...shape }: ResnetRun,
): tf.Tensor4D[] {
  const { tap } = layers, maps: tf.Tensor4D[] = [];
  const named = (name: string, x: tf.Tensor4D) => tap(`${prefix}.${name}`, x);
  let x = named("conv1", layers.convolution(images, `${prefix}.conv1`, { stride: 2, padding: 3 }));
  x = tf.relu(named("bn1", layers.batchNorm(x, `${prefix}.bn1`)));
  x = named("maxpool", maxPool(x, { size: 3, stride: 2, padding: 1 }));
  for (const unit of residualUnits(prefix, width, shape)) {
    x = residualUnit(x, unit, layers);
    if (unit.ends) maps.push(x = tap(unit.ends, x));
  }
  return maps;
}

/**
 * The features of images; taps as in `resnetMaps`.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`; sides of 32 or more.
 * @returns `[batch, resnetFeatures(width)]`: the last stage averaged over the image, so 0 or more.
 */
export function resnet(images: tf.Tensor4D, run: ResnetRun): tf.Tensor2D {
  return tf.mean(resnetMaps(images, run).at(-1)!, [1, 2]);
}
