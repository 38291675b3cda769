/** The layers of a network that stands inside another one: its names begin with a prefix. */
import type { Layers } from "./layers.ts";

/**
 * Layers that put a prefix before every name, of parameters and in the tap.
 *
 * @param prefix With its dot, such as `"xception_rgb.model."`.
 * @param layers Those of the whole network.
 *
 * @example A linear layer inside a part
 * ```ts
 * import { openLayers } from "lib/networks/layers.ts";
 * import { layersUnder } from "lib/networks/layers_under.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = {
 *   "part.head.weight": tf.variable(tf.tensor2d([[2]])),
 *   "part.head.bias": tf.variable(tf.tensor1d([1])),
 * };
 * const { linear } = layersUnder("part.", openLayers(parameters, {}));
 * assert.equal(linear(tf.tensor2d([[3]]), "head").dataSync()[0], 7);
 * ```
 */
export function layersUnder(prefix: string, layers: Layers): Layers {
  return {
    ...layers,
    convolution: (x, name, options) => layers.convolution(x, prefix + name, options),
    batchNorm: (x, name, options) => layers.batchNorm(x, prefix + name, options),
    layerNorm: (x, name, epsilon) => layers.layerNorm(x, prefix + name, epsilon),
    linear: (x, name) => layers.linear(x, prefix + name),
    parameter: (name) => layers.parameter(prefix + name),
    has: (name) => layers.has(prefix + name),
    tap: (name, activation) => layers.tap(prefix + name, activation),
  };
}
