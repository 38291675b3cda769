/** The exponential moving average of a detector's weights (Polyak averaging): its beginning and its step. */
import * as tf from "@tensorflow/tfjs";
import type { Parameters } from "lib/networks/parameters.ts";

/**
 * Variables for the average of these, with their values; no gradient is taken of them.
 *
 * @returns A record that the caller frees.
 */
export function beginAverage(weights: Parameters): Parameters {
  const copy = (w: tf.Variable) => tf.tidy(() => tf.variable(tf.mul(w, 1), w.trainable));
  return Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, copy(w)]));
}

/**
 * Moves the average on, behind a training step: a ← d · a + (1 − d) · w for every weight, running statistics
 * too, as PyTorch's `AveragedModel` with `get_ema_multi_avg_fn(d)` and `use_buffers`.
 *
 * @param decay d. `averageDecayAt` gives it.
 */
export function moveAverage(average: Parameters, weights: Parameters, decay: tf.Scalar): void {
  tf.tidy(() => {
    const rest = tf.sub(1, decay);
    for (const [name, variable] of Object.entries(average)) {
      variable.assign(tf.add(tf.mul(variable, decay), tf.mul(weights[name], rest)));
    }
  });
}

/** The decay of a step, from 0: the first step's weights are the first average. [PyTorch's `AveragedModel`] */
export function averageDecayAt(step: number, averageDecay: number): number {
  return step === 0 ? 0 : averageDecay;
}
