/** How hard each term of the objective pulls at the backbones, against the cross-entropy. */
import * as tf from "@tensorflow/tfjs";
import {
  type ExposingDetector,
  LOSS_WEIGHTS,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { paperObjective, weightedTerms } from "lib/losses/paper_objective.ts";
import type { Learner } from "lib/training/learner.ts";

/** A batch as the detector sees it. */
export interface GradientBatch {
  /** Normalised images. */
  readonly images: tf.Tensor4D;
  /** `[batch, 2]`: probability of real and of fake. */
  readonly classes: tf.Tensor2D;
}

/**
 * |gradient of a weighted term| / |gradient of the weighted cross-entropy|, over all parameters of the
 * blocks, for the information losses that the configuration has on. Weights are those of the moment.
 *
 * @returns Shares from 0 by the term's name; a term that is off is missing.
 */
export async function gradientShares(
  { parameters, learnt }: Learner,
  { images, classes }: GradientBatch,
  detector: ExposingDetector,
): Promise<Record<string, number>> {
  const { settings } = detector;
  const backbones = Object.entries(parameters)
    .filter(([name, variable]) => name.startsWith("region_model") && variable.trainable)
    .map(([, variable]) => variable);
  const names = weightedTerms(settings, settings.blocks);
  const p = await learnt[LOSS_WEIGHTS]?.data();
  const fixed = {
    crossEntropy: 1,
    localInformation: settings.alpha,
    globalInformation: settings.beta,
  };
  const lengths: number[] = [];
  for (const [i, name] of names.entries()) {
    const length = tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const outputs = detector.forward(images, parameters, {
          training: { seed: tf.tensor1d([1, 1], "int32"), updates: {} },
        });
        const unweighted = { ...settings, lossWeights: "fixed" } as const;
        return paperObjective(outputs, classes, { settings: unweighted }).terms[name];
      }, backbones);
      const squares = Object.values(grads).filter(Boolean).map((g) => tf.sum(tf.square(g)));
      return tf.sqrt(tf.addN(squares));
    });
    lengths.push((await length.data())[0] * (p ? 1 / (2 * p[i] ** 2) : fixed[name]));
    length.dispose();
  }
  return Object.fromEntries(names.slice(1).map((name, i) => [name, lengths[i + 1] / lengths[0]]));
}
