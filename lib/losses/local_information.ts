/**
 * The Local Information Loss (paper, Eq. 8): low when every local feature zᵢ adds to the prediction
 * what the others do not know.
 */
import * as tf from "@tensorflow/tfjs";
import { type InformationLossOptions, jointDivergence } from "./joint_divergence.ts";

/**
 * What the prediction loses without each local feature, D_KL[P_Z‖P_{Z∖zᵢ}] by the chosen form.
 *
 * @param joint Logits `[batch, classes]` of the head that sees Z = z₁ ⊕ … ⊕ zₙ.
 * @param leaveOneOut n sets of logits `[batch, classes]`; the i-th head sees Z∖zᵢ.
 * @returns n scalars, 0 or more: in nats, or Sinkhorn's cost where the options ask for it.
 * @throws TypeError when a shape differs; RangeError when the temperature is not above 0.
 */
export function leaveOneOutDivergences(
  joint: tf.Tensor2D,
  leaveOneOut: readonly tf.Tensor2D[],
  options: InformationLossOptions,
): tf.Scalar[] {
  return leaveOneOut.map((pZWithoutI) => jointDivergence(joint, pZWithoutI, options));
}

/**
 * Turns the divergences, which are to be large and have no upper bound, into a loss:
 *
 *     L_LIL = exp(−Σᵢ D_KL[P_Z‖P_{Z∖zᵢ}])                                               (Eq. 8)
 *
 * Each divergence is already the mean over the batch, so the batch is averaged inside the exponent,
 * as the official code does; the paper does not say.
 *
 * @param divergences n scalars, at least one.
 * @returns A scalar in (0, 1]; in float32 it reaches 0 once the sum passes about 103, and its
 * gradient with it.
 * @throws RangeError when there is no divergence.
 */
export function expNegativeSum(divergences: readonly tf.Scalar[]): tf.Scalar {
  if (divergences.length === 0) {
    throw new RangeError(
      "The local information loss needs leave-one-out heads; a detector of one block has none.",
    );
  }
  return tf.tidy(() => tf.exp(tf.neg(tf.addN([...divergences]))));
}

/**
 * The Local Information Loss of a batch, `expNegativeSum(leaveOneOutDivergences(…))`.
 *
 * With `form: "official"` the divergences are reversed and divided by the number of classes, and with
 * `divergence: "sinkhorn"` another distance stands for them; see {@link InformationLossOptions}. Where the official code returns NaN (logits of a sample more than
 * about 100 T apart) this is the value of the formula.
 *
 * @example Blocks that all know the same add nothing: the loss is at its maximum, 1
 * ```ts
 * import { localInformationLoss } from "lib/losses/local_information.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const logits = tf.tensor2d([[2, -1], [0, 3]]);
 * const options = { form: "paper", temperature: 1, detachJoint: false } as const;
 * assert.equal(localInformationLoss(logits, [logits, logits], options).dataSync()[0], 1);
 *
 * const ignorant = tf.zeros<tf.Rank.R2>([2, 2]);
 * assert.ok(localInformationLoss(logits, [logits, ignorant], options).dataSync()[0] < 1);
 * ```
 */
export function localInformationLoss(
  joint: tf.Tensor2D,
  leaveOneOut: readonly tf.Tensor2D[],
  options: InformationLossOptions,
): tf.Scalar {
  return tf.tidy(() => expNegativeSum(leaveOneOutDivergences(joint, leaveOneOut, options)));
}
