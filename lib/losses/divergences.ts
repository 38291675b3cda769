/**
 * The Kullback–Leibler divergence between the predictions of two heads, given as logits. Which head
 * is P and which is Q is the caller's choice; the information losses make it.
 */
import * as tf from "@tensorflow/tfjs";
import { requireSameShape } from "./shapes.ts";

/** How predictions are read and how the batch becomes one number. */
export interface DivergenceOptions {
  /** Divisor T of both logits, above 0. Default 1. */
  readonly temperature?: number;
  /**
   * `"batchMean"` (default): mean over the batch, which is the divergence of the definition.
   * `"elementMean"`: also divided by the number of classes, as PyTorch's reduction `'mean'` does.
   */
  readonly reduction?: "batchMean" | "elementMean";
}

/**
 * The divergence of each sample, in nats:
 *
 *     D_KL[P‖Q] = Σ_y p(y) (log p(y) − log q(y)),   p = softmax(pLogits / T), q = softmax(qLogits / T)
 *
 * Computed from log-softmax, so it and its gradients are finite for any finite logits. (The logarithm
 * of a softmax, as in the official code at commit c361f1c, is −∞ or NaN in float32 once the logits of
 * a sample are more than about 100 T apart.)
 *
 * @param pLogits `[batch, classes]`; P is the distribution the expectation is taken over.
 * @param qLogits `[batch, classes]`.
 * @param temperature T, above 0.
 * @returns `[batch]`, 0 or more; 0 exactly where P and Q are equal.
 * @throws TypeError when the shapes differ or are not `[batch, classes]`.
 * @throws RangeError when the temperature is not above 0.
 */
export function klDivergenceOfEach(
  pLogits: tf.Tensor2D,
  qLogits: tf.Tensor2D,
  { temperature = 1 }: Pick<DivergenceOptions, "temperature"> = {},
): tf.Tensor1D {
  requireSameShape("klDivergence", { pLogits, qLogits });
  if (!(temperature > 0)) {
    throw new RangeError(`klDivergence: the temperature is ${temperature}, but must be above 0.`);
  }
  return tf.tidy(() => {
    const logP = tf.logSoftmax(tf.div(pLogits, temperature));
    const logQ = tf.logSoftmax(tf.div(qLogits, temperature));
    return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ)), 1) as tf.Tensor1D;
  });
}

/**
 * D_KL[P‖Q] averaged over the batch, in nats; see {@link klDivergenceOfEach} for the equation, the
 * shapes and the errors.
 *
 * @example Direction matters: P‖Q is not Q‖P
 * ```ts
 * import { klDivergence } from "lib/losses/divergences.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const p = tf.tensor2d([[Math.log(0.9), Math.log(0.1)]]);
 * const q = tf.tensor2d([[Math.log(0.5), Math.log(0.5)]]);
 * const near = (a: tf.Scalar, b: number) => Math.abs(a.dataSync()[0] - b) < 1e-6;
 * assert.ok(near(klDivergence(p, q), 0.9 * Math.log(1.8) + 0.1 * Math.log(0.2)));
 * assert.ok(near(klDivergence(q, p), 0.5 * Math.log(5 / 9) + 0.5 * Math.log(5)));
 * ```
 */
export function klDivergence(
  pLogits: tf.Tensor2D,
  qLogits: tf.Tensor2D,
  { temperature = 1, reduction = "batchMean" }: DivergenceOptions = {},
): tf.Scalar {
  return tf.tidy(() => {
    const mean = tf.mean(klDivergenceOfEach(pLogits, qLogits, { temperature }));
    const classes = pLogits.shape[1];
    return (reduction === "elementMean" ? tf.div(mean, classes) : mean) as tf.Scalar;
  });
}
