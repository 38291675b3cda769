/**
 * A step of learning within a loss (Finn et al., "Model-Agnostic Meta-Learning", 2017): parameters that have
 * learnt from some pictures, as a function of those that had not.
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { gradientsAt } from "lib/engine/gradients_at.ts";
import type { Parameters } from "lib/networks/parameters.ts";

/** How a step is taken. */
export interface InnerStep {
  /** Names of the parameters that learn; the others stay as they are. */
  readonly names: readonly string[];
  /** Learning rate. */
  readonly rate: number;
  /**
   * Whether what is computed of the result is differentiated through the step's gradient too, or with it as a
   * constant.
   */
  readonly order: "first" | "second";
}

/**
 * θ′ = θ − rate · ∂L/∂θ.
 *
 * @param loss L, computed when it is called. What it makes besides is freed behind it, unless kept.
 * @returns `adapted`: all parameters, those that learnt as tensors, which are read like variables. `before`: L.
 * @throws RangeError where the loss does not depend on one of the names.
 *
 * @example The slope of (θ − rate · θ)² / 2 behind a step on θ² / 2, exact and of first order
 * ```ts
 * import { innerStep } from "lib/detectors/ost/inner_step.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const theta = tf.variable(tf.scalar(1)), half = (x: tf.Tensor) => tf.div(tf.square(x), 2) as tf.Scalar;
 * const slope = (order: "first" | "second") =>
 *   tf.variableGrads(() => {
 *     const step = { names: ["theta"], rate: 0.25, order };
 *     return half(innerStep({ theta }, () => half(theta), step).adapted.theta);
 *   }).grads[theta.name].dataSync()[0];
 * assert.deepEqual([slope("first"), slope("second")], [0.75, 0.5625]);
 * ```
 */
export function innerStep(
  parameters: Parameters,
  loss: () => tf.Scalar,
  { names, rate, order }: InnerStep,
): { adapted: Parameters; before: tf.Scalar } {
  const at = Object.fromEntries(names.map((name) => [name, parameters[name] as tf.Tensor]));
  const { value: before, gradients } = gradientsAt(loss, at);
  const idle = names.filter((name) => !gradients[name]);
  if (idle.length > 0) {
    throw new RangeError(
      `The loss of the step within does not depend on ${
        idle.join(", ")
      }. Compute it in the function that is ` +
        "given, or before it within another gradient, and name only what it depends on.",
    );
  }
  const moved = Object.entries(gradients).map(([name, gradient]) => {
    const slope = order === "second" ? gradient : withoutGradient(() => gradient.clone());
    return [name, tf.sub(at[name], tf.mul(slope, rate))];
  });
  return { adapted: { ...parameters, ...Object.fromEntries(moved) } as Parameters, before };
}
