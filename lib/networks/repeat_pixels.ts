/** The simplest enlarging: each pixel becomes a square (PyTorch's `UpsamplingNearest2d`). */
import * as tf from "@tensorflow/tfjs";

/**
 * Every row and column `times` times in a row.
 *
 * @param x `[batch, height, width, channels]`.
 * @returns `[batch, times · height, times · width, channels]`.
 */
export function repeatPixels(x: tf.Tensor4D, times: number): tf.Tensor4D {
  const [, height, width] = x.shape;
  return tf.image.resizeNearestNeighbor(x, [height * times, width * times]);
}
