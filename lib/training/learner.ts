/** Everything a run learns, and what its optimiser remembers of it: the variables of a checkpoint. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/detectors/configuration.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import type { RunVariables } from "./checkpoint.ts";
import { emptySlots, type Slots } from "./optimisers.ts";
import { topRates } from "./top_rates.ts";
import { beginAverage } from "./weight_average.ts";

/** A detector in training. */
export interface Learner extends Disposable {
  /**
   * The detector's parameters, as `forward` takes them: what is validated and kept of a run. With
   * `averageDecay` they are the moving average of those in `trained`, else the same variables.
   */
  readonly parameters: Parameters;
  /** The detector's parameters that steps change: what published weights go into. */
  readonly trained: Parameters;
  /** Those, and the state that only training needs: what `loss` takes. */
  readonly learnt: Parameters;
  /** What the optimiser remembers of each variable that gradients change, by its name in `learnt`. */
  readonly slots: Readonly<Record<string, Slots>>;
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
  const trained = initialiseParameters(detector.parameters, random);
  const learnt = { ...trained, ...initialiseParameters(detector.trainingState, random) };
  const average = training.averageDecay > 0 ? beginAverage(trained) : undefined;

  const slots: Record<string, Slots> = {};
  const variables: Record<string, tf.Variable> = { ...learnt };
  for (const name of Object.keys(topRates({ detector, training }))) {
    slots[name] = emptySlots(training, learnt[name]);
    for (const [slot, variable] of Object.entries(slots[name])) {
      variables[`${training.optimiser}.${slot}.${name}`] = variable;
    }
  }
  for (const [name, variable] of Object.entries(average ?? {})) {
    variables[`average.${name}`] = variable;
  }
  return {
    parameters: average ?? trained,
    trained,
    learnt,
    slots,
    variables,
    [Symbol.dispose]: () => tf.dispose(Object.values(variables)),
  };
}
