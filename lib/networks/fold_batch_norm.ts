/** Merges batch norms into the layers before them, for inference in fewer operations. */
import * as tf from "@tensorflow/tfjs";
import {
  type DetectorConfiguration,
  detectorParameters,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { Parameters } from "./parameters.ts";

/** Where a batch norm goes. */
interface Fold {
  /** Name of the layer that is normalised. */
  readonly layer: string;
  /** Name of the batch norm. */
  readonly norm: string;
  /** What is added to the variance. */
  readonly epsilon: number;
}

/**
 * A detector's parameters with every batch norm merged, by its running statistics, into the
 * convolution or linear layer before it:
 *
 *     s = scale / √(variance + ε),   W′ = s · W,   b′ = offset + s · (b − mean)
 *
 * `detect(images, folded, configuration, { folded: true })` answers as the original does, up to
 * rounding. A tap then sees at a convolution what it saw at the batch norm behind it.
 *
 * @param parameters Of `createDetector` for the same configuration; they stay as they are.
 * @returns A record that the caller frees with `disposeParameters`. Changing it, or the original,
 * does not change the other.
 *
 * @example The same answer without batch norm
 * ```ts
 * import { SMOKE } from "lib/config.ts";
 * import { createDetector, detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
 * import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
 * import { createRandom } from "lib/random.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = createDetector(SMOKE, createRandom(1, "weights"));
 * const folded = foldBatchNorm(parameters, SMOKE);
 * const images = tf.ones<tf.Rank.R4>([1, 32, 32, 3]);
 * const original = detect(images, parameters, SMOKE).global.dataSync();
 * const answer = detect(images, folded, SMOKE, { folded: true }).global.dataSync();
 * answer.forEach((logit, i) => assert.ok(Math.abs(logit - original[i]) < 1e-5));
 * ```
 */
export function foldBatchNorm(
  parameters: Parameters,
  configuration: DetectorConfiguration,
): Parameters {
  const folded: Parameters = {};
  let layer = "";
  let norm = "";
  for (const { name, role, epsilon } of detectorParameters(configuration)) {
    const owner = name.slice(0, name.lastIndexOf("."));
    if (role === "scale") {
      norm = owner;
      // A batch norm's parameters stand directly after those of its layer.
      fold(folded, parameters, { layer, norm, epsilon: epsilon! });
    } else if (owner !== norm) {
      layer = owner;
      folded[name] = tf.variable(parameters[name], parameters[name].trainable);
    }
  }
  return folded;
}

/** Replaces a layer's weight and bias; the last axis of every weight is its outputs. */
function fold(folded: Parameters, parameters: Parameters, { layer, norm, epsilon }: Fold): void {
  const [weight, bias] = tf.tidy(() => {
    const variance = parameters[`${norm}.running_var`];
    const s = tf.div(parameters[`${norm}.weight`], tf.sqrt(tf.add(variance, epsilon)));
    const mean = parameters[`${norm}.running_mean`];
    const own = parameters[`${layer}.bias`];
    const shift = own ? tf.sub(own, mean) : tf.neg(mean);
    return [
      tf.mul(parameters[`${layer}.weight`], s),
      tf.add(parameters[`${norm}.bias`], tf.mul(s, shift)),
    ];
  });
  folded[`${layer}.weight`].dispose();
  folded[`${layer}.bias`]?.dispose();
  folded[`${layer}.weight`] = tf.variable(weight);
  folded[`${layer}.bias`] = tf.variable(bias);
  tf.dispose([weight, bias]);
}
