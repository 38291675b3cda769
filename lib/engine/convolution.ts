/**
 * Convolution and pooling with PyTorch's padding: the same on every side, where TensorFlow's "same"
 * puts more at the end. Both directions run on TensorFlow's kernels, which take no explicit padding
 * backward: padding is an operation of its own unless "same" is equal to it.
 */
import * as tf from "@tensorflow/tfjs";

/** Step and padding of a convolution. */
export interface ConvolutionGeometry {
  /** Step between output positions in pixels. Default 1. */
  readonly stride?: number;
  /** Zeros added on every side, or TensorFlow's own `"same"`. Default 0. */
  readonly padding?: number | "same";
}

/** The input and the padding word with which TensorFlow's kernel computes the geometry. */
function pad(
  x: tf.Tensor4D,
  kernel: readonly [number, number],
  { stride = 1, padding = 0 }: ConvolutionGeometry,
): { input: tf.Tensor4D; word: "same" | "valid" } {
  if (padding === "same") return { input: x, word: "same" };
  if (!Number.isInteger(padding) || padding < 0) {
    throw new RangeError(`Padding is a whole number of pixels from 0, or "same", not ${padding}.`);
  }
  if (padding === 0) return { input: x, word: "valid" };
  if (stride === 1 && kernel.every((k) => k === 2 * padding + 1)) return { input: x, word: "same" };
  const sides: [number, number] = [padding, padding];
  return { input: tf.pad4d(x, [[0, 0], sides, sides, [0, 0]]), word: "valid" };
}

/** Runs one of TensorFlow.js's convolutions with the geometry. */
function convolve(
  kernel: typeof tf.conv2d<tf.Tensor4D> | typeof tf.depthwiseConv2d<tf.Tensor4D>,
  { x, filter, geometry }: { x: tf.Tensor4D; filter: tf.Tensor4D; geometry: ConvolutionGeometry },
): tf.Tensor4D {
  return tf.tidy(() => {
    const { input, word } = pad(x, [filter.shape[0], filter.shape[1]], geometry);
    return kernel(input, filter, geometry.stride ?? 1, word);
  });
}

/**
 * A convolution (cross-correlation, as everywhere in deep learning), differentiable in both arguments.
 *
 * @param x `[batch, height, width, inputs]`.
 * @param filter `[height, width, inputs, outputs]`.
 * @returns `[batch, ⌊(height + 2·padding − kernel) / stride⌋ + 1, …, outputs]`.
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: ConvolutionGeometry = {},
): tf.Tensor4D {
  return convolve(tf.conv2d, { x, filter, geometry });
}

/**
 * A convolution of each channel by itself, differentiable in both arguments.
 *
 * @param x `[batch, height, width, channels]`.
 * @param filter `[height, width, channels, multiplier]`.
 */
export function depthwiseConv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: ConvolutionGeometry = {},
): tf.Tensor4D {
  return convolve(tf.depthwiseConv2d, { x, filter, geometry });
}

/**
 * The largest value under a square window; padding never wins, it counts as −∞.
 *
 * @param x `[batch, height, width, channels]`.
 * @throws RangeError when the padding is more than half the window, so that a window could be empty.
 */
export function maxPool(
  x: tf.Tensor4D,
  { size, stride = size, padding = 0 }: { size: number; stride?: number; padding?: number },
): tf.Tensor4D {
  if (padding > size / 2) {
    throw new RangeError(`Padding ${padding} is more than half the window ${size}.`);
  }
  return tf.tidy(() => {
    const sides: [number, number] = [padding, padding];
    const input = padding === 0 ? x : tf.pad4d(x, [[0, 0], sides, sides, [0, 0]], -Infinity);
    return tf.maxPool(input, size, stride, "valid");
  });
}
