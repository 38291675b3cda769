/** Adding to a variable: in place in a captured step, composed elsewhere. */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";

/**
 * Adds a tensor to a float32 variable of its shape. In a captured step this is TensorFlow's
 * AssignAddVariableOp: as soon as the tensor is there it is added, and its memory is free. The step cannot read
 * the variable afterwards.
 *
 * @throws TypeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { addTo } from "lib/engine/add_to.ts";
 * import { compileStep } from "lib/engine/compile.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const sum = tf.variable(tf.zeros([2]));
 * const add = compileStep((x) => {
 *   addTo(sum, x);
 *   return x;
 * }, [tf.zeros([2])]);
 * for (const x of [[1, 2], [3, 4]]) add(tf.tensor1d(x));
 * assert.deepEqual([...sum.dataSync()], [4, 6]);
 * ```
 */
export function addTo(variable: tf.Variable, value: tf.Tensor): void {
  if (String(value.shape) !== String(variable.shape)) {
    throw new TypeError(`[${value.shape}] cannot be added to a variable of [${variable.shape}].`);
  }
  const backend = capturingBackend(), recorder = backend?.recorder;
  const resource = recorder?.updatable(variable);
  if (!backend || !recorder || !resource) {
    tf.tidy(() => variable.assign(tf.add(variable as tf.Tensor, value)));
    return;
  }
  const [id] = backend.getInputTensorIds([value]);
  recorder.updated.update({
    operation: "AssignAddVariableOp",
    attributes: [{ name: "dtype", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT }],
    resources: [resource],
    inputs: [recorder.output(id)],
  });
}
