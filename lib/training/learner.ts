/** Everything a run learns, and what Adam remembers of it: the variables of a checkpoint. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/config.ts";
import type { AdamSlots } from "lib/engine/adam.ts";
import { createLossWeights } from "lib/losses/automatic_weights.ts";
import { createDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { type Parameters, trainableVariables } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import type { RunVariables } from "./checkpoint.ts";

/** A detector in training. */
export interface Learner extends Disposable {
  /** The detector's parameters, as `detect` takes them. */
  readonly parameters: Parameters;
  /** Weights of the loss terms, where the configuration has them learnt. */
  readonly lossWeights: tf.Variable<tf.Rank.R1> | undefined;
  /** What gradients change: parameters but for running statistics, and the loss weights. */
  readonly trainable: readonly tf.Variable[];
  /** Adam's running means, by the name of the variable (`variable.name`). */
  readonly slots: Readonly<Record<string, AdamSlots>>;
  /** All of it under lasting names, for a checkpoint. */
  readonly variables: RunVariables;
}

/**
 * A detector with fresh weights, drawn from the configuration's seed.
 *
 * The caller frees it with `using`, or by `learner[Symbol.dispose]()`; that frees the parameters too.
 */
export function createLearner(configuration: Configuration): Learner {
  const parameters = createDetector(configuration, createRandom(configuration.seed, "weights"));
  const lossWeights = configuration.lossWeights === "automatic"
    ? createLossWeights(configuration)
    : undefined;
  const learnt: Record<string, tf.Variable> = { ...parameters };
  if (lossWeights) learnt["loss_weights"] = lossWeights as tf.Variable;

  const slots: Record<string, AdamSlots> = {};
  const variables: Record<string, tf.Variable> = { ...learnt };
  const zeros = (like: tf.Variable) =>
    tf.tidy(() => tf.variable(tf.zerosLike(like as tf.Tensor), false));
  for (const [name, variable] of Object.entries(learnt)) {
    if (!variable.trainable) continue;
    const slot = { m: zeros(variable), v: zeros(variable) };
    slots[variable.name] = slot;
    variables[`adam.m.${name}`] = slot.m;
    variables[`adam.v.${name}`] = slot.v;
  }
  return {
    parameters,
    lossWeights,
    trainable: trainableVariables(learnt),
    slots,
    variables,
    [Symbol.dispose]: () => tf.dispose(Object.values(variables)),
  };
}
