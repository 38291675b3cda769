/** Low-rank adapters (LoRA, Hu et al. 2022) merged into the weights beside which they stand. */
import * as tf from "@tensorflow/tfjs";
import type { Parameters, ParameterSpecification } from "./parameters.ts";

/**
 * Adds to each adapted weight what its adapters add to the layer's answer:
 *
 *     W′ = W + scale · A B   in the outputs that they change
 *
 * so that the network without them answers as it did with them, up to rounding.
 *
 * @param weights A record that has the weights and not the adapters, as variables of its own: they are changed.
 * @param from The adapters, and what they do.
 *
 * @example One adapter of rank 1, on the second of two outputs
 * ```ts
 * import { mergeAdapters } from "lib/networks/merge_adapters.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const weights = { "fc.weight": tf.variable(tf.zeros([2, 2])) };
 * const parameters = { a: tf.variable(tf.tensor2d([[1], [2]])), b: tf.variable(tf.tensor2d([[3]])) };
 * const of = { role: "matrix", fanIn: 1 } as const;
 * const adapter = { weight: "fc.weight", down: "a", firstOutput: 1, scale: 0.5 };
 * mergeAdapters(weights, {
 *   parameters,
 *   specifications: [
 *     { name: "a", shape: [2, 1], ...of, adapter: true },
 *     { name: "b", shape: [1, 1], ...of, adapter },
 *   ],
 * });
 * assert.deepEqual([...weights["fc.weight"].dataSync()], [0, 1.5, 0, 3]);
 * ```
 */
export function mergeAdapters(
  weights: Parameters,
  { parameters, specifications }: {
    parameters: Parameters;
    specifications: readonly ParameterSpecification[];
  },
): void {
  for (const { name, shape: [, changed], adapter } of specifications) {
    if (!adapter || adapter === true) continue;
    const weight = weights[adapter.weight], rest = weight.shape[1]! - adapter.firstOutput - changed;
    tf.tidy(() => {
      const [down, up] = [adapter.down, name].map((part) => parameters[part] as tf.Tensor2D);
      const change = tf.mul(tf.matMul(down, up), adapter.scale);
      weight.assign(tf.add(weight, tf.pad(change, [[0, 0], [adapter.firstOutput, rest]])));
    });
  }
}
