/**
 * Centre loss (Wen et al. 2016) as WS-DAN has it: what is seen of a class is drawn to one place, which moves to
 * what is seen. `train-wsdan.py` of cuihaoleo/kaggle-dfdc at commit 91dae24 (MIT).
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { ofUnitLength } from "lib/engine/unit_length.ts";

/**
 * Which pictures move a class's centre: the last of the class in the batch alone, as the code does, whose
 * indexed assignment counts one a class; or all of it.
 */
export type CentreUpdate = "last" | "all";

/** What there is of a batch. */
export interface CentreInputs {
  /** `[batch, n]`, of unit length. */
  readonly features: tf.Tensor2D;
  /** c: `[2, n]`, of any length: that of real and that of fake. */
  readonly centres: tf.Tensor2D;
  /** `[batch, 2]`: real, fake; a picture is of the class that has the larger share. */
  readonly classes: tf.Tensor2D;
  /** How far centres move. [code: 0.05] */
  readonly rate: number;
  /** By what they move. [code: "last"] */
  readonly update: CentreUpdate;
}

/** The class of each picture, one-hot. */
function classOf(classes: tf.Tensor2D): tf.Tensor2D {
  const fake = tf.slice(classes, [0, 1], [-1, 1]), real = tf.slice(classes, [0, 0], [-1, 1]);
  const isFake = tf.cast(tf.greater(fake, real), "float32") as tf.Tensor2D;
  return tf.concat2d([tf.sub(1, isFake), isFake], 1);
}

/** Of a one-hot `[batch, 2]` the last row of each class. */
function lastOf(own: tf.Tensor2D): tf.Tensor2D {
  const [batch] = own.shape;
  const ranked = tf.mul(own, tf.reshape(tf.range(1, batch + 1), [batch, 1]));
  return tf.mul(own, tf.cast(tf.equal(ranked, tf.max(ranked, 0, true)), "float32"));
}

/**
 * Σ |f − c / |c||² over the batch's features, each by its own class's centre, divided by their number, and the
 * centres after the batch: c + rate · Σ (f − c / |c|). Centres are constants; the loss is by those before.
 *
 * @returns `loss`, a scalar, 0 to 4; `centres`, `[2, n]`, without a gradient.
 *
 * @example While centres are zero, the loss is the features' own length: 1
 * ```ts
 * import { featureCentres } from "lib/losses/feature_centres.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const { loss, centres } = featureCentres({
 *   features: tf.tensor2d([[0.6, 0.8]]),
 *   centres: tf.zeros([2, 2]),
 *   classes: tf.tensor2d([[0, 1]]),
 *   rate: 0.5,
 *   update: "last",
 * });
 * assert.ok(Math.abs(loss.dataSync()[0] - 1) < 1e-6);
 * assert.ok(Math.abs(centres.dataSync()[3] - 0.4) < 1e-6); // half of the way, of fakes alone
 * assert.equal(centres.dataSync()[0], 0);
 * ```
 */
export function featureCentres(
  { features, centres, classes, rate, update }: CentreInputs,
): { loss: tf.Scalar; centres: tf.Tensor2D } {
  const own = withoutGradient(() => classOf(classes));
  const aims = withoutGradient(() => tf.matMul(own, ofUnitLength(centres)));
  const apart = tf.sub(features, aims);
  const moved = withoutGradient(() => {
    const moving = update === "last" ? lastOf(own) : own;
    return tf.add(centres, tf.mul(rate, tf.matMul(moving, apart, true))) as tf.Tensor2D;
  });
  const loss = tf.div(tf.sum(tf.square(apart)), features.shape[0]) as tf.Scalar;
  return { loss, centres: moved };
}
