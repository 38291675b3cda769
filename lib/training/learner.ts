/** Everything a run learns, and what Adam remembers of it: the variables of a checkpoint. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { AdamSlots } from "lib/engine/adam.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import type { RunVariables } from "./checkpoint.ts";

/** A detector in training. */
export interface Learner extends Disposable {
  /** The detector's parameters, as `forward` takes them: what is kept of a run. */
  readonly parameters: Parameters;
  /** The parameters, and the state that only training needs: what `loss` takes. */
  readonly learnt: Parameters;
  /** Adam's running means of each variable that gradients change, by its name in `learnt`. */
  readonly slots: Readonly<Record<string, AdamSlots>>;
  /** All of it under lasting names, for a checkpoint. */
  readonly variables: RunVariables;
}

/**
 * A detector with fresh weights, drawn from the configuration's seed.
 *
 * The caller frees it with `using`, or by `learner[Symbol.dispose]()`; that frees the parameters too.
 */
export function createLearner({ detector, training }: Configuration): Learner {
  const random = createRandom(training.seed, "weights");
  const parameters = initialiseParameters(detector.parameters, random);
  const learnt = { ...parameters, ...initialiseParameters(detector.trainingState, random) };

  const slots: Record<string, AdamSlots> = {};
  const variables: Record<string, tf.Variable> = { ...learnt };
  const zeros = (like: tf.Variable) =>
    tf.tidy(() => tf.variable(tf.zerosLike(like as tf.Tensor), false));
  for (const [name, variable] of Object.entries(learnt)) {
    if (!variable.trainable) continue;
    const slot = { m: zeros(variable), v: zeros(variable) };
    slots[name] = slot;
    variables[`adam.m.${name}`] = slot.m;
    variables[`adam.v.${name}`] = slot.v;
  }
  return {
    parameters,
    learnt,
    slots,
    variables,
    [Symbol.dispose]: () => tf.dispose(Object.values(variables)),
  };
}
