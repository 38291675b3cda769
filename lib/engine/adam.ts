/**
 * Adam's update of one variable (Kingma and Ba 2014), and AdamW's (Loshchilov and Hutter 2019): in place in
 * a captured step, composed elsewhere.
 */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";
import { addedBy, leftAfter, recordDecay, requireGradientOf } from "./optimiser_gradient.ts";

/** The two running means that Adam keeps of a variable's gradient. */
export interface AdamSlots {
  /** Running mean of the gradient, of the variable's shape; 0 at first. */
  readonly m: tf.Variable;
  /** Running mean of its square. */
  readonly v: tf.Variable;
}

/** How fast Adam forgets. */
export interface AdamDecay {
  /** Decay of m, 0 to below 1. */
  readonly beta1: number;
  /** Decay of v, 0 to below 1. */
  readonly beta2: number;
}

/** The two numbers of a step, as scalars, so that a captured step can take new ones each time. */
export interface AdamStep extends AdamDecay {
  /** Learning rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly stepSize: tf.Scalar;
  /** ε · √(1 − β₂ᵗ). */
  readonly epsilon: tf.Scalar;
}

/**
 * The two numbers of step t with which Adam's bias correction becomes the plain update
 * θ ← θ − stepSize · m / (√v + epsilon), equal to PyTorch's θ − lr · m̂ / (√v̂ + ε). Computed in
 * float64, for the decays as float32 holds them: that is what the means are kept with.
 *
 * @param t The step, from 1.
 * @throws RangeError when t is not a whole number from 1.
 */
export function adamNumbers(
  t: number,
  { learningRate, beta1, beta2, epsilon }: AdamDecay & { learningRate: number; epsilon: number },
): { stepSize: number; epsilon: number } {
  if (!Number.isInteger(t) || t < 1) throw new RangeError(`Adam counts steps from 1, not ${t}.`);
  const correction = Math.sqrt(1 - Math.fround(beta2) ** t);
  return {
    stepSize: learningRate * correction / (1 - Math.fround(beta1) ** t),
    epsilon: epsilon * correction,
  };
}

/** What moves a variable. */
export interface AdamUpdate {
  /** Gradient of the objective, of the variable's shape; with PyTorch's weight decay, of `decayedGradients`. */
  readonly gradient: tf.Tensor;
  /** The step's numbers. */
  readonly step: AdamStep;
  /** AdamW: learning rate · weight decay, the share of the variable that it loses before Adam's step. */
  readonly decoupledDecay?: tf.Scalar;
  /** 1, or 0: then the variable and its means stay as they are, to the bit, if the gradient is finite. Default 1. */
  readonly taken?: tf.Scalar;
}

/**
 * Moves a variable, and its running means, by one step of Adam.
 *
 * In a captured step this is TensorFlow's ResourceApplyAdam: one operation, in place. What the step
 * reads of the variable, before or after this call, is its value before the step.
 *
 * @throws TypeError when the gradient's shape is not the variable's.
 */
export function applyAdam(
  variable: tf.Variable,
  slots: AdamSlots,
  { gradient, step, taken, ...more }: AdamUpdate,
): void {
  requireGradientOf(variable, gradient);
  const { epsilon, beta1, beta2 } = step, stepSize = addedBy(step.stepSize, taken);
  const decoupledDecay = more.decoupledDecay && addedBy(more.decoupledDecay, taken);
  const backend = capturingBackend(), recorder = backend?.recorder;
  const resources = recorder && [variable, slots.m, slots.v].map((x) => recorder.updatable(x));
  if (backend && recorder && resources?.every((r) => r !== undefined)) {
    const scalars = [
      tf.scalar(0),
      tf.scalar(0),
      stepSize,
      leftAfter(beta1, taken),
      leftAfter(beta2, taken),
      epsilon,
    ];
    const ids = backend.getInputTensorIds([...scalars, gradient]);
    if (decoupledDecay) {
      const [weights, factor] = backend.getInputTensorIds([variable, decoupledDecay]);
      const lost = recordDecay(recorder, { gradient: ids.at(-1)!, weights, factor });
      recorder.updated.update({
        operation: "AssignSubVariableOp",
        attributes: [{ name: "dtype", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT }],
        resources: resources.slice(0, 1),
        inputs: [recorder.output(lost)],
      });
    }
    recorder.updated.update({
      operation: "ResourceApplyAdam",
      attributes: [{ name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT }],
      resources,
      // β₁ᵗ and β₂ᵗ are given as 0: the correction is in stepSize and epsilon already.
      inputs: ids.map((id) => recorder.output(id)),
    });
    return;
  }
  tf.tidy(() => {
    const rest = (beta: number) => addedBy(tf.scalar(1 - Math.fround(beta)), taken);
    const m = tf.add(tf.mul(slots.m, leftAfter(beta1, taken)), tf.mul(gradient, rest(beta1)));
    const v = tf.add(
      tf.mul(slots.v, leftAfter(beta2, taken)),
      tf.mul(tf.square(gradient), rest(beta2)),
    );
    slots.m.assign(m);
    slots.v.assign(v);
    const move = tf.div(tf.mul(m, stepSize), tf.add(tf.sqrt(v), epsilon));
    const before = variable as tf.Tensor;
    const left = decoupledDecay ? tf.sub(before, tf.mul(before, decoupledDecay)) : before;
    variable.assign(tf.sub(left, move));
  });
}
