/** From pixels to what the backbone was trained on: the statistics of ImageNet. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";

/** Mean of ImageNet's red, green and blue, on the scale 0 to 1. */
export const IMAGENET_MEAN: readonly number[] = Object.freeze([0.485, 0.456, 0.406]);

/** Standard deviation of ImageNet's red, green and blue, on the scale 0 to 1. */
export const IMAGENET_DEVIATION: readonly number[] = Object.freeze([0.229, 0.224, 0.225]);

/**
 * Images as the detector takes them: `(x / 255 − mean) / deviation`, channel by channel. This is the
 * one place where the order of channels can change.
 *
 * With `channelOrder: "bgr"` blue stands first, against red's mean and deviation: the official code
 * reads images so and keeps the statistics in the order red, green, blue. Weights that were trained
 * by it expect that.
 *
 * @param images Pixels 0 to 255, `[batch, height, width, 3]`, RGB, float32 or int32.
 * @param configuration Of the detector that will see them.
 * @returns Float32 of the same shape, about −2.1 to 2.7, in the configuration's order of channels.
 * @throws TypeError when the shape is not such.
 *
 * @example The mean colour becomes zero
 * ```ts
 * import { PAPER } from "lib/config.ts";
 * import { IMAGENET_MEAN, normaliseImages } from "lib/networks/normalise_images.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const pixel = tf.tensor4d(IMAGENET_MEAN.map((m) => 255 * m), [1, 1, 1, 3]);
 * assert.ok(normaliseImages(pixel, PAPER).dataSync().every((x) => Math.abs(x) < 1e-6));
 * ```
 */
export function normaliseImages(
  images: tf.Tensor4D,
  { channelOrder }: Pick<Configuration, "channelOrder">,
): tf.Tensor4D {
  if (images.rank !== 4 || images.shape[3] !== 3) {
    throw new TypeError(`Images must be [batch, height, width, 3], not [${images.shape}].`);
  }
  return tf.tidy(() => {
    const [batch, height, width, channels] = images.shape;
    const pixels = tf.cast(images, "float32");
    const ordered = channelOrder === "bgr" ? tf.reverse(pixels, 3) : pixels;
    // Row by row: over an axis of three TensorFlow spreads numbers five times as slowly.
    const rows = tf.reshape(ordered, [batch * height, width * channels]);
    const along = (values: readonly number[]) =>
      tf.tile(tf.tensor1d(values.map((v) => 255 * v)), [width]);
    const normalised = tf.div(tf.sub(rows, along(IMAGENET_MEAN)), along(IMAGENET_DEVIATION));
    return tf.reshape(normalised, images.shape);
  });
}
