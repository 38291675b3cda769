/** From pixels to the scale and the order of channels that a network is fed. */
import * as tf from "@tensorflow/tfjs";

/** What a network expects of its pictures. */
export interface Normalisation {
  /** Mean of red, green and blue on the scale 0 to 1; it becomes 0. */
  readonly mean: readonly number[];
  /** What stands for 1: the standard deviation of red, green and blue on the scale 0 to 1. */
  readonly deviation: readonly number[];
  /**
   * Order of the channels that the network is fed; pictures are RGB until then. With "bgr" blue stands
   * first, against red's mean and deviation, as in code that reads pictures with OpenCV and normalises
   * them with statistics in the order red, green, blue.
   */
  readonly channelOrder: "rgb" | "bgr";
}

/** The statistics of ImageNet, which published backbones are trained with. */
export const IMAGENET: Normalisation = Object.freeze({
  mean: Object.freeze([0.485, 0.456, 0.406]),
  deviation: Object.freeze([0.229, 0.224, 0.225]),
  channelOrder: "rgb",
});

/** The statistics of the pictures that CLIP was trained with. [code: openai/CLIP] */
export const CLIP_PICTURES: Normalisation = Object.freeze({
  mean: Object.freeze([0.48145466, 0.4578275, 0.40821073]),
  deviation: Object.freeze([0.26862954, 0.26130258, 0.27577711]),
  channelOrder: "rgb",
});

/** Pixels from −1 to 1, as Xception and its kin are fed. */
export const MINUS_ONE_TO_ONE: Normalisation = Object.freeze({
  mean: Object.freeze([0.5, 0.5, 0.5]),
  deviation: Object.freeze([0.5, 0.5, 0.5]),
  channelOrder: "rgb",
});

/** Pixels from 0 to 1, and nothing else: as MesoNet's authors and Self-Blended Images feed theirs. */
export const ZERO_TO_ONE: Normalisation = Object.freeze({
  mean: Object.freeze([0, 0, 0]),
  deviation: Object.freeze([1, 1, 1]),
  channelOrder: "rgb",
});

/**
 * Images as a network takes them: `(x / 255 − mean) / deviation`, channel by channel. This is the one
 * place where the order of channels can change.
 *
 * @param images Pixels 0 to 255, `[batch, height, width, 3]`, RGB, float32 or int32.
 * @param normalisation Of the detector that will see them: `detector.input.normalisation`.
 * @returns Float32 of the same shape, in the normalisation's order of channels; about −2.1 to 2.7 by
 * `IMAGENET`.
 * @throws TypeError when the shape is not such.
 *
 * @example The mean colour becomes zero
 * ```ts
 * import { IMAGENET, normaliseImages } from "lib/networks/normalise_images.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const pixel = tf.tensor4d(IMAGENET.mean.map((m) => 255 * m), [1, 1, 1, 3]);
 * assert.ok(normaliseImages(pixel, IMAGENET).dataSync().every((x) => Math.abs(x) < 1e-6));
 * ```
 */
export function normaliseImages(
  images: tf.Tensor4D,
  { mean, deviation, channelOrder }: Normalisation,
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
    const normalised = tf.div(tf.sub(rows, along(mean)), along(deviation));
    return tf.reshape(normalised, images.shape);
  });
}
