/**
 * Convolution and pooling with PyTorch's padding: the same on every side, where TensorFlow's "same"
 * puts more at the end. Both directions run on TensorFlow's kernels, which take no explicit padding
 * backward: there padding is an operation of its own unless "same" is equal to it. Its result is made for the
 * gradient alone, so that a training step does not keep it beside what was padded.
 */
import * as tf from "@tensorflow/tfjs";
import { kernelsPad } from "./kernel_padding.ts";
import { notBefore } from "./not_before.ts";

/** Step and padding of a convolution. */
export interface ConvolutionGeometry {
  /** Step between output positions in pixels. Default 1. */
  readonly stride?: number;
  /** Zeros added on every side, or TensorFlow's own `"same"`. Default 0. */
  readonly padding?: number | "same";
}

/** An operation on an image that is padded first. */
interface PaddedOperation {
  /** TensorFlow.js's name of its kernel. */
  readonly kernel: "Conv2D" | "DepthwiseConv2dNative" | "MaxPool";
  /** What the kernel's gradient must know, but for the padding of its own, which is none. */
  readonly attributes: Record<string, unknown>;
  /** Runs it on the image, which it pads by `pad` or by itself. */
  readonly run: (image: tf.Tensor4D, pad: (image: tf.Tensor) => tf.Tensor4D) => tf.Tensor4D;
  /** Pixels on every side. */
  readonly padding: number;
  /** Their value. */
  readonly fill: number;
}

/** Pads, runs the operation, and differentiates it by TensorFlow.js's own gradient of the kernel. */
function padFirst(
  [x, ...filter]: [tf.Tensor4D, tf.Tensor4D?],
  { kernel, attributes, run, padding, fill }: PaddedOperation,
): tf.Tensor4D {
  const sides: [number, number] = [padding, padding];
  const padded = (image: tf.Tensor) =>
    tf.pad4d(image as tf.Tensor4D, [[0, 0], sides, sides, [0, 0]], fill);
  const attrs = { ...attributes, pad: "valid" } as unknown as tf.NamedAttrMap;
  return tf.customGrad((image, ...rest) => {
    const save = rest.pop() as tf.GradSaveFunc;
    const value = run(image as tf.Tensor4D, padded);
    save([image as tf.Tensor, filter[0] ?? value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [image, other]: tf.Tensor[]) => {
        const { gradFunc } = tf.getGradient(kernel);
        const gradients = gradFunc(dy, [padded(notBefore(dy, image)), other], attrs);
        const ofImage = tf.slice(gradients.x(), [0, padding, padding, 0], image.shape);
        return filter[0] ? [ofImage, gradients.filter()] : [ofImage];
      },
    };
  })(x, ...filter as tf.Tensor[]) as tf.Tensor4D;
}

/** Runs one of TensorFlow.js's convolutions with the geometry. */
function convolve(
  convolution: typeof tf.conv2d<tf.Tensor4D> | typeof tf.depthwiseConv2d<tf.Tensor4D>,
  { x, filter, geometry }: { x: tf.Tensor4D; filter: tf.Tensor4D; geometry: ConvolutionGeometry },
): tf.Tensor4D {
  const { stride = 1, padding = 0 } = geometry;
  if (padding === "same") return convolution(x, filter, stride, "same");
  if (!Number.isInteger(padding) || padding < 0) {
    throw new RangeError(`Padding is a whole number of pixels from 0, or "same", not ${padding}.`);
  }
  if (padding === 0) return convolution(x, filter, stride, "valid");
  const [rows, columns] = filter.shape, odd = 2 * padding + 1;
  if (stride === 1 && rows === odd && columns === odd) return convolution(x, filter, 1, "same");
  const sides: [number, number] = [padding, padding];
  return padFirst([x, filter], {
    kernel: convolution === tf.conv2d ? "Conv2D" : "DepthwiseConv2dNative",
    attributes: { strides: stride, dilations: 1, dataFormat: "NHWC" },
    run: (image, pad) =>
      convolution === tf.conv2d && kernelsPad()
        ? convolution(image, filter, stride, [[0, 0], sides, sides, [0, 0]])
        : convolution(pad(image), filter, stride, "valid"),
    padding,
    fill: 0,
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
 * A filter with zeros between its weights: an ordinary convolution with it is a dilated one, which
 * TensorFlow.js cannot differentiate.
 *
 * @param filter `[height, width, inputs, outputs]`.
 * @param dilation Distance of neighbouring weights, a whole number from 1.
 * @returns `[dilation · (height − 1) + 1, …, inputs, outputs]`, differentiable.
 */
export function spreadFilter(filter: tf.Tensor4D, dilation: number): tf.Tensor4D {
  const [height, width, inputs, outputs] = filter.shape;
  /** Row k of the filter becomes row dilation · k. */
  const spread = (count: number) => {
    const long = dilation * (count - 1) + 1, places = new Float32Array(long * count);
    for (let k = 0; k < count; k++) places[dilation * k * count + k] = 1;
    return tf.tensor2d(places, [long, count]);
  };
  return tf.tidy(() => {
    const down = tf.matMul(
      spread(height),
      tf.reshape<tf.Rank.R2>(filter, [height, width * inputs * outputs]),
    );
    const rows = down.shape[0];
    const byColumn = tf.transpose(tf.reshape(down, [rows, width, inputs * outputs]), [1, 0, 2]);
    const across = tf.matMul(
      spread(width),
      tf.reshape<tf.Rank.R2>(byColumn, [width, rows * inputs * outputs]),
    );
    const columns = across.shape[0];
    const whole = tf.reshape(across, [columns, rows, inputs, outputs]);
    return tf.transpose(whole, [1, 0, 2, 3]) as tf.Tensor4D;
  });
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
  if (padding === 0) return tf.maxPool(x, size, stride, "valid");
  return padFirst([x], {
    kernel: "MaxPool",
    attributes: { filterSize: size, strides: stride },
    run: (image, pad) =>
      kernelsPad()
        ? tf.maxPool(image, size, stride, padding)
        : tf.maxPool(pad(image), size, stride, "valid"),
    padding,
    fill: -Infinity,
  });
}
