/**
 * Weights of the terms of the objective that are learnt with the network (Liebel and Körner 2018),
 * which is how the paper determines α and β of Eq. 13.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * The weighted sum of loss terms with its regulariser:
 *
 *     L = Σₖ Lₖ / (2 pₖ²) + log(1 + pₖ²)
 *
 * Up to the logarithms, which do not depend on the network, this is 1/(2p₁²) times Eq. 13 with
 * α = p₁²/p_LIL² and β = p₁²/p_GIL². Only pₖ² matters, so the sign of pₖ means nothing.
 *
 * @param losses K scalars.
 * @param weights p, `[K]`. At pₖ = 0 the sum is infinite, as its formula says.
 * @returns A scalar.
 * @throws TypeError when there are not as many weights as losses.
 *
 * @example At the start every term has half its size
 * ```ts
 * import { automaticWeightedLoss } from "lib/losses/automatic_weights.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const loss = automaticWeightedLoss([tf.scalar(1), tf.scalar(2)], tf.ones([2]));
 * assert.ok(Math.abs(loss.dataSync()[0] - (0.5 + 1 + 2 * Math.LN2)) < 1e-6);
 * ```
 */
export function automaticWeightedLoss(
  losses: readonly tf.Scalar[],
  weights: tf.Tensor1D,
): tf.Scalar {
  if (weights.rank !== 1 || weights.shape[0] !== losses.length) {
    throw new TypeError(
      `automaticWeightedLoss: ${losses.length} losses need weights [${losses.length}], ` +
        `not [${weights.shape}]. There is one for each term that is on.`,
    );
  }
  return tf.tidy(() => {
    const pSquared = tf.square(weights);
    const weighted = tf.div(tf.stack([...losses]), tf.mul(2, pSquared));
    return tf.sum(tf.add(weighted, tf.log1p(pSquared))) as tf.Scalar;
  });
}
