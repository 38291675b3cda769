/** Gradients at named tensors, variables or not, of which a function may leave some out. */
import * as tf from "@tensorflow/tfjs";

/** A scalar, and its gradients. */
export interface GradientsAt {
  /** The function's value. */
  readonly value: tf.Scalar;
  /** Of each tensor that the value depends on, by its name, of its shape. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

/**
 * A function's value and its gradients, as `tf.variableGrads` has them for variables.
 *
 * @param at The tensors, which `f` uses from outside; what it does not depend on has no gradient.
 * @param scale What the gradients are multiplied by from the value on, as if it were the value of scale · `f`. Default 1.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { gradientsAt } from "lib/engine/gradients_at.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const w = tf.tensor1d([1, 2]), idle = tf.tensor1d([5]);
 * const { gradients } = gradientsAt(() => tf.sum(tf.square(w)) as tf.Scalar, { w, idle });
 * assert.deepEqual([...gradients.w.dataSync()], [2, 4]);
 * assert.deepEqual(Object.keys(gradients), ["w"]);
 * ```
 */
export function gradientsAt(
  f: () => tf.Scalar,
  at: Readonly<Record<string, tf.Tensor>>,
  scale?: tf.Scalar,
): GradientsAt {
  const names = Object.keys(at), tensors = Object.values(at);
  const { value, grads } = tf.engine().gradients<tf.Scalar>(f, tensors, scale, true);
  const found = names.flatMap((name, i) => grads[i] ? [[name, grads[i]] as const] : []);
  return { value, gradients: Object.fromEntries(found) };
}
