/**
 * Alignment and uniformity on the unit sphere (Wang and Isola, ICML 2020), with classes in place of views, as
 * yermandy/GenD has them at commit e03532d (MIT; `src/losses/unifalign.py`).
 */
import * as tf from "@tensorflow/tfjs";

/** Uniformity's temperature t. [code: 2] */
const TEMPERATURE = 2;

/** What uniformity's mean is at least, before its logarithm. [code] */
const LEAST = 1e-6;

/** Squared distances of all pairs, `[batch, batch]`, 0 or more. */
function squaredDistances(x: tf.Tensor2D): tf.Tensor2D {
  const norms = tf.sum(tf.square(x), 1, true);
  const products = tf.matMul(x, x, false, true);
  return tf.relu(tf.sub(tf.add(norms, tf.transpose(norms)), tf.mul(products, 2)));
}

/** 1 for each pair i < j, `[batch, batch]`: every pair once, none with itself. */
function eachPairOnce(batch: number): tf.Tensor2D {
  const above = Array.from(
    { length: batch ** 2 },
    (_, i) => Number(i % batch > Math.floor(i / batch)),
  );
  return tf.tensor2d(above, [batch, batch]);
}

/**
 * How far pictures of one class lie apart: the mean of ‖xᵢ − xⱼ‖² over pairs of one label, 0 where no two
 * share one.
 *
 * @param embeddings `[batch, width]`, of length 1.
 * @param classes `[batch, 2]`, one-hot; of mixed or smoothed ones the likelier counts.
 */
export function alignmentLoss(embeddings: tf.Tensor2D, classes: tf.Tensor2D): tf.Scalar {
  const label = tf.expandDims(tf.argMax(classes, 1), 1);
  const same = tf.cast(tf.equal(label, tf.transpose(label)), "float32");
  const pairs = tf.mul(same, eachPairOnce(embeddings.shape[0]));
  const sum = tf.sum(tf.mul(squaredDistances(embeddings), pairs));
  return tf.div(sum, tf.maximum(tf.sum(pairs), 1));
}

/**
 * How unevenly pictures lie on the sphere, whatever their label:
 *
 *     log max(10⁻⁶, mean over pairs of e^(−2 ‖xᵢ − xⱼ‖²))
 *
 * 0 where all are at one place; less the wider they spread.
 *
 * @param embeddings `[batch, width]`, of length 1; two or more.
 *
 * @example Two at opposite ends: e^(−2 · 4)
 * ```ts
 * import { uniformityLoss } from "lib/losses/alignment_uniformity.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const [loss] = uniformityLoss(tf.tensor2d([[1, 0], [-1, 0]])).dataSync();
 * assert.ok(Math.abs(loss + 8) < 1e-5);
 * ```
 */
export function uniformityLoss(embeddings: tf.Tensor2D): tf.Scalar {
  const [batch] = embeddings.shape, pairs = eachPairOnce(batch);
  const nearness = tf.mul(tf.exp(tf.mul(squaredDistances(embeddings), -TEMPERATURE)), pairs);
  const mean = tf.div(tf.sum(nearness), batch * (batch - 1) / 2);
  return tf.log(tf.maximum(mean, LEAST)) as tf.Scalar;
}
