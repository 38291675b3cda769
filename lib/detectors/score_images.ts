/** The score of a picture: a detector's answer, from one look at it, from several, or after a step of learning. */
import type * as tf from "@tensorflow/tfjs";
import type { Mode } from "lib/networks/layers.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import type { Detector } from "./detector.ts";

/**
 * Log-odds of fake of pictures, in inference: all of a detector's `views` together, or by its `adaptation`, where it
 * has one. Merged batch norms cannot learn: with `folded` the detector looks as it is.
 *
 * @param images Normalised, `[batch, size, size, 3]`.
 * @returns `[batch]`, in nats.
 *
 * @example Three darker looks at a picture, of which the highest counts
 * ```ts
 * import { scoreImages } from "lib/detectors/score_images.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const detector = {
 *   forward: (images: tf.Tensor4D) => tf.mean(images, [1, 2, 3]),
 *   logOdds: (means: tf.Tensor) => means as tf.Tensor1D,
 *   views: {
 *     count: 3,
 *     of: (images: tf.Tensor4D) => tf.concat([1, 0.5, 0.25].map((share) => tf.mul(images, share))) as tf.Tensor4D,
 *     together: (logOdds: tf.Tensor1D) => tf.max(tf.reshape(logOdds, [3, -1]), 0) as tf.Tensor1D,
 *   },
 * };
 * const pictures = tf.stack([tf.fill([2, 2, 3], 8), tf.fill([2, 2, 3], -8)]) as tf.Tensor4D;
 * assert.deepEqual([...scoreImages(detector, pictures, {}).dataSync()], [8, -2]);
 * ```
 */
export function scoreImages<Outputs>(
  { forward, logOdds, views, adaptation }: Pick<
    Detector<object, Outputs>,
    "forward" | "logOdds" | "views" | "adaptation"
  >,
  images: tf.Tensor4D,
  parameters: Parameters,
  mode?: Mode,
): tf.Tensor1D {
  if (adaptation && !mode?.folded) return adaptation.score(images, parameters);
  const ask = (seen: tf.Tensor4D) => logOdds(forward(seen, parameters, mode));
  return views ? views.together(ask(views.of(images))) : ask(images);
}
