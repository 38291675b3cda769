/**
 * Noise of a picture and of feature maps by three high-pass filters of the steganalysis rich model (SRM),
 * as Luo et al. (CVPR 2021) use them: what a neighbourhood does not predict of a pixel, cut off at ±3.
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d, depthwiseConv2d } from "lib/engine/convolution.ts";
import type { Layers } from "./layers.ts";
import {
  batchNormParameters,
  convolutionParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** Side of a filter, and how many there are. */
const SIDE = 5, FILTERS = 3;

/** Noise beyond this is cut off. [code] */
const LARGEST = 3;

/** Second differences of a square of 3, of 5, and along a row, by what they are divided by. [code] */
export const SRM: readonly {
  readonly divisor: number;
  readonly rows: readonly (readonly number[])[];
}[] = Object.freeze([
  {
    divisor: 4,
    rows: [
      [0, 0, 0, 0, 0],
      [0, -1, 2, -1, 0],
      [0, 2, -4, 2, 0],
      [0, -1, 2, -1, 0],
      [0, 0, 0, 0, 0],
    ],
  },
  {
    divisor: 12,
    rows: [
      [-1, 2, -2, 2, -1],
      [2, -6, 8, -6, 2],
      [-2, 8, -12, 8, -2],
      [2, -6, 8, -6, 2],
      [-1, 2, -2, 2, -1],
    ],
  },
  {
    divisor: 2,
    rows: [
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
      [0, 1, -2, 1, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ],
  },
]);

/** Which filters the channels of a feature map see. */
export type NoiseOrder =
  /** The code's: all three of a channel are the first filter in its first third, and so on. */
  | "published"
  /** The paper's words: each channel sees all three. */
  | "everyFilter";

/** A kernel of `filterOf(k)` at its k-th output, the same over all its inputs. */
function kernel(
  name: string,
  { inputs, outputs, filterOf }: {
    inputs: number;
    outputs: number;
    filterOf: (k: number) => number;
  },
): ParameterSpecification {
  const values: number[] = [];
  for (let at = 0; at < SIDE * SIDE * inputs * outputs; at++) {
    const pixel = Math.floor(at / (inputs * outputs)),
      { rows, divisor } = SRM[filterOf(at % outputs)];
    values.push(rows[Math.floor(pixel / SIDE)][pixel % SIDE] / divisor);
  }
  const shape = [SIDE, SIDE, inputs, outputs];
  return { name, shape, role: "buffer", fanIn: SIDE * SIDE * inputs, first: { values } };
}

/** The fixed kernel of `noiseOf`. */
export function noiseParameters(name: string): ParameterSpecification[] {
  return [kernel(`${name}.kernel`, { inputs: FILTERS, outputs: FILTERS, filterOf: (k) => k })];
}

/**
 * The noise of a picture: each filter over the sum of red, green and blue, from −3 to 3. The kernel is not
 * learnt; it is a parameter because it is in published state dicts.
 *
 * @param images `[batch, height, width, 3]`.
 * @param name What `noiseParameters` was called with.
 * @returns `[batch, height, width, 3]`: a channel a filter.
 *
 * @example A ramp has no noise
 * ```ts
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { noiseOf, noiseParameters } from "lib/networks/noise_filters.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = initialiseParameters(noiseParameters("srm"), createRandom(1));
 * const ramp = tf.tile(tf.reshape(tf.range(0, 9), [1, 1, 9, 1]), [1, 9, 1, 3]) as tf.Tensor4D;
 * const inside = tf.slice(noiseOf(ramp, "srm", parameters), [0, 2, 2, 0], [1, 5, 5, 3]);
 * assert.ok(tf.max(tf.abs(inside)).dataSync()[0] < 1e-5);
 * ```
 */
export function noiseOf(images: tf.Tensor4D, name: string, parameters: Parameters): tf.Tensor4D {
  const filter = parameters[`${name}.kernel`] as tf.Tensor as tf.Tensor4D;
  return cutOff(conv2d(images, filter, { padding: 2 }));
}

const cutOff = (x: tf.Tensor4D) => tf.clipByValue(x, -LARGEST, LARGEST);

/** The fixed kernel of `noiseOfFeatures`, and the learnt layers behind it. */
export function featureNoiseParameters(
  name: string,
  { channels, order }: { channels: number; order: NoiseOrder },
): ParameterSpecification[] {
  const outputs = FILTERS * channels;
  const filterOf = order === "published"
    ? (k: number) => Math.floor(k / channels)
    : (k: number) => k % FILTERS;
  const size = { size: 1, inputs: outputs, outputs: channels, deviation: 1 / Math.sqrt(outputs) };
  return [
    kernel(`${name}.kernel`, { inputs: 1, outputs, filterOf }),
    ...convolutionParameters(`${name}.out_conv.0`, size),
    ...batchNormParameters(`${name}.out_conv.1`, channels),
  ];
}

/**
 * The noise of feature maps: three filters on each channel, from −3 to 3, mixed by a 1×1 convolution with
 * batch norm and ReLU. The code repeats its kernels along the wrong axis (`NoiseOrder`).
 *
 * @param x `[batch, height, width, channels]`.
 * @param name What `featureNoiseParameters` was called with.
 * @returns The shape of `x`.
 */
export function noiseOfFeatures(
  x: tf.Tensor4D,
  name: string,
  { layers, parameters }: { layers: Layers; parameters: Parameters },
): tf.Tensor4D {
  const filter = tf.reshape<tf.Rank.R4>(parameters[`${name}.kernel`], [
    SIDE,
    SIDE,
    x.shape[3],
    FILTERS,
  ]);
  const noise = cutOff(depthwiseConv2d(x, filter, { padding: 2 }));
  const mixed = layers.convolution(noise, `${name}.out_conv.0`, { stride: 1, padding: 0 });
  return layers.tap(name, tf.relu(layers.batchNorm(mixed, `${name}.out_conv.1`)));
}
