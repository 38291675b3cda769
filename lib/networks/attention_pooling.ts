/**
 * Bilinear attention pooling (Hu et al., "See Better Before Looking Closer", 2019): what features there
 * are where each attention map looks.
 */
import * as tf from "@tensorflow/tfjs";
import { ofUnitLength } from "lib/engine/unit_length.ts";
import { resizeLinear } from "./resize_maps.ts";

/** Added to each cell of a map before a mean, so that a map of zeros has one. [code] */
const LEAST = 1e-8;

/**
 * P_mn = Σ over places of a_m · f_n, with map a_m and feature f_n.
 *
 * @param features `[batch, side, side, n]`, or `[batch, side, side, m, n]` where each map has its own.
 * @param maps `[batch, height, width, m]`, 0 or more; at another size they are resized, corner to corner.
 * @param scale `"sum"`: as it stands; `"mean"`: divided by what the map adds up to; `"length"`: of unit
 * length over n.
 * @returns `[batch, m, n]`.
 *
 * @example Where a map looks at one place only, its mean is the feature there
 * ```ts
 * import { attentionPooling } from "lib/networks/attention_pooling.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const features = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), map = tf.tensor4d([0, 0, 5, 0], [1, 2, 2, 1]);
 * assert.equal(attentionPooling(features, { maps: map, scale: "sum" }).dataSync()[0], 15);
 * assert.ok(Math.abs(attentionPooling(features, { maps: map, scale: "mean" }).dataSync()[0] - 3) < 1e-6);
 * ```
 */
export function attentionPooling(
  features: tf.Tensor4D | tf.Tensor5D,
  { maps, scale }: { maps: tf.Tensor4D; scale: "sum" | "mean" | "length" },
): tf.Tensor3D {
  return tf.tidy(() => {
    const [batch, side] = features.shape, places = side ** 2, count = maps.shape[3];
    const n = features.shape.at(-1)!;
    const fitting = resizeLinear(maps, side, "corners");
    const a = tf.reshape<tf.Rank.R3>(
      scale === "mean" ? tf.add(fitting, LEAST) : fitting,
      [batch, places, count],
    );
    const sums = features.rank === 4
      ? tf.matMul(a, tf.reshape<tf.Rank.R3>(features, [batch, places, n]), true) as tf.Tensor3D
      : tf.sum<tf.Tensor3D>(
        tf.mul(tf.expandDims(a, 3), tf.reshape(features, [batch, places, count, n])),
        1,
      );
    if (scale === "mean") return tf.div(sums, tf.expandDims(tf.sum(a, 1), 2));
    return scale === "length" ? ofUnitLength(sums) : sums;
  });
}
