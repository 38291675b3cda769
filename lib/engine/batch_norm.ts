/**
 * Batch norm: with the batch's statistics in training, with given ones in evaluation. On TensorFlow
 * each direction is one fused kernel, four times as fast as TensorFlow.js's composition.
 */
import * as tf from "@tensorflow/tfjs";
import { type Attribute, ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";
import { meanOverDevices, membership } from "./collectives.ts";

/** What batch norm in training returns. */
export interface NormalisedBatch {
  /** The normalised activation, of the input's shape. */
  readonly y: tf.Tensor4D;
  /** Mean of each channel over batch, height and width: `[channels]`; with `running` the running one, moved on. */
  readonly mean: tf.Tensor1D;
  /**
   * Variance of each channel, divided by one less than the count: what PyTorch mixes into
   * `running_var`; with `running` that one, moved on. (The normalisation itself divides by the count, there and
   * here.)
   */
  readonly variance: tf.Tensor1D;
}

/** Statistics over the batches so far, which a batch moves on: (1 − momentum) · running + momentum · batch. */
export interface RunningStatistics {
  /** Of each channel, `[channels]`. */
  readonly mean: tf.Tensor1D;
  /** Of each channel, `[channels]`. */
  readonly variance: tf.Tensor1D;
  /** The batch's share, above 0, below 1. */
  readonly momentum: number;
}

function attributes(epsilon: number, more: Attribute[] = []): Attribute[] {
  return [
    { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
    { name: "U", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
    { name: "epsilon", type: ATTRIBUTES.FLOAT, value: epsilon },
    { name: "data_format", type: ATTRIBUTES.STRING, value: "NHWC" },
    { name: "is_training", type: ATTRIBUTES.BOOL, value: true },
    ...more,
  ];
}

/**
 * y = scale · (x − mean) / √(variance + epsilon) + offset with the batch's own mean and variance,
 * differentiable in x, scale and offset; mean and variance are constants to gradients. On one device all of it,
 * running statistics too, is one operation of TensorFlow's.
 *
 * TensorFlow's kernel for processors adds up a channel's numbers one after another in float32, so that what
 * it sums is off by the more, the more numbers there are: of uniform ones from 1 to 1.3 the mean by 4e-5 of
 * itself for 4 × 256 × 256, by 1.5e-4 for 8 × 256 × 256 (three channels; a tenth of that for 16 and more).
 *
 * @param x `[batch, height, width, channels]`.
 * @param parameters scale (PyTorch's weight) and offset (its bias), each `[channels]`.
 * @param options `isTwice`: whether gradients of its gradients will be asked, which the fused kernel has not.
 * `isJoined`: whether the statistics are those of all devices' parts of the batch, and not of this one's.
 * `running`: what the batch moves on. Default: none.
 * @throws RangeError when a channel has one value only: its variance is not defined.
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  parameters: NormParameters,
  { isTwice = false, isJoined = false, running }: {
    isTwice?: boolean | undefined;
    isJoined?: boolean | undefined;
    running?: RunningStatistics | undefined;
  } = {},
): NormalisedBatch {
  const devices = isJoined ? membership().size : 1, count = devices * x.size / x.shape[3];
  if (!(count > 1)) {
    throw new RangeError(
      `Batch norm in training needs two values a channel; [${x.shape}] has ${count}. ` +
        "Use a larger batch or image.",
    );
  }
  if (devices === 1 && capturingBackend() && !isTwice) return fused(x, parameters, running);
  const own = devices > 1 ? joined(x, devices, parameters) : composed(x, count, parameters);
  if (!running) return own;
  const { momentum } = running;
  const moved = (before: tf.Tensor1D, ofBatch: tf.Tensor1D): tf.Tensor1D =>
    tf.add(tf.mul(before, 1 - momentum), tf.mul(ofBatch, momentum));
  return {
    y: own.y,
    mean: moved(running.mean, own.mean),
    variance: moved(running.variance, own.variance),
  };
}

/** What is learnt of a batch norm, and the constant under its root. */
export interface NormParameters {
  /** PyTorch's weight, `[channels]`. */
  readonly scale: tf.Tensor1D;
  /** PyTorch's bias, `[channels]`. */
  readonly offset: tf.Tensor1D;
  /** Added to the variance before its square root is taken. */
  readonly epsilon: number;
}

function fused(
  x: tf.Tensor4D,
  { scale, offset, epsilon }: NormParameters,
  running: RunningStatistics | undefined,
): NormalisedBatch {
  const backend = capturingBackend()!;
  let statistics: tf.Tensor[] = [];
  const y = tf.customGrad((input, gamma, beta, save) => {
    const none = tf.tensor1d([], "float32"), { mean: before, variance: spread } = running ?? {};
    const forward = attributes(epsilon, [
      { name: "exponential_avg_factor", type: ATTRIBUTES.FLOAT, value: running?.momentum ?? 1 },
    ]);
    const inputs = [input, gamma, beta, before ?? none, spread ?? none] as tf.Tensor[];
    const [value, mean, variance, ...reserved] = backend
      .executeMultipleOutputs("FusedBatchNormV3", forward, inputs, 6);
    statistics = [mean, variance].map((t) => tf.keep(t));
    (save as tf.GradSaveFunc)([input as tf.Tensor, gamma as tf.Tensor, ...reserved]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        backend.executeMultipleOutputs(
          "FusedBatchNormGradV3",
          attributes(epsilon),
          [dy, ...saved],
          5,
        ).slice(0, 3), // of x, scale and offset
    };
  })(x, scale, offset) as tf.Tensor4D;
  // Kept beyond customGrad's own scope, now handed to the caller's.
  const [mean, variance] = statistics.map((t) => t.clone() as tf.Tensor1D);
  tf.dispose(statistics);
  return { y, mean, variance };
}

function composed(
  x: tf.Tensor4D,
  count: number,
  { scale, offset, epsilon }: NormParameters,
): NormalisedBatch {
  const mean = tf.mean<tf.Tensor1D>(x, [0, 1, 2]), apart = tf.sub(x, mean);
  const variance = tf.mean<tf.Tensor1D>(tf.square(apart), [0, 1, 2]);
  // Not `tf.batchNorm4d`: the gradient of its gradient takes a slice and a sum for each pixel.
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  const y = tf.add(tf.mul(apart, factor), offset) as tf.Tensor4D;
  return { y, mean, variance: tf.mul(variance, count / (count - 1)) };
}

/**
 * Batch norm by the statistics of all devices' parts of a batch, forwards and backwards (as PyTorch's
 * SyncBatchNorm). Gradients are those of the mean of the devices' losses, as in `meanOverDevices`.
 */
function joined(
  x: tf.Tensor4D,
  devices: number,
  { scale, offset, epsilon }: NormParameters,
): NormalisedBatch {
  const count = devices * x.size / x.shape[3];
  const overAll = (values: tf.Tensor) => meanOverDevices(tf.mean(values, [0, 1, 2])) as tf.Tensor1D;
  let statistics: tf.Tensor1D[] = [];
  const y = tf.customGrad((...given) => {
    const [input, gamma, beta] = given as tf.Tensor[], save = given[3] as tf.GradSaveFunc;
    const mean = overAll(input), centred = tf.sub(input, mean);
    const variance = overAll(tf.square(centred));
    const normalised = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    statistics = [mean, variance].map((t) => tf.keep(t));
    save([normalised, gamma, variance]);
    return {
      value: tf.add(tf.mul(normalised, gamma), beta),
      gradFunc: (dy: tf.Tensor, [normalised, gamma, variance]: tf.Tensor[]) => {
        const along = tf.mul(dy, normalised), sums = [along, dy].map((t) => tf.sum(t, [0, 1, 2]));
        const means = meanOverDevices(tf.div(tf.stack(sums), count / devices));
        const [ofAlong, ofAll] = tf.unstack(means);
        const rest = tf.sub(tf.sub(dy, ofAll), tf.mul(normalised, ofAlong));
        const factor = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
        return [tf.mul(rest, factor), ...sums];
      },
    };
  })(x, scale, offset) as tf.Tensor4D;
  const [mean, variance] = statistics.map((t) => t.clone());
  tf.dispose(statistics);
  return { y, mean, variance: tf.mul(variance, count / (count - 1)) };
}

/**
 * y = scale · (x − mean) / √(variance + epsilon) + offset with given statistics.
 *
 * @param x `[batch, height, width, channels]`; the rest `[channels]`.
 */
export function batchNormInference(
  x: tf.Tensor4D,
  { mean, variance, scale, offset, epsilon }: {
    mean: tf.Tensor1D;
    variance: tf.Tensor1D;
    scale: tf.Tensor1D;
    offset: tf.Tensor1D;
    epsilon: number;
  },
): tf.Tensor4D {
  return tf.batchNorm4d(x, mean, variance, offset, scale, epsilon);
}
