/**
 * The Global Information Loss (paper, Eq. 12): low when the global feature G predicts what all local
 * features together predict.
 */
import type * as tf from "@tensorflow/tfjs";
import { type InformationLossOptions, jointDivergence } from "./joint_divergence.ts";

/**
 * The Global Information Loss of a batch:
 *
 *     L_GIL = D_KL[P_Z‖P_G]                                                            (Eq. 12)
 *
 * With `form: "official"` it is D_KL[P_G‖P_Z], divided by the number of classes, and with
 * `divergence: "sinkhorn"` another distance stands for it; see {@link InformationLossOptions}.
 *
 * @param joint Logits `[batch, classes]` of the head that sees Z.
 * @param global Logits `[batch, classes]` of the head that sees G.
 * @returns A scalar in nats, 0 or more; 0 exactly when both predict the same. Sinkhorn's cost has no
 * unit and is not 0 then.
 * @throws TypeError when the shapes differ; RangeError when the temperature is not above 0.
 *
 * @example A global head that agrees has nothing to learn
 * ```ts
 * import { globalInformationLoss } from "lib/losses/global_information.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const joint = tf.tensor2d([[2, -1], [0, 3]]);
 * const options = { form: "paper", temperature: 1, detachJoint: false } as const;
 * assert.equal(globalInformationLoss(joint, joint, options).dataSync()[0], 0);
 * ```
 */
export function globalInformationLoss(
  joint: tf.Tensor2D,
  global: tf.Tensor2D,
  options: InformationLossOptions,
): tf.Scalar {
  return jointDivergence(joint, global, options);
}
