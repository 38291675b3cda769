/**
 * The divergence that both information losses are made of: between the joint head, which sees every
 * local feature, and another head. This is the one place where the paper and its code part.
 */
import type { Configuration, LossForm } from "lib/config.ts";
import * as tf from "@tensorflow/tfjs";
import { detach } from "./detach.ts";
import { klDivergence } from "./divergences.ts";
import { sinkhornDistance } from "./sinkhorn.ts";

/** What the paper and the official code do differently; the names are those of `Configuration`. */
export interface InformationLossOptions {
  /**
   * `"paper"`: D_KL[P_Z‖P_other], mean over the batch (Eqs. 8 and 12). `"official"`: the reverse,
   * D_KL[P_other‖P_Z], also divided by the number of classes (official code at commit c361f1c).
   * Only the KL divergence has these two forms.
   */
  readonly form: LossForm;
  /** Divisor T of all logits, above 0. [paper: none, so 1; code: 1.5] */
  readonly temperature: number;
  /** Whether the joint head is a constant here, so that only the other head learns. [code: true] */
  readonly detachJoint: boolean;
  /**
   * `"kl"` (default), or `"sinkhorn"`: the official code's optimal transport over the batch, in place
   * of D_KL everywhere. It is not a divergence: see `sinkhornDistance`.
   */
  readonly divergence?: Configuration["divergence"];
}

/**
 * The divergence between the joint prediction P_Z and that of another head, by the chosen form.
 *
 * @param joint Logits `[batch, classes]` of the joint head, P_Z = softmax(joint / T).
 * @param other Logits `[batch, classes]` of a leave-one-out head or of the global head.
 * @returns A scalar, 0 or more: in nats, or Sinkhorn's cost, which has no unit.
 * @throws TypeError when the shapes differ; RangeError when the temperature is not above 0.
 */
export function jointDivergence(
  joint: tf.Tensor2D,
  other: tf.Tensor2D,
  { form, temperature, detachJoint, divergence = "kl" }: InformationLossOptions,
): tf.Scalar {
  if (divergence === "sinkhorn") {
    return sinkhornDistance(joint, other, { temperature, detachJoint });
  }
  return tf.tidy(() => {
    const pZ = detachJoint ? detach(joint) : joint;
    return form === "paper"
      ? klDivergence(pZ, other, { temperature, reduction: "batchMean" })
      : klDivergence(other, pZ, { temperature, reduction: "elementMean" });
  });
}
