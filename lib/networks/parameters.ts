/**
 * What a network's parameters are: a flat record of variables under the names of a PyTorch state
 * dict. Networks are functions of such a record; they own nothing.
 */
import * as tf from "@tensorflow/tfjs";

/**
 * Variables by name, such as `region_model1.layer1.0.conv1.weight`, in the order of the state dict.
 * Learnt ones are trainable; the running mean and variance of batch norm are not. Weights have their
 * axes in TensorFlow's order; see `torch_layout.ts`. Whoever made the record frees it, with
 * `disposeParameters`.
 */
export type Parameters = Record<string, tf.Variable>;

/**
 * What a parameter is for, which decides its first value and whether it is learnt. `"idle"` ones are in
 * published weights and never run; a `"gain"` is a factor by channel that begins at 1 and belongs to no batch
 * norm; a `"lossWeight"` begins at 1; a `"buffer"` begins at 0 and is changed by the updates of a training
 * pass only, as running statistics are: centres, queues, moving copies.
 */
export type ParameterRole =
  | "filter"
  | "uniformFilter"
  | "matrix"
  | "bias"
  | "idle"
  | "scale"
  | "offset"
  | "gain"
  | "runningMean"
  | "runningVariance"
  | "lossWeight"
  | "buffer";

/** What the second matrix of a low-rank adapter does to a weight W: W += scale · down · up. */
export interface AdapterUse {
  /** Name of the weight, `[inputs, outputs]`. */
  readonly weight: string;
  /** Name of the adapter's first matrix, `[inputs, rank]`; its second one is `[rank, some outputs]`. */
  readonly down: string;
  /** The first of the weight's outputs that it changes. */
  readonly firstOutput: number;
  /** What the product is multiplied by. */
  readonly scale: number;
}

/** One parameter, before it has a value. */
export interface ParameterSpecification {
  /** Name in the PyTorch state dict. */
  readonly name: string;
  /** Shape in TensorFlow.js: `[height, width, in, out]`, `[in, out]` or `[channels]`; a buffer's is any. */
  readonly shape: readonly number[];
  /** What it is for. */
  readonly role: ParameterRole;
  /** Inputs of the layer it belongs to, counted over the window; 0 for batch norm. */
  readonly fanIn: number;
  /** Of a batch norm's scale: what is added to the variance. */
  readonly epsilon?: number;
  /** Of a batch norm behind an activation: it is no part of the layer before it, and cannot be merged. */
  readonly behindActivation?: true;
  /** Whether it stays as published weights have it: it runs, and no gradient is taken of it. */
  readonly fixed?: boolean;
  /** Of a low-rank adapter (LoRA): its second matrix says what it does; both can be merged into the weight. */
  readonly adapter?: true | AdapterUse;
  /** First values that are not the role's: normal of mean 0 and this deviation, or these numbers. */
  readonly first?: { readonly deviation: number } | { readonly values: ArrayLike<number> };
}

/** Roles whose values no gradient changes. */
const NOT_LEARNT: readonly ParameterRole[] = ["runningMean", "runningVariance", "idle", "buffer"];

/** Whether a gradient step changes a parameter of this role. */
export function isLearnt(role: ParameterRole): boolean {
  return !NOT_LEARNT.includes(role);
}

/** Whether a gradient step changes this parameter. */
export function isTrained(
  { role, fixed }: Pick<ParameterSpecification, "role" | "fixed">,
): boolean {
  return isLearnt(role) && !fixed;
}

/** Whether there is a batch norm among parameters, whose statistics depend on what is passed over at once. */
export function isNormed(parameters: readonly Pick<ParameterSpecification, "role">[]): boolean {
  return parameters.some(({ role }) => role === "runningMean");
}

/** The size of a convolution, and how it begins. */
export interface ConvolutionSize {
  /** Side of the square window in pixels. */
  readonly size: number;
  /** Channels that a filter sees: 1 for a depthwise convolution, which has a filter for each channel. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
  /** Whether there is a bias. Default false: a batch norm follows. */
  readonly bias?: boolean;
  /** First values: `"filter"` as in torchvision's ResNet (default), or PyTorch's own default. */
  readonly role?: "filter" | "uniformFilter";
  /** Standard deviation of the weight's first values, where it is neither; they are normal. */
  readonly deviation?: number;
}

/** The weight of a convolution, `[size, size, inputs, outputs]`, and its bias if it has one. */
export function convolutionParameters(
  name: string,
  { size, inputs, outputs, bias = false, role = "filter", deviation }: ConvolutionSize,
): ParameterSpecification[] {
  const fanIn = size * size * inputs,
    first = deviation === undefined ? {} : { first: { deviation } };
  return [
    { name: `${name}.weight`, shape: [size, size, inputs, outputs], role, fanIn, ...first },
    ...(bias ? [{ name: `${name}.bias`, shape: [outputs], role: "bias", fanIn } as const] : []),
  ];
}

/**
 * Scale, offset and running statistics of a batch norm over `channels` channels. They stand directly
 * after the parameters of the layer that is normalised, as in the state dict.
 *
 * @param epsilon What is added to the variance; PyTorch's default is 1e-5.
 * @param behindActivation Whether an activation stands between the layer and this one. Default false.
 */
export function batchNormParameters(
  name: string,
  channels: number,
  { epsilon = 1e-5, behindActivation = false }: {
    epsilon?: number;
    behindActivation?: boolean;
  } = {},
): ParameterSpecification[] {
  const shape = [channels], fanIn = 0;
  const after = behindActivation ? { behindActivation } as const : {};
  return [
    { name: `${name}.weight`, shape, role: "scale", fanIn, epsilon, ...after },
    { name: `${name}.bias`, shape, role: "offset", fanIn, ...after },
    { name: `${name}.running_mean`, shape, role: "runningMean", fanIn, ...after },
    { name: `${name}.running_var`, shape, role: "runningVariance", fanIn, ...after },
  ];
}

/** Scale and offset of a layer norm over `channels` channels. */
export function layerNormParameters(name: string, channels: number): ParameterSpecification[] {
  const shape = [channels], fanIn = 0;
  return [
    { name: `${name}.weight`, shape, role: "gain", fanIn },
    { name: `${name}.bias`, shape, role: "offset", fanIn },
  ];
}

/**
 * Weight and bias of a classifier that published weights have and the detector never runs. They are
 * kept so that such weights are read and written whole; no gradient reaches them.
 */
export function idleClassifier(
  name: string,
  { inputs, outputs }: { inputs: number; outputs: number },
): ParameterSpecification[] {
  return linearParameters(name, { inputs, outputs })
    .map((specification) => ({ ...specification, role: "idle" }));
}

/** Weight and bias of a linear layer. */
export function linearParameters(
  name: string,
  { inputs, outputs }: { inputs: number; outputs: number },
): ParameterSpecification[] {
  return [
    { name: `${name}.weight`, shape: [inputs, outputs], role: "matrix", fanIn: inputs },
    { name: `${name}.bias`, shape: [outputs], role: "bias", fanIn: inputs },
  ];
}

/**
 * How many numbers are learnt, in each part of the model: a part is a name up to its first dot.
 * Running statistics are not counted, as in papers.
 *
 * @example Four weights and two biases
 * ```ts
 * import { countParameters } from "lib/networks/parameters.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const parameters = {
 *   "linear.1.weight": tf.variable(tf.zeros([2, 2])),
 *   "linear.1.bias": tf.variable(tf.zeros([2])),
 *   "norm.running_mean": tf.variable(tf.zeros([2]), false),
 * };
 * assert.deepEqual(countParameters(parameters), { linear: 6 });
 * ```
 */
export function countParameters(parameters: Parameters): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, variable] of Object.entries(parameters)) {
    if (!variable.trainable) continue;
    const part = name.split(".", 1)[0];
    counts[part] = (counts[part] ?? 0) + variable.size;
  }
  return counts;
}

/** Frees every variable of the record. */
export function disposeParameters(parameters: Parameters): void {
  tf.dispose(Object.values(parameters));
}
