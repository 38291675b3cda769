/** What optimisers ask of a gradient: that it is the variable's, and what decays beside it in a captured step. */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import type { Recorder } from "./operation_recorder.ts";

/**
 * Check that a gradient is a variable's.
 *
 * @throws TypeError when its shape is another one, naming both.
 */
export function requireGradientOf(variable: tf.Variable, gradient: tf.Tensor): void {
  if (String(gradient.shape) === String(variable.shape)) return;
  throw new TypeError(
    `The gradient of ${variable.name} is [${gradient.shape}], the variable [${variable.shape}].`,
  );
}

/**
 * A factor that is left of something after a step, as the step has it: itself where the step is taken, and 1, all
 * of it, where it is skipped.
 *
 * @param taken 1 or 0; undefined: it is taken.
 */
export function leftAfter(factor: number, taken: tf.Scalar | undefined): tf.Scalar {
  if (!taken) return tf.scalar(factor);
  return tf.add(tf.mul(taken, factor), tf.sub(1, taken)) as tf.Scalar;
}

/** A factor of what a step adds: itself, and 0 where the step is skipped. */
export function addedBy(factor: tf.Scalar, taken: tf.Scalar | undefined): tf.Scalar {
  return taken ? tf.mul(factor, taken) as tf.Scalar : factor;
}

/** Ids of what is recorded. */
export interface RecordedDecay {
  /** Of the gradient. */
  readonly gradient: number;
  /** Of the variable's value as it is when the step begins. */
  readonly weights: number;
  /** Of the scalar that the value is multiplied by. */
  readonly factor: number;
}

const FLOAT = [{ name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT }];

/**
 * The id of factor · weights. The product waits for the gradient: left free, TensorFlow would begin the
 * step with the products of all variables, and keep them, the size of the model, to its end.
 */
export function recordDecay(
  recorder: Recorder,
  { gradient, weights, factor }: RecordedDecay,
): number {
  return recorder.executeOp("Mul", FLOAT, [weights, factor], 1, [gradient])[0].id;
}
