/**
 * The paper's information losses beside their equations: local information (Eq. 8) and global information
 * (Eq. 12). Where the paper and its official code (commit c361f1c) part, both are here, and the settings
 * say which is computed.
 *
 * In code: `joint` is P_Z, the head that sees Z = z₁ ⊕ … ⊕ zₙ; `leaveOneOut[i]` is P_{Z∖zᵢ}; `global` is
 * P_G, the head behind the bottleneck, whose prediction counts. All are logits `[batch, classes]`.
 */
import * as tf from "@tensorflow/tfjs";
import { detach } from "lib/engine/detach.ts";
import { klDivergence } from "./divergences.ts";
import { sinkhornDistance } from "./sinkhorn.ts";

/** How the information losses are computed. */
export interface InformationSettings {
  /**
   * `"paper"`: D_KL[P_Z‖P_other], mean over the batch (Eqs. 8 and 12). `"official"`: the reverse,
   * D_KL[P_other‖P_Z], also divided by the number of classes. Only the KL divergence has these two forms.
   */
  readonly lossForm: "paper" | "official";
  /**
   * `"kl"`, or `"sinkhorn"`: the official code's optimal transport over the batch in place of D_KL
   * everywhere. It is not a divergence: see `sinkhornDistance`. [paper: kl; code offers both]
   */
  readonly divergence: "kl" | "sinkhorn";
  /** Divisor T of all logits, above 0. [paper: none, so 1; code: 1.5] */
  readonly temperature: number;
  /** Whether the joint head is a constant here, so that only the other head learns. [code: true] */
  readonly detachJoint: boolean;
}

/** The logits of all heads, each `[batch, 2]`. */
export interface HeadLogits {
  /** P_Z. */
  readonly joint: tf.Tensor2D;
  /** n heads, the i-th of which does not see zᵢ; empty when n is 1. */
  readonly leaveOneOut: readonly tf.Tensor2D[];
  /** P_G. */
  readonly global: tf.Tensor2D;
}

/**
 * The divergence between the joint prediction P_Z and that of another head, by the chosen form: what both
 * information losses are made of.
 *
 * @returns A scalar, 0 or more: in nats, or Sinkhorn's cost, which has no unit.
 * @throws TypeError when the shapes differ; RangeError when the temperature is not above 0.
 */
function jointDivergence(
  joint: tf.Tensor2D,
  other: tf.Tensor2D,
  { lossForm, divergence, temperature, detachJoint }: InformationSettings,
): tf.Scalar {
  if (divergence === "sinkhorn") {
    return sinkhornDistance(joint, other, { temperature, detachJoint });
  }
  return tf.tidy(() => {
    const pZ = detachJoint ? detach(joint) : joint;
    return lossForm === "paper"
      ? klDivergence(pZ, other, { temperature, reduction: "batchMean" })
      : klDivergence(other, pZ, { temperature, reduction: "elementMean" });
  });
}

/**
 * What the prediction loses without each local feature, D_KL[P_Z‖P_{Z∖zᵢ}] by the chosen form.
 *
 * @returns n scalars, 0 or more.
 */
export function leaveOneOutDivergences(
  { joint, leaveOneOut }: Omit<HeadLogits, "global">,
  settings: InformationSettings,
): tf.Scalar[] {
  return leaveOneOut.map((pZWithoutI) => jointDivergence(joint, pZWithoutI, settings));
}

/** exp(−Σᵢ Dᵢ): turns divergences, which are to be large and have no upper bound, into a loss. */
export function expNegativeSum(divergences: readonly tf.Scalar[]): tf.Scalar {
  return tf.tidy(() => tf.exp(tf.neg(tf.addN([...divergences]))));
}

/**
 * The Local Information Loss of a batch: low when every local feature zᵢ adds to the prediction what the
 * others do not know.
 *
 *     L_LIL = exp(−Σᵢ D_KL[P_Z‖P_{Z∖zᵢ}])                                               (Eq. 8)
 *
 * Each divergence is the mean over the batch, so the batch is averaged inside the exponent, as the
 * official code does; the paper does not say. Where the official code returns NaN (logits of a sample
 * more than about 100 T apart) this is the value of the formula.
 *
 * @returns A scalar in (0, 1]; in float32 it reaches 0 once the sum passes about 103, and its gradient
 * with it.
 * @throws RangeError when there is no leave-one-out head; otherwise as D_KL.
 *
 * @example Blocks that all know the same add nothing: the loss is at its maximum, 1
 * ```ts
 * import { localInformationLoss } from "lib/losses/information_losses.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const joint = tf.tensor2d([[2, -1], [0, 3]]), ignorant = tf.zeros<tf.Rank.R2>([2, 2]);
 * const paper = { lossForm: "paper", divergence: "kl", temperature: 1, detachJoint: false } as const;
 * const lossOf = (leaveOneOut: tf.Tensor2D[]) =>
 *   localInformationLoss({ joint, leaveOneOut }, paper).dataSync()[0];
 * assert.equal(lossOf([joint, joint]), 1);
 * assert.ok(lossOf([joint, ignorant]) < 1);
 * ```
 */
export function localInformationLoss(
  logits: Omit<HeadLogits, "global">,
  settings: InformationSettings,
): tf.Scalar {
  if (logits.leaveOneOut.length === 0) {
    throw new RangeError(
      "The local information loss needs leave-one-out heads; a detector of one block has none.",
    );
  }
  return tf.tidy(() => expNegativeSum(leaveOneOutDivergences(logits, settings)));
}

/**
 * The Global Information Loss of a batch: low when the global feature G predicts what all local features
 * together predict.
 *
 *     L_GIL = D_KL[P_Z‖P_G]                                                            (Eq. 12)
 *
 * @returns A scalar in nats, 0 or more; 0 exactly when both predict the same. Sinkhorn's cost has no unit
 * and is not 0 then.
 *
 * @example A global head that agrees has nothing to learn
 * ```ts
 * import { globalInformationLoss } from "lib/losses/information_losses.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const joint = tf.tensor2d([[2, -1], [0, 3]]);
 * const paper = { lossForm: "paper", divergence: "kl", temperature: 1, detachJoint: false } as const;
 * assert.equal(globalInformationLoss({ joint, global: joint }, paper).dataSync()[0], 0);
 * ```
 */
export function globalInformationLoss(
  { joint, global }: Omit<HeadLogits, "leaveOneOut">,
  settings: InformationSettings,
): tf.Scalar {
  return jointDivergence(joint, global, settings);
}
