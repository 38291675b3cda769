/**
 * The paper's objective (Eq. 13): cross-entropy of the heads and the information losses, with fixed or
 * learnt weights.
 */
import * as tf from "@tensorflow/tfjs";
import { automaticWeightedLoss } from "./automatic_weights.ts";
import { crossEntropy } from "./cross_entropy.ts";
import {
  expNegativeSum,
  globalInformationLoss,
  type HeadLogits,
  type InformationSettings,
  leaveOneOutDivergences,
} from "./information_losses.ts";

/** A term of the cross-entropy sum. */
export type CrossEntropyTerm = "global" | "joint" | "leaveOneOut";

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
 * import { paperObjective } from "lib/losses/paper_objective.ts";
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
