/**
 * The objective of the detector (paper, Eq. 13), put together as the configuration says. Every part
 * of it is returned by name, so that a run can record what it minimised.
 */
import type { Configuration } from "lib/config.ts";
import * as tf from "@tensorflow/tfjs";
import { automaticWeightedLoss, type WeightedTerm, weightedTerms } from "./automatic_weights.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { globalInformationLoss } from "./global_information.ts";
import { expNegativeSum, leaveOneOutDivergences } from "./local_information.ts";

/** The logits of all heads, each `[batch, 2]`; what `detect` returns fits. */
export interface DetectorLogits {
  /** The head that sees every local feature, P_Z. */
  readonly joint: tf.Tensor2D;
  /** n heads, the i-th of which does not see zᵢ; empty when n is 1. */
  readonly leaveOneOut: readonly tf.Tensor2D[];
  /** The head behind the bottleneck, P_G, whose prediction counts. */
  readonly global: tf.Tensor2D;
}

/** How the objective is put together. */
export interface DetectorLossOptions {
  /** Says which terms are on, in which form, and how they are weighted. */
  readonly configuration: Configuration;
  /** p of `createLossWeights`; needed when the configuration's `lossWeights` is "automatic". */
  readonly lossWeights?: tf.Tensor1D | undefined;
}

/** The objective and its parts. */
export interface DetectorLoss {
  /** The scalar to minimise. */
  readonly total: tf.Scalar;
  /**
   * Scalars for the record, all before weighting: `crossEntropy` (the sum over the heads that are
   * on), `crossEntropyGlobal`, `crossEntropyJoint`, `crossEntropyLeaveOneOut1` …, `globalInformation`,
   * `localInformation`, `divergence1` … (block i's term in the exponent of Eq. 8, by the form and the
   * divergence of the configuration). A part that is switched off is there too, but not in `total`; with one block
   * there is nothing to leave out, so the parts of the local loss are missing.
   */
  readonly terms: Record<string, tf.Scalar>;
}

/**
 * The objective of a batch:
 *
 *     L = L_CE + α L_LIL + β L_GIL                                                     (Eq. 13)
 *
 * with fixed α and β, or with learnt weights: see `automaticWeightedLoss`. L_CE is the sum over the
 * heads in `crossEntropyTerms`. That list is a setting of its own: in the official code a switched-off
 * information loss also takes its heads out of L_CE, so its ablation changes two things at a time.
 *
 * @param logits Of all heads, from one forward pass.
 * @param targets `[batch, 2]`: probability of real and of fake; one-hot, or soft after mixup.
 * @throws TypeError when shapes do not fit, or automatic weights are missing.
 *
 * @example The paper's objective of a model of two blocks that knows nothing yet
 * ```ts
 * import { PAPER, vary } from "lib/config.ts";
 * import { createLossWeights } from "lib/losses/automatic_weights.ts";
 * import { detectorLoss } from "lib/losses/detector_loss.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const configuration = vary(PAPER, { blocks: 2 });
 * const zeros = tf.zeros<tf.Rank.R2>([2, 2]);
 * const { total, terms } = detectorLoss(
 *   { joint: zeros, leaveOneOut: [zeros, zeros], global: zeros },
 *   tf.tensor2d([[1, 0], [0, 1]]),
 *   { configuration, lossWeights: createLossWeights(configuration) },
 * );
 * // Four heads at log 2; nothing to tell apart, so L_LIL = 1 and L_GIL = 0; three weights at 1.
 * assert.ok(Math.abs(terms.crossEntropy.dataSync()[0] - 4 * Math.LN2) < 1e-5);
 * assert.ok(Math.abs(total.dataSync()[0] - (2 * Math.LN2 + 0.5 + 3 * Math.LN2)) < 1e-5);
 * ```
 */
export function detectorLoss(
  logits: DetectorLogits,
  targets: tf.Tensor2D,
  { configuration, lossWeights }: DetectorLossOptions,
): DetectorLoss {
  return tf.tidy(() => {
    const heads = crossEntropies(logits, targets);
    const on = configuration.crossEntropyTerms.flatMap((term) => heads[term]);
    const terms: Record<string, tf.Scalar> = {
      crossEntropy: tf.addN(on) as tf.Scalar,
      crossEntropyGlobal: heads.global[0],
      crossEntropyJoint: heads.joint[0],
    };
    heads.leaveOneOut.forEach((loss, i) => terms[`crossEntropyLeaveOneOut${i + 1}`] = loss);

    const { lossForm: form, temperature, detachJoint, divergence } = configuration;
    const options = { form, temperature, detachJoint, divergence };
    terms.globalInformation = globalInformationLoss(logits.joint, logits.global, options);
    if (logits.leaveOneOut.length > 0) {
      const divergences = leaveOneOutDivergences(logits.joint, logits.leaveOneOut, options);
      terms.localInformation = expNegativeSum(divergences);
      divergences.forEach((divergence, i) => terms[`divergence${i + 1}`] = divergence);
    }
    return { total: weigh(terms, { configuration, lossWeights }), terms };
  });
}

function crossEntropies({ global, joint, leaveOneOut }: DetectorLogits, targets: tf.Tensor2D) {
  return {
    global: [crossEntropy(global, targets)],
    joint: [crossEntropy(joint, targets)],
    leaveOneOut: leaveOneOut.map((logits) => crossEntropy(logits, targets)),
  };
}

function weigh(
  terms: Record<string, tf.Scalar>,
  { configuration, lossWeights }: DetectorLossOptions,
): tf.Scalar {
  const on = weightedTerms(configuration);
  if (configuration.lossWeights === "automatic") {
    if (!lossWeights) {
      throw new TypeError(
        'detectorLoss: lossWeights are "automatic" in the configuration, so pass the variable of ' +
          "createLossWeights(configuration), or choose fixed weights.",
      );
    }
    return automaticWeightedLoss(on.map((term) => terms[term]), lossWeights);
  }
  const { alpha, beta } = configuration;
  const weight: Record<WeightedTerm, number> = {
    crossEntropy: 1,
    localInformation: alpha,
    globalInformation: beta,
  };
  return tf.addN(on.map((term) => tf.mul(weight[term], terms[term]))) as tf.Scalar;
}
