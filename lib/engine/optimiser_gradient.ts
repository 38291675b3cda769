/** What optimisers ask of a gradient: that it is the variable's, and weight decay with it in a captured step. */
import type * as tf from "@tensorflow/tfjs";
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

/** The id of gradient + factor · weights. */
export function recordDecayedGradient(recorder: Recorder, decay: RecordedDecay): number {
  const ids = [decay.gradient, recordDecay(recorder, decay)];
  return recorder.executeOp("AddV2", FLOAT, ids, 1)[0].id;
}
