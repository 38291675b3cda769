/** How hard each term of the objective pulls at the backbones, against the cross-entropy. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { weightedTerms } from "lib/losses/automatic_weights.ts";
import { detectorLoss } from "lib/losses/detector_loss.ts";
import { detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { Learner } from "lib/training/learner.ts";

/** A batch as `learn` takes it. */
export interface GradientBatch {
  /** Normalised images. */
  readonly x: tf.Tensor4D;
  /** `[batch, 2]`. */
  readonly targets: tf.Tensor2D;
}

/**
 * |gradient of a weighted term| / |gradient of the weighted cross-entropy|, over all parameters of the
 * blocks, for the information losses that the configuration has on. Weights are those of the moment.
 *
 * @returns Shares from 0 by the term's name; a term that is off is missing.
 */
export async function gradientShares(
  learner: Learner,
  { x, targets }: GradientBatch,
  configuration: Configuration,
): Promise<Record<string, number>> {
  const { parameters, lossWeights } = learner;
  const backbones = Object.entries(parameters)
    .filter(([name, variable]) => name.startsWith("region_model") && variable.trainable)
    .map(([, variable]) => variable);
  const names = weightedTerms(configuration);
  const p = lossWeights ? await lossWeights.data() : undefined;
  const fixed = {
    crossEntropy: 1,
    localInformation: configuration.alpha,
    globalInformation: configuration.beta,
  };
  const lengths: number[] = [];
  for (const [i, name] of names.entries()) {
    const length = tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const outputs = detect(x, parameters, configuration, {
          training: { seed: tf.tensor1d([1, 1], "int32") },
        });
        const unweighted = { ...configuration, lossWeights: "fixed" } as const;
        return detectorLoss(outputs, targets, { configuration: unweighted }).terms[name];
      }, backbones);
      const squares = Object.values(grads).filter(Boolean).map((g) => tf.sum(tf.square(g)));
      return tf.sqrt(tf.addN(squares));
    });
    lengths.push((await length.data())[0] * (p ? 1 / (2 * p[i] ** 2) : fixed[name]));
    length.dispose();
  }
  return Object.fromEntries(names.slice(1).map((name, i) => [name, lengths[i + 1] / lengths[0]]));
}
