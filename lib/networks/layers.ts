/**
 * The layers of networks, reading their parameters by name, and what differs between training and
 * inference. The arithmetic is in `lib/engine`; which layers follow each other each network says.
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormInference, batchNormTraining } from "lib/engine/batch_norm.ts";
import { conv2d, depthwiseConv2d, spreadFilter } from "lib/engine/convolution.ts";
import { layerNorm } from "lib/engine/layer_norm.ts";
import { dropout, statelessNormal, statelessUniform } from "lib/engine/stateless_random.ts";
import type { Parameters } from "./parameters.ts";

/** Receives a named activation; its result is used instead, so the same tensor leaves all as it is. */
export type Tap = (name: string, activation: tf.Tensor4D) => tf.Tensor4D;

/**
 * New values of what a training pass changes besides the gradient's way, by parameter: running
 * statistics of batch norm, centres, queues. Whoever runs the pass gives an empty record, and assigns
 * what is in it after the gradient step: there is no other way for a pass to change anything.
 */
export type Updates = Record<string, tf.Tensor>;

/** How a network is run; without fields: for inference. */
export interface Mode {
  /**
   * Training: batch norm by the batch's own statistics, whose running means go into `updates`, and
   * dropout drawn from `seed` (`[2]`, int32). A new seed for every step; the same seed drops the same
   * units. A second pass with the same `updates` goes on from the first one's statistics. `isTwice`: whether
   * gradients of the pass's gradients will be asked; the batch norm that has them is slower. With `joinsNorm`
   * devices that train together take the statistics of the whole batch, else each those of its part.
   */
  readonly training?: {
    readonly seed: tf.Tensor1D;
    readonly updates: Updates;
    readonly isTwice?: boolean;
    readonly joinsNorm?: boolean;
  };
  /** Called at every named layer, in the order in which they are computed. */
  readonly tap?: Tap;
  /** Whether the parameters are those of `foldBatchNorm`; not together with training. */
  readonly folded?: boolean;
}

/** How a convolution moves over its input. */
export interface ConvolutionOptions {
  /** Step between output positions in pixels. */
  readonly stride: number;
  /** Zeros on every side, or TensorFlow's `"same"`, which puts the odd one at the end. */
  readonly padding: number | "same";
  /** Whether every channel has a filter of its own. Default false. */
  readonly depthwise?: boolean;
  /** Distance of neighbouring weights of the filter in pixels of the input. Default 1. */
  readonly dilation?: number;
  /** Equal parts of the channels that do not see each other, as in PyTorch. Default 1. */
  readonly groups?: number;
}

/** What differs between networks' batch norms. */
export interface BatchNormOptions {
  /** Added to the variance before its square root is taken. Default 1e-5. [PyTorch] */
  readonly epsilon?: number;
  /** Share of a new batch in the running statistics. Default 0.1. [PyTorch] */
  readonly momentum?: number;
}

/** Layers over one record of parameters, for one pass through a model. */
export interface Layers {
  /** Convolution, and bias where there is one. `[batch, height, width, channels]`. */
  convolution(x: tf.Tensor4D, name: string, options: ConvolutionOptions): tf.Tensor4D;
  /** Batch norm over the last axis of `[batch, height, width, channels]` or `[batch, channels]`. */
  batchNorm<T extends tf.Tensor4D | tf.Tensor2D>(
    x: T,
    name: string,
    options?: BatchNormOptions,
  ): T;
  /** Layer norm over the last axis of `[rows, channels]`. */
  layerNorm(x: tf.Tensor2D, name: string, epsilon: number): tf.Tensor2D;
  /** `x · weight`, and bias where there is one; `[batch, inputs]` to `[batch, outputs]`. */
  linear(x: tf.Tensor2D, name: string): tf.Tensor2D;
  /** In training, zeros with probability `rate` and the rest divided by 1 − rate; else `x`. */
  dropout<T extends tf.Tensor>(x: T, rate: number): T;
  /** The same for whole images of a batch: drop connect (Huang et al. 2016, stochastic depth). */
  dropImages(x: tf.Tensor4D, rate: number): tf.Tensor4D;
  /**
   * In training, normal numbers of this deviation added to about half of the images of a batch, drawn by a
   * coin each; else `x`.
   */
  noise(x: tf.Tensor4D, deviation: number): tf.Tensor4D;
  /** A parameter itself, by its whole name: tokens, places, factors. */
  parameter<T extends tf.Tensor>(name: string): T;
  /** Whether there is a parameter of that name: adapters that were merged are gone. */
  has(name: string): boolean;
  /** Shows a named activation to the mode's tap and returns what is to be used from there on. */
  tap(name: string, activation: tf.Tensor4D): tf.Tensor4D;
}

/** Reads a parameter by its name. @throws TypeError for a name that there is none of. */
type Read = <T extends tf.Tensor>(name: string) => T;

function readerOf(parameters: Parameters): Read {
  return <T extends tf.Tensor>(name: string): T => {
    if (!Object.hasOwn(parameters, name)) {
      throw new TypeError(`There is no parameter ${name}. Was the model made for another setting?`);
    }
    return parameters[name] as tf.Tensor as T;
  };
}

function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { depthwise = false, dilation = 1, groups = 1, ...geometry }: ConvolutionOptions,
): tf.Tensor4D {
  if (groups > 1) { // TensorFlow has no gradient of grouped convolutions on processors
    const parts = tf.split<tf.Tensor4D>(x, groups, 3),
      filters = tf.split<tf.Tensor4D>(filter, groups, 3);
    const alone = { depthwise, dilation, ...geometry };
    return tf.concat4d(parts.map((part, i) => convolve(part, filters[i], alone)), 3);
  }
  if (dilation > 1) return convolve(x, spreadFilter(filter, dilation), { depthwise, ...geometry });
  if (!depthwise) return conv2d(x, filter, geometry);
  // [height, width, 1, channels] holds the same numbers in the same order as TensorFlow's
  // [height, width, channels, 1], and follows the layout rule of all other weights.
  const [height, width, , channels] = filter.shape;
  const byChannel = tf.reshape<tf.Rank.R4>(filter, [height, width, channels, 1]);
  return depthwiseConv2d(x, byChannel, geometry);
}

/** Batch norm over the last of four axes: by the batch in training, else by the running statistics. */
function batchNormOfPixels(
  x: tf.Tensor4D,
  { name, read, training }: { name: string; read: Read; training: Mode["training"] },
  { epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions,
): tf.Tensor4D {
  const of = (part: string) => read<tf.Tensor1D>(`${name}.${part}`);
  const [scale, offset, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(of);
  if (!training) return batchNormInference(x, { mean, variance, scale, offset, epsilon });
  const { updates, isTwice, joinsNorm: isJoined } = training;
  const [ofMean, ofVariance] = [`${name}.running_mean`, `${name}.running_var`];
  const running = {
    mean: (updates[ofMean] ?? mean) as tf.Tensor1D,
    variance: (updates[ofVariance] ?? variance) as tf.Tensor1D,
    momentum, // of the unbiased variance, as in PyTorch
  };
  const parameters = { scale, offset, epsilon };
  const batch = batchNormTraining(x, parameters, { running, isTwice, isJoined });
  updates[ofMean] = batch.mean;
  updates[ofVariance] = batch.variance;
  return batch.y;
}

/**
 * The seeds of a pass's random layers: the k-th has one of its own, or all would drop the same places. Steps
 * count the second number up, so layers move the first: by 2³²/φ, far from other runs' seeds.
 */
function seedsOf(seed: tf.Tensor1D): () => tf.Tensor1D {
  let layers = 0;
  return () => tf.add(seed, tf.tensor1d([Math.imul(0x9e3779b9, layers++), 0], "int32"));
}

/**
 * The layers for one pass.
 *
 * @param parameters Variables by name; a layer `conv1` reads `conv1.weight`, and so on.
 * @returns Functions that throw a TypeError when a parameter is missing, naming it.
 *
 * @example A linear layer by name
 * ```ts
 * import { openLayers } from "lib/networks/layers.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = {
 *   "head.weight": tf.variable(tf.tensor2d([[2], [3]])),
 *   "head.bias": tf.variable(tf.tensor1d([10])),
 * };
 * const { linear } = openLayers(parameters, {});
 * assert.equal(linear(tf.tensor2d([[1, 1]]), "head").dataSync()[0], 15);
 * assert.throws(() => linear(tf.tensor2d([[1, 1]]), "tail"), /no parameter tail.weight/);
 * ```
 */
export function openLayers(parameters: Parameters, { training, tap, folded }: Mode): Layers {
  if (training && folded) {
    throw new TypeError("Folded parameters have no batch norm to train. Train the original ones.");
  }
  const read = readerOf(parameters), nextSeed = training && seedsOf(training.seed);
  return {
    convolution: (x, name, options) => {
      const y = convolve(x, read(`${name}.weight`), options), bias = `${name}.bias`;
      return Object.hasOwn(parameters, bias) ? tf.add(y, read<tf.Tensor1D>(bias)) : y;
    },
    batchNorm: <T extends tf.Tensor4D | tf.Tensor2D>(
      x: T,
      name: string,
      options: BatchNormOptions = {},
    ): T => {
      // Merged, the layer before it has done this one's work.
      if (folded && !Object.hasOwn(parameters, `${name}.running_mean`)) return x;
      const [batch] = x.shape, channels = x.shape.at(-1)!;
      const pixels = x.rank === 4 ? x : tf.reshape(x, [batch, 1, 1, channels]);
      const y = batchNormOfPixels(pixels as tf.Tensor4D, { name, read, training }, options);
      return (x.rank === 4 ? y : tf.reshape(y, [batch, channels])) as T;
    },
    layerNorm: (x, name, epsilon) => {
      const [scale, offset] = ["weight", "bias"].map((part) =>
        read<tf.Tensor1D>(`${name}.${part}`)
      );
      return layerNorm(x, { scale, offset, epsilon });
    },
    linear: (x, name) => {
      const y = tf.matMul<tf.Tensor2D>(x, read<tf.Tensor2D>(`${name}.weight`));
      const bias = `${name}.bias`;
      return Object.hasOwn(parameters, bias) ? tf.add(y, read<tf.Tensor1D>(bias)) : y;
    },
    dropout: (x, rate) => nextSeed && rate > 0 ? dropout(x, rate, nextSeed()) : x,
    dropImages: (x, rate) => {
      if (!nextSeed || rate === 0) return x;
      const each = tf.ones<tf.Rank.R4>([x.shape[0], 1, 1, 1]);
      return tf.mul(x, dropout(each, rate, nextSeed()));
    },
    noise: (x, deviation) => {
      if (!nextSeed || deviation === 0) return x;
      const coins = statelessUniform([x.shape[0], 1, 1, 1], nextSeed());
      const white = tf.mul(statelessNormal(x.shape, nextSeed()), deviation);
      return tf.add(x, tf.mul(white, tf.cast(tf.greater(coins, 0.5), "float32")));
    },
    parameter: read,
    has: (name) => Object.hasOwn(parameters, name),
    tap: (name, activation) => tap ? tap(name, activation) : activation,
  };
}
