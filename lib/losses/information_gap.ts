/**
 * What the label's cross-entropy loses with each local feature: the information I(zᵢ; y | Z∖zᵢ) as the
 * heads see it, in two forms that the planted-clues study puts beside the paper's loss. Ours; both
 * are meant for logits of heads whose parameters are held fixed, so that only features can lower them.
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "./cross_entropy.ts";
import { requireSameShape } from "./shapes.ts";

/** Cross-entropy of a head that knows nothing of two classes, nats; a worse one counts as this. */
const CHANCE = Math.LN2;

/** Logits of the joint head and of the n leave-one-out heads, `[batch, 2]` each. */
export interface InformationGapLogits {
  /** P_Z. */
  readonly joint: tf.Tensor2D;
  /** P_{Z∖zᵢ}. */
  readonly leaveOneOut: readonly tf.Tensor2D[];
}

function requireLeaveOneOut(leaveOneOut: readonly tf.Tensor2D[]): void {
  if (leaveOneOut.length > 0) return;
  throw new RangeError("An information gap needs leave-one-out heads; one block alone has none.");
}

/**
 * The minimax form, to be minimised by the features:
 *
 *     Σᵢ CE(P_Z, y) − min(CE(P_{Z∖zᵢ}, y), log 2)
 *
 * @returns A scalar, above −n log 2; in nats.
 * @throws TypeError when shapes differ; RangeError when there is no leave-one-out head.
 *
 * @example Blocks that all know the same have a gap of 0
 * ```ts
 * import { minimaxGap } from "lib/losses/information_gap.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[2, -1], [-3, 3]]), targets = tf.tensor2d([[1, 0], [0, 1]]);
 * const gap = minimaxGap({ joint: logits, leaveOneOut: [logits, logits] }, targets);
 * assert.ok(Math.abs(gap.dataSync()[0]) < 1e-6);
 * ```
 */
export function minimaxGap(
  { joint, leaveOneOut }: InformationGapLogits,
  targets: tf.Tensor2D,
): tf.Scalar {
  requireLeaveOneOut(leaveOneOut);
  return tf.tidy(() => {
    const whole = crossEntropy(joint, targets);
    const gaps = leaveOneOut.map((logits) =>
      tf.sub(whole, tf.minimum(crossEntropy(logits, targets), CHANCE))
    );
    return tf.addN(gaps) as tf.Scalar;
  });
}

/**
 * The form per sample, to be minimised by the features: a sample in which a block adds nothing costs
 * 1, one that only this block decides costs next to nothing.
 *
 *     (1/nB) Σᵢ Σ_b exp(−(min(ce_b(P_{Z∖zᵢ}), log 2) − ce_b(P_Z)))
 *
 * @returns A scalar above ½; it grows without bound where the joint head is wrong.
 * @throws TypeError when shapes differ; RangeError when there is no leave-one-out head.
 *
 * @example Blocks that all know the same cost 1
 * ```ts
 * import { exponentialGapPerSample } from "lib/losses/information_gap.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[2, -1], [-3, 3]]), targets = tf.tensor2d([[1, 0], [0, 1]]);
 * const cost = exponentialGapPerSample({ joint: logits, leaveOneOut: [logits] }, targets);
 * assert.ok(Math.abs(cost.dataSync()[0] - 1) < 1e-6);
 * ```
 */
export function exponentialGapPerSample(
  { joint, leaveOneOut }: InformationGapLogits,
  targets: tf.Tensor2D,
): tf.Scalar {
  requireLeaveOneOut(leaveOneOut);
  return tf.tidy(() => {
    const perSample = (logits: tf.Tensor2D) => {
      requireSameShape("exponentialGapPerSample", { logits, targets });
      return tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1));
    };
    const whole = perSample(joint);
    const costs = leaveOneOut.map((logits) =>
      tf.mean(tf.exp(tf.sub(whole, tf.minimum(perSample(logits), CHANCE))))
    );
    return tf.div(tf.addN(costs), leaveOneOut.length) as tf.Scalar;
  });
}
