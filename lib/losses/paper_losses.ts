/**
 * The paper's losses beside their equations: local information (Eq. 8), global information (Eq. 12), and
 * the objective that they are terms of (Eq. 13). Where the paper and its official code (commit c361f1c)
 * part, both are here, and the settings say which is computed.
 *
 * In code: `joint` is P_Z, the head that sees Z = z₁ ⊕ … ⊕ zₙ; `leaveOneOut[i]` is P_{Z∖zᵢ}; `global` is
 * P_G, the head behind the bottleneck, whose prediction counts. All are logits `[batch, classes]`.
 */
import * as tf from "@tensorflow/tfjs";
import { automaticWeightedLoss } from "./automatic_weights.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { detach } from "./detach.ts";
import { klDivergence } from "./divergences.ts";
import { sinkhornDistance } from "./sinkhorn.ts";

/** A term of the cross-entropy sum. */
export type CrossEntropyTerm = "global" | "joint" | "leaveOneOut";

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

/** How the objective is put together. */
export interface ObjectiveSettings extends InformationSettings {
  /** Whether the local information loss (Eq. 8) is part of the objective. */
  readonly localInformation: boolean;
  /** Whether the global information loss (Eq. 12) is part of the objective. */
  readonly globalInformation: boolean;
  /** Which heads are trained by cross-entropy; independent of the two switches above. [code: all three] */
  readonly crossEntropyTerms: readonly CrossEntropyTerm[];
  /** "automatic": weights are learnt (Eq. 13); "fixed": alpha and beta below. */
  readonly lossWeights: "automatic" | "fixed";
  /** Weight of the local information loss when lossWeights is "fixed", 0 or more. */
  readonly alpha: number;
  /** Weight of the global information loss when lossWeights is "fixed", 0 or more. */
  readonly beta: number;
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
function leaveOneOutDivergences(
  { joint, leaveOneOut }: Omit<HeadLogits, "global">,
  settings: InformationSettings,
): tf.Scalar[] {
  return leaveOneOut.map((pZWithoutI) => jointDivergence(joint, pZWithoutI, settings));
}

/** exp(−Σᵢ Dᵢ): turns divergences, which are to be large and have no upper bound, into a loss. */
function expNegativeSum(divergences: readonly tf.Scalar[]): tf.Scalar {
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
 * import { localInformationLoss } from "lib/losses/paper_losses.ts";
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
 * import { globalInformationLoss } from "lib/losses/paper_losses.ts";
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

/** A term of the objective that has a weight of its own. */
export type WeightedTerm = "crossEntropy" | "globalInformation" | "localInformation";

/**
 * The terms of the objective in the order of their learnt weights, which is the official code's: the
 * local information loss comes last, and a detector of one block has none.
 */
export function weightedTerms(
  { globalInformation, localInformation }: Pick<
    ObjectiveSettings,
    "globalInformation" | "localInformation"
  >,
  blocks: number,
): WeightedTerm[] {
  const terms: WeightedTerm[] = ["crossEntropy"];
  if (globalInformation) terms.push("globalInformation");
  if (localInformation && blocks > 1) terms.push("localInformation");
  return terms;
}

/** The objective and its parts. */
export interface Objective {
  /** The scalar to minimise. */
  readonly total: tf.Scalar;
  /**
   * Scalars for the record, all before weighting: `crossEntropy` (the sum over the heads that are on),
   * `crossEntropyGlobal`, `crossEntropyJoint`, `crossEntropyLeaveOneOut1` …, `globalInformation`,
   * `localInformation`, `divergence1` … (block i's term in the exponent of Eq. 8). A part that is
   * switched off is there too, but not in `total`; with one block there is nothing to leave out, so the
   * parts of the local loss are missing.
   */
  readonly terms: Record<string, tf.Scalar>;
}

/**
 * The objective of a batch:
 *
 *     L = L_CE + α L_LIL + β L_GIL                                                     (Eq. 13)
 *
 * with fixed α and β, or with learnt weights: see `automaticWeightedLoss`. L_CE is the sum over the heads
 * in `crossEntropyTerms`. That list is a setting of its own: in the official code a switched-off
 * information loss also takes its heads out of L_CE, so its ablation changes two things at a time.
 *
 * @param logits Of all heads, from one forward pass.
 * @param targets `[batch, 2]`: probability of real and of fake; one-hot, or soft after mixup.
 * @param options `settings`: which terms are on, in which form, and how they are weighted. `weights`:
 * p of `automaticWeightedLoss`, one for each of `weightedTerms`; needed when they are learnt.
 * @throws TypeError when shapes do not fit, or learnt weights are missing.
 *
 * @example The paper's objective of a detector of two blocks that knows nothing yet
 * ```ts
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { paperObjective } from "lib/losses/paper_losses.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const zeros = tf.zeros<tf.Rank.R2>([2, 2]), { settings } = PAPER.detector;
 * const { total, terms } = paperObjective(
 *   { joint: zeros, leaveOneOut: [zeros, zeros], global: zeros },
 *   tf.tensor2d([[1, 0], [0, 1]]),
 *   { settings, weights: tf.ones([3]) },
 * );
 * // Four heads at log 2; nothing to tell apart, so L_LIL = 1 and L_GIL = 0; three weights at 1.
 * assert.ok(Math.abs(terms.crossEntropy.dataSync()[0] - 4 * Math.LN2) < 1e-5);
 * assert.ok(Math.abs(total.dataSync()[0] - (2 * Math.LN2 + 0.5 + 3 * Math.LN2)) < 1e-5);
 * ```
 */
export function paperObjective(
  logits: HeadLogits,
  targets: tf.Tensor2D,
  { settings, weights }: { settings: ObjectiveSettings; weights?: tf.Tensor1D | undefined },
): Objective {
  return tf.tidy(() => {
    const { global, joint, leaveOneOut } = logits;
    const ofHeads = {
      global: [crossEntropy(global, targets)],
      joint: [crossEntropy(joint, targets)],
      leaveOneOut: leaveOneOut.map((head) => crossEntropy(head, targets)),
    };
    const terms: Record<string, tf.Scalar> = {
      crossEntropy: tf.addN(
        settings.crossEntropyTerms.flatMap((term) => ofHeads[term]),
      ) as tf.Scalar,
      crossEntropyGlobal: ofHeads.global[0],
      crossEntropyJoint: ofHeads.joint[0],
    };
    ofHeads.leaveOneOut.forEach((loss, i) => terms[`crossEntropyLeaveOneOut${i + 1}`] = loss);
    terms.globalInformation = globalInformationLoss(logits, settings);
    if (leaveOneOut.length > 0) {
      const divergences = leaveOneOutDivergences(logits, settings);
      terms.localInformation = expNegativeSum(divergences);
      divergences.forEach((divergence, i) => terms[`divergence${i + 1}`] = divergence);
    }

    const on = weightedTerms(settings, Math.max(1, leaveOneOut.length));
    if (settings.lossWeights === "automatic") {
      if (!weights) {
        throw new TypeError(
          'paperObjective: lossWeights are "automatic" in the settings, so pass the variable ' +
            `"loss_weights" with one number for each of ${on.join(", ")}, or choose fixed weights.`,
        );
      }
      return { total: automaticWeightedLoss(on.map((term) => terms[term]), weights), terms };
    }
    const fixed: Record<WeightedTerm, number> = {
      crossEntropy: 1,
      localInformation: settings.alpha,
      globalInformation: settings.beta,
    };
    const total = tf.addN(on.map((term) => tf.mul(fixed[term], terms[term]))) as tf.Scalar;
    return { total, terms };
  });
}
