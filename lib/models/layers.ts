/**
 * The layers of the detector, reading their parameters by name, and what differs between training
 * and inference. The arithmetic is in `lib/engine`; which layers follow each other is said in
 * `resnet.ts` and `heads.ts`.
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormInference, batchNormTraining } from "lib/engine/batch_norm.ts";
import { conv2d } from "lib/engine/convolution.ts";
import { dropout } from "lib/engine/stateless_random.ts";
import type { Parameters } from "./parameters.ts";

/** Added to a variance before its square root is taken. [PyTorch's default] */
export const BATCH_NORM_EPSILON = 1e-5;

/** Share of a new batch in the running statistics. [PyTorch's default] */
export const BATCH_NORM_MOMENTUM = 0.1;

/** Receives a named activation; its result is used instead, so the same tensor leaves all as it is. */
export type Tap = (name: string, activation: tf.Tensor4D) => tf.Tensor4D;

/** How a model is run; without fields: for inference. */
export interface Mode {
  /**
   * Training: batch norm by the batch's own statistics, and dropout drawn from `seed` (`[2]`, int32).
   * A new seed for every step; the same seed drops the same units.
   */
  readonly training?: { readonly seed: tf.Tensor1D };
  /** Called at every named layer, in the order in which they are computed. */
  readonly tap?: Tap;
}

/** Layers over one record of parameters, for one pass through a model. */
export interface Layers {
  /** Convolution without bias, zeros around the image. `[batch, height, width, channels]`. */
  convolution(
    x: tf.Tensor4D,
    name: string,
    options: { stride: number; padding: number },
  ): tf.Tensor4D;
  /** Batch norm over the last axis of `[batch, height, width, channels]` or `[batch, channels]`. */
  batchNorm<T extends tf.Tensor4D | tf.Tensor2D>(x: T, name: string): T;
  /** `x · weight + bias`, `[batch, inputs]` to `[batch, outputs]`. */
  linear(x: tf.Tensor2D, name: string): tf.Tensor2D;
  /** In training, zeros with probability `rate` and the rest divided by 1 − rate; else `x`. */
  dropout(x: tf.Tensor2D, rate: number): tf.Tensor2D;
  /** Shows a named activation to the mode's tap and returns what is to be used from there on. */
  tap(name: string, activation: tf.Tensor4D): tf.Tensor4D;
  /** New running means and variances by name, as far as the pass has come; empty in inference. */
  readonly statistics: Record<string, tf.Tensor1D>;
}

/**
 * The layers for one pass.
 *
 * @param parameters Variables by name; a layer `conv1` reads `conv1.weight`, and so on.
 * @returns Functions that throw a TypeError when a parameter is missing, naming it.
 *
 * @example A linear layer by name
 * ```ts
 * import { openLayers } from "lib/models/layers.ts";
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
export function openLayers(parameters: Parameters, { training, tap }: Mode): Layers {
  const statistics: Record<string, tf.Tensor1D> = {};
  let dropouts = 0;

  const read = <T extends tf.Tensor>(name: string): T => {
    if (!Object.hasOwn(parameters, name)) {
      throw new TypeError(`There is no parameter ${name}. Was the model made for another setting?`);
    }
    return parameters[name] as tf.Tensor as T;
  };

  /** running ← 0.9 running + 0.1 batch; the variance is the unbiased one, as in PyTorch. */
  const advance = (name: string, ofBatch: tf.Tensor1D) => {
    const kept = tf.mul(read<tf.Tensor1D>(name), 1 - BATCH_NORM_MOMENTUM);
    statistics[name] = tf.add(kept, tf.mul(ofBatch, BATCH_NORM_MOMENTUM));
  };

  const batchNorm = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
    const scale = read<tf.Tensor1D>(`${name}.weight`), offset = read<tf.Tensor1D>(`${name}.bias`);
    const epsilon = BATCH_NORM_EPSILON;
    if (training) {
      const { y, mean, variance } = batchNormTraining(x, { scale, offset, epsilon });
      advance(`${name}.running_mean`, mean);
      advance(`${name}.running_var`, variance);
      return y;
    }
    const mean = read<tf.Tensor1D>(`${name}.running_mean`);
    const variance = read<tf.Tensor1D>(`${name}.running_var`);
    return batchNormInference(x, { mean, variance, scale, offset, epsilon });
  };

  return {
    statistics,
    convolution: (x, name, options) => conv2d(x, read<tf.Tensor4D>(`${name}.weight`), options),
    batchNorm: <T extends tf.Tensor4D | tf.Tensor2D>(x: T, name: string): T => {
      if (x.rank === 4) return batchNorm(x as tf.Tensor4D, name) as T;
      const [batch, channels] = x.shape;
      const pixels = tf.reshape<tf.Rank.R4>(x, [batch, 1, 1, channels]);
      return tf.reshape(batchNorm(pixels, name), [batch, channels]) as T;
    },
    linear: (x, name) =>
      tf.add(tf.matMul(x, read<tf.Tensor2D>(`${name}.weight`)), read<tf.Tensor1D>(`${name}.bias`)),
    dropout: (x, rate) => {
      if (!training || rate === 0) return x;
      // The k-th dropout of a pass has a seed of its own, or all would drop the same places.
      return dropout(x, rate, tf.add(training.seed, tf.tensor1d([0, dropouts++], "int32")));
    },
    tap: (name, activation) => tap ? tap(name, activation) : activation,
  };
}
