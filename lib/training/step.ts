/**
 * One training step, as open code: augmentation, mixup, forward pass, losses, gradients, Adam and running
 * statistics. `compileStep` captures it whole.
 */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import { augment } from "lib/batches/augmentation.ts";
import { mixUp } from "lib/batches/mixup.ts";
import { type AdamDecay, applyAdam } from "lib/engine/adam.ts";
import { weightedTerms } from "lib/losses/automatic_weights.ts";
import { detect } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import type { Learner } from "./learner.ts";
import { type Objective, paperObjective } from "./objective.ts";

/** How fast Adam forgets the gradient and its square, and its ε. [code: PyTorch's defaults] */
export const ADAM: Readonly<AdamDecay & { epsilon: number }> = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
});

/** What a step takes, all of it on the device. */
export interface StepInputs {
  /** int32 `[batch, height, width, 3]`, RGB, 0 to 255. */
  readonly images: tf.Tensor4D;
  /** int32 `[batch]`: 0 real, 1 fake. */
  readonly labels: tf.Tensor1D;
  /** float32 `[batch, 4]`, of `drawAugmentation`. */
  readonly augmentation: tf.Tensor2D;
  /** float32 `[batch, 2]`, of `drawMixup`. */
  readonly mixup: tf.Tensor2D;
  /** int32 `[2]`: the run's seed and the step, for dropout. */
  readonly seed: tf.Tensor1D;
  /** float32 `[3]`: Adam's step size and ε, of `adamNumbers`, and the automatic weights' step size. */
  readonly adam: tf.Tensor1D;
}

/** What a step computes. */
export interface StepOptions {
  /** The run's settings. */
  readonly configuration: Configuration;
  /** What is minimised. Default: the paper's objective, as the configuration says. */
  readonly objective?: Objective;
}

/**
 * Learns from one batch of a run: augments and mixes it, and changes the learner's variables.
 *
 * @returns As `learn`.
 */
export function trainingStep(
  learner: Learner,
  inputs: StepInputs,
  options: StepOptions,
): Record<string, tf.Scalar> {
  const { configuration } = options;
  return tf.tidy(() => {
    const seen = configuration.augmentation === "none"
      ? inputs.images
      : augment(inputs.images, inputs.augmentation);
    const own = {
      images: normaliseImages(seen, configuration),
      targets: tf.oneHot(inputs.labels, 2, 1, 0, "float32") as tf.Tensor2D, // [batch, 2]: real, fake
    };
    const { images: x, targets } = configuration.mixup > 0 ? mixUp(own, inputs.mixup) : own;
    return learn(learner, { ...inputs, x, targets }, options);
  });
}

/** A batch as the detector sees it, and the step's numbers. */
export interface LearnInputs extends Pick<StepInputs, "seed" | "adam"> {
  /** float32 `[batch, height, width, 3]`, of `normaliseImages`. */
  readonly x: tf.Tensor4D;
  /** `[batch, 2]`: probability of real and of fake. */
  readonly targets: tf.Tensor2D;
}

/**
 * The step after augmentation and mixup: changes the learner's variables.
 *
 * @returns Scalars by name: `total`, every term of the objective, and where weights are automatic, each
 * term's as `weightCrossEntropy` and so on; the caller disposes of them.
 */
export function learn(
  learner: Learner,
  { x, targets, seed, adam }: LearnInputs,
  { configuration, objective = paperObjective }: StepOptions,
): Record<string, tf.Scalar> {
  const { parameters, lossWeights, trainable, slots } = learner;
  return tf.tidy(() => {
    const statistics: Record<string, tf.Tensor> = {}, terms: Record<string, tf.Tensor> = {};
    const { value: total, grads } = tf.variableGrads(() => {
      const outputs = detect(x, parameters, configuration, { training: { seed } });
      const loss = objective({ outputs, parameters, targets, configuration, lossWeights });
      keepClones(outputs.statistics, statistics);
      keepClones(loss.terms, terms);
      return loss.total;
    }, [...trainable]);

    // 1 / (2p²) of each term, before the step that changes p.
    const weights = lossWeights ? tf.unstack(tf.div(0.5, tf.square(lossWeights))) : [];
    const ofTerms = weightedTerms(configuration).slice(0, weights.length)
      .map((term, i) => [`weight${term[0].toUpperCase()}${term.slice(1)}`, weights[i]]);

    const [ofDetector, epsilon, ofWeights] = tf.unstack(adam) as tf.Scalar[];
    for (const variable of trainable) {
      const stepSize = variable === lossWeights ? ofWeights : ofDetector;
      const step = { stepSize, epsilon, beta1: ADAM.beta1, beta2: ADAM.beta2 };
      const gradient = grads[variable.name];
      if (!gradient) continue; // a head that no term looks at stays as it is, as in PyTorch
      const { weightDecay } = configuration; // for every variable, as in the official code
      applyAdam(variable, slots[variable.name], { gradient, step, weightDecay });
    }
    for (const [name, statistic] of Object.entries(handOver(statistics))) {
      parameters[name].assign(statistic);
    }
    return { total, ...handOver(terms), ...Object.fromEntries(ofTerms) };
  });
}

/** Saves tensors from the end of the gradient's own scope. */
function keepClones(tensors: Record<string, tf.Tensor>, into: Record<string, tf.Tensor>): void {
  for (const [name, t] of Object.entries(tensors)) into[name] = tf.keep(t.clone());
}

/** Makes saved tensors belong to the scope at hand, which frees them or returns them. */
function handOver(kept: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const own = Object.entries(kept).map(([name, t]) => [name, t.clone()]);
  tf.dispose(Object.values(kept));
  return Object.fromEntries(own);
}
