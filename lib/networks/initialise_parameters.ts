/** First values of parameters, before training and before any published weights are read. */
import * as tf from "@tensorflow/tfjs";
import { handOver } from "lib/engine/hand_over.ts";
import type { Random } from "lib/random.ts";
import {
  isTrained,
  type ParameterRole,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";

/**
 * Variables for the specifications, with PyTorch's distributions:
 *
 * - filters: normal, mean 0, variance 2 / (height · width · outputs) (He et al. 2015, by fan-out, as
 *   torchvision's ResNet is initialised)
 * - matrices, uniform filters, biases and idle parameters: uniform within ±1/√inputs (the default of
 *   `nn.Linear` and `nn.Conv2d`)
 * - batch norm: scale 1, offset 0, running mean 0, running variance 1; gains and loss weights 1, buffers 0
 * - where a specification says otherwise (`first`), as it says
 *
 * @param random Where the numbers come from, drawn in the order of the specifications.
 * @returns A record in that order. The caller frees it with `disposeParameters`.
 * @throws TypeError when a name comes twice.
 *
 * @example Two inputs, one output
 * ```ts
 * import { createRandom } from "lib/random.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { linearParameters } from "lib/networks/parameters.ts";
 * import assert from "node:assert/strict";
 *
 * const specifications = linearParameters("head", { inputs: 2, outputs: 1 });
 * const parameters = initialiseParameters(specifications, createRandom(1, "weights"));
 * assert.deepEqual(Object.keys(parameters), ["head.weight", "head.bias"]);
 * assert.deepEqual(parameters["head.weight"].shape, [2, 1]);
 * assert.ok(parameters["head.weight"].dataSync().every((x) => Math.abs(x) <= Math.SQRT1_2));
 * ```
 */
export function initialiseParameters(
  specifications: readonly ParameterSpecification[],
  random: Random,
): Parameters {
  const parameters: Parameters = {};
  for (const specification of specifications) {
    const { name, shape } = specification;
    if (Object.hasOwn(parameters, name)) throw new TypeError(`Two parameters are named ${name}.`);
    const next = distribution(specification, random);
    const values = new Float32Array(shape.reduce((a, b) => a * b));
    for (let i = 0; i < values.length; i++) values[i] = next(); // Float32Array.from takes ten times as long
    const isOpen = isTrained(specification);
    parameters[name] = tf.tidy(() => tf.variable(handOver(values, shape), isOpen));
  }
  return parameters;
}

/** Roles that begin at 1. */
const AT_ONE: readonly ParameterRole[] = ["scale", "gain", "runningVariance", "lossWeight"];

/** Where the next number of a parameter comes from. */
function distribution(
  { role, shape, fanIn, first: own }: ParameterSpecification,
  random: Random,
): () => number {
  if (own && "values" in own) {
    let at = 0;
    return () => own.values[at++];
  }
  if (own) return () => own.deviation * random.normal();
  if (role === "filter") {
    const [height, width, , outputs] = shape;
    const deviation = Math.sqrt(2 / (height * width * outputs));
    return () => deviation * random.normal();
  }
  if (role === "matrix" || role === "uniformFilter" || role === "bias" || role === "idle") {
    const limit = 1 / Math.sqrt(fanIn);
    return () => limit * (2 * random.uniform() - 1);
  }
  const first = AT_ONE.includes(role) ? 1 : 0;
  return () => first;
}
