/**
 * Error level analysis (Krawetz 2007; Gunawan et al. 2017): what a picture loses when it is saved as JPEG
 * once more. Parts that were saved before lose less.
 */
import * as tf from "@tensorflow/tfjs";
import { jpegRoundTrip } from "./jpeg_round_trip.ts";

/**
 * |picture − JPEG(picture)|, brightened picture by picture so that the largest difference becomes 255.
 *
 * @param images `[batch, height, width, 3]`, RGB, 0 to 255; rounded to whole levels first.
 * @param quality Of the JPEG, 1 to 100.
 * @returns Whole levels 0 to 255 of the same shape; 0 everywhere where nothing is lost.
 *
 * @example A flat picture loses nothing
 * ```ts
 * import { errorLevels } from "lib/networks/error_levels.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const levels = errorLevels(tf.fill<tf.Rank.R4>([1, 16, 16, 3], 200), 90);
 * assert.equal(tf.max(levels).dataSync()[0], 0);
 * ```
 */
export function errorLevels(images: tf.Tensor4D, quality: number): tf.Tensor4D {
  return tf.tidy(() => {
    const whole = tf.floor(tf.add(tf.clipByValue(images, 0, 255), 0.5)) as tf.Tensor4D;
    const lost = tf.abs(tf.sub(whole, jpegRoundTrip(whole, quality)));
    const largest = tf.maximum(tf.max(lost, [1, 2, 3], true), 1);
    return tf.floor(tf.add(tf.mul(lost, tf.div(255, largest)), 0.5)) as tf.Tensor4D;
  });
}
