/**
 * Stochastic gradient descent's update of one variable, with momentum as PyTorch has it: in place in a
 * captured step, composed elsewhere.
 */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { addedBy, leftAfter, requireGradientOf } from "./optimiser_gradient.ts";

/** What SGD remembers of a variable. */
export interface SgdSlots {
  /** The movement so far, of the variable's shape; 0 at first. */
  readonly velocity: tf.Variable;
}

/** What moves a variable. */
export interface SgdUpdate {
  /** Gradient of the objective, of the variable's shape; with weight decay, of `decayedGradients`. */
  readonly gradient: tf.Tensor;
  /** The learning rate, as a scalar, so that a captured step can take another one each time. */
  readonly rate: tf.Scalar;
  /** μ, 0 to below 1: what is left of the velocity after a step. */
  readonly momentum: number;
  /** Whether the step looks ahead along the velocity (Nesterov). Default false. */
  readonly nesterov?: boolean;
  /** 1, or 0: then the variable and its velocity stay as they are, if the gradient is 0. Default 1. */
  readonly taken?: tf.Scalar;
}

/**
 * Moves a variable, and its velocity, by one step of PyTorch's SGD without dampening: with g the gradient,
 *
 *     v ← μ v + g,   θ ← θ − rate · v,   or with Nesterov's   θ ← θ − rate · (g + μ v)
 *
 * In a captured step this is TensorFlow's ResourceApplyMomentum: one operation, in place. What the step
 * reads of the variable, before or after this call, is its value before the step.
 *
 * @throws TypeError when the gradient's shape is not the variable's.
 *
 * @example The second step of a gradient that stays the same goes 1 + μ times as far
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { applySgd } from "lib/engine/sgd.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const w = tf.variable(tf.tensor1d([1])), slots = { velocity: tf.variable(tf.zeros([1]), false) };
 * const update = { gradient: tf.tensor1d([2]), rate: tf.scalar(0.125), momentum: 0.5 };
 * applySgd(w, slots, update);
 * assert.equal(w.dataSync()[0], 0.75);
 * applySgd(w, slots, update);
 * assert.equal(w.dataSync()[0], 0.75 - 0.25 * 1.5);
 * ```
 */
export function applySgd(
  variable: tf.Variable,
  { velocity }: SgdSlots,
  { gradient, momentum, nesterov = false, taken, ...more }: SgdUpdate,
): void {
  requireGradientOf(variable, gradient);
  const rate = addedBy(more.rate, taken);
  const backend = capturingBackend(), recorder = backend?.recorder;
  const resources = recorder && [variable, velocity].map((x) => recorder.updatable(x));
  if (backend && recorder && resources?.every((r) => r !== undefined)) {
    const ids = backend.getInputTensorIds([rate, gradient, leftAfter(momentum, taken)]);
    recorder.updated.update({
      operation: "ResourceApplyMomentum",
      attributes: [
        { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
        { name: "use_nesterov", type: ATTRIBUTES.BOOL, value: nesterov },
      ],
      resources,
      inputs: ids.map((id) => recorder.output(id)),
    });
    return;
  }
  tf.tidy(() => {
    const v = tf.add(tf.mul(velocity, leftAfter(momentum, taken)), gradient);
    velocity.assign(v);
    const move = nesterov ? tf.add(gradient, tf.mul(v, momentum)) : v;
    variable.assign(tf.sub(variable as tf.Tensor, tf.mul(move, rate)));
  });
}
