/** PyTorch's weight decay, for all gradients of a step together. */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";
import { recordDecay } from "./optimiser_gradient.ts";

/** Up to so many numbers a variable is small: adding to it takes a GPU less time than launching that does. */
const SMALL = 2 ** 13;

/**
 * Gradients with factor · variable added to each, the same bits one by one or together. Those of small variables,
 * such as batch norms', are laid end to end, so that all take two operations and not two each: networks have
 * hundreds of them, and a GPU waits for every launch. (AdamW's decay is `applyAdam`'s.)
 *
 * @param variables By name; others than the gradients' are left alone.
 * @param gradients Of the variables' shapes, by the same names.
 * @param factor 0 or more.
 * @returns New tensors, in the order of `gradients`.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { decayedGradients } from "lib/engine/weight_decay.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const w = tf.variable(tf.tensor1d([4, 8]));
 * const { g } = decayedGradients({ g: w }, { g: tf.tensor1d([1, 1]) }, tf.scalar(0.5));
 * assert.deepEqual([...g.dataSync()], [3, 5]);
 * ```
 */
export function decayedGradients(
  variables: Readonly<Record<string, tf.Variable>>,
  gradients: Readonly<Record<string, tf.Tensor>>,
  factor: tf.Scalar,
): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const names = Object.keys(gradients);
    const small = names.filter((name) => gradients[name].size <= SMALL);
    const packed = together(small.map((name) => gradients[name]), {
      variables: small.map((name) => variables[name]),
      factor,
    });
    const ofSmall = new Map(small.map((name, i) => [name, packed[i]]));
    return Object.fromEntries(
      names.map((name) => [
        name,
        ofSmall.get(name) ?? alone(gradients[name], { variable: variables[name], factor }),
      ]),
    );
  });
}

/** The gradients of small variables. */
function together(
  gradients: readonly tf.Tensor[],
  { variables, factor }: { variables: readonly tf.Variable[]; factor: tf.Scalar },
): tf.Tensor[] {
  if (gradients.length === 0) return [];
  const flat = (tensors: readonly tf.Tensor[]) =>
    tf.concat(tensors.map((t) => tf.reshape(t, [-1])));
  const decayed = tf.add(flat(gradients), tf.mul(flat(variables), factor));
  return tf.split(decayed, gradients.map(({ size }) => size))
    .map((part, i) => tf.reshape(part, gradients[i].shape));
}

/** The gradient of a large variable. */
function alone(
  gradient: tf.Tensor,
  { variable, factor }: { variable: tf.Variable; factor: tf.Scalar },
): tf.Tensor {
  const backend = capturingBackend(), recorder = backend?.recorder;
  if (!backend || !recorder) return tf.add(gradient, tf.mul(variable as tf.Tensor, factor));
  const [own, weights, by] = backend.getInputTensorIds([gradient, variable, factor]);
  const lost = recordDecay(recorder, { gradient: own, weights, factor: by });
  const type = { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT };
  return backend.createOutputTensor(recorder.executeOp("AddV2", [type], [own, lost], 1)[0]);
}
