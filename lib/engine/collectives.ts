/**
 * What the processes of a group compute together, by TensorFlow's own collectives: sums and means over
 * their devices, within a captured function or at once. All processes must do the same ones in the
 * same order; each waits for the others, and fails when one of them has ended.
 */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { type Attribute, ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import type { Recorder } from "./operation_recorder.ts";

/** This process among those that compute together. */
export interface Membership {
  /** Its number, from 0. */
  readonly rank: number;
  /** How many there are; 1: it is alone, and every mean is what it is given. */
  readonly size: number;
}

/** This process's place in the group that the engine was started with. */
export function membership(): Membership {
  const group = capturingBackend()?.eager.context.group;
  return group ? { rank: group.rank, size: group.addresses.length } : { rank: 0, size: 1 };
}

/** All devices are one group of this number. */
const GROUP_KEY = 1;

/** Numbers of the collectives so far, alike in all processes: by them parts find each other. */
let instances = 0;

/** How many collectives this process has begun, or recorded in a capture, so far. */
export const collectivesSoFar = (): number => instances;

/** The last collective of each recording: on GPUs they must be begun in one order everywhere. */
const lastOf = new WeakMap<Recorder, number>();

/** Element by element the sum over all devices, or its share of one. */
function reduce(x: tf.Tensor, finalOperation: "Id" | "Div"): tf.Tensor {
  const backend = capturingBackend()!, { recorder } = backend;
  const text = (name: string, value: string): Attribute => ({
    ...{ name, type: ATTRIBUTES.STRING, value },
  });
  const attributes: Attribute[] = [
    { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
    text("merge_op", "Add"),
    text("final_op", finalOperation),
    text("communication_hint", "auto"), // NCCL where TensorFlow has it, else rings
    { name: "timeout_seconds", type: ATTRIBUTES.FLOAT, value: 0 },
    { name: "is_stateless", type: ATTRIBUTES.BOOL, value: false },
    { name: "Nordering_token", type: ATTRIBUTES.INT, value: 0 },
    { name: "max_subdivs_per_device", type: ATTRIBUTES.INT, value: -1 },
  ];
  return tf.tidy(() => {
    const numbers = [membership().size, GROUP_KEY, instances++].map((n) => tf.scalar(n, "int32"));
    const ids = backend.getInputTensorIds([x, ...numbers]);
    const name = "CollectiveReduceV2";
    if (!recorder) {
      const [result] = backend.eager.executeOp(name, attributes, ids, 1);
      return backend.createOutputTensor(result);
    }
    const last = lastOf.get(recorder);
    const [result] = recorder.executeOp(name, attributes, ids, 1, last === undefined ? [] : [last]);
    lastOf.set(recorder, result.id);
    return backend.createOutputTensor(result);
  });
}

/**
 * The mean over all devices, element by element: of each device's own `x`. Differentiable, for losses
 * whose gradients are averaged over devices afterwards: the mean of these gradients is the gradient of
 * the mean loss. Alone it is `x`.
 *
 * @example
 * ```ts
 * import { meanOverDevices, membership } from "lib/engine/collectives.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * assert.equal(membership().size, 1);
 * assert.deepEqual([...meanOverDevices(tf.tensor1d([1, 2])).dataSync()], [1, 2]);
 * ```
 */
export function meanOverDevices<T extends tf.Tensor>(x: T): T {
  if (membership().size === 1) return x.clone();
  return tf.customGrad((given) => ({
    value: reduce(given as tf.Tensor, "Div"),
    gradFunc: (dy: tf.Tensor) => reduce(dy, "Div"),
  }))(x) as T;
}

/**
 * What all devices have, one after the other along the first axis in the order of their ranks; for losses
 * that look at pairs of pictures. Differentiable as `meanOverDevices` is.
 *
 * @param x float32, of the same shape on every device.
 */
export function gatherOverDevices<T extends tf.Tensor>(x: T): T {
  const { rank, size } = membership();
  if (size === 1) return x.clone();
  return tf.tidy(() => {
    const padded = Array.from({ length: size }, (_, i) => i === rank ? x : tf.zerosLike(x));
    return tf.mul(meanOverDevices(tf.concat(padded as tf.Tensor[])), size) as T;
  });
}

/** Elements that go round together: enough for the network to be busy, few enough to begin before all are there. */
const BUCKET = 2 ** 22; // 16 MiB of float32

/**
 * The means over all devices of many tensors, a few collectives for all of them. The last ones are
 * sent first: gradients of the last layers are there while those of the first are still computed.
 * Without a gradient.
 *
 * @param tensors float32, by name, the same names and shapes on every device.
 */
export function meansOverDevices<T extends Readonly<Record<string, tf.Tensor>>>(tensors: T): T {
  if (membership().size === 1) return tensors;
  const means: Record<string, tf.Tensor> = {};
  for (const bucket of bucketsOf(Object.entries(tensors).reverse())) {
    const flat = tf.concat(bucket.map(([, tensor]) => tf.reshape(tensor, [tensor.size])));
    const parts = tf.split(reduce(flat, "Div"), bucket.map(([, { size }]) => size));
    bucket.forEach(([name, { shape }], i) => means[name] = tf.reshape(parts[i], shape));
  }
  return Object.fromEntries(Object.keys(tensors).map((name) => [name, means[name]])) as T;
}

/**
 * Which tensors go round together in `meansOverDevices`: as many as 4 Mi numbers hold, a larger one by itself.
 *
 * @param entries In the order in which they are sent.
 *
 * @example
 * ```ts
 * import { bucketsOf } from "lib/engine/collectives.ts";
 * import assert from "node:assert/strict";
 *
 * const sizes = [3e6, 1e6, 1e6, 9e6].map((size, i) => [`${i}`, { size }] as const);
 * assert.deepEqual(bucketsOf(sizes).map((bucket) => bucket.map(([name]) => name)), [["0", "1"], ["2"], ["3"]]);
 * ```
 */
export function bucketsOf<T extends { readonly size: number }>(
  entries: readonly (readonly [string, T])[],
): (readonly [string, T])[][] {
  const buckets: (readonly [string, T])[][] = [[]];
  let held = 0;
  for (const entry of entries) {
    if (held > 0 && held + entry[1].size > BUCKET) {
      buckets.push([]);
      held = 0;
    }
    buckets.at(-1)!.push(entry);
    held += entry[1].size;
  }
  return buckets.filter((bucket) => bucket.length > 0);
}

/**
 * The first process's values, in all processes: bit for bit, as the others add −0 to them (but for numbers
 * below 2⁻¹²⁶, which TensorFlow takes for 0 everywhere).
 *
 * @param tensor float32, of the same shape in each.
 */
export function fromFirst<T extends tf.Tensor>(tensor: T): T {
  const { rank, size } = membership();
  if (size === 1) return tensor.clone();
  return tf.tidy(() => reduce(rank === 0 ? tensor : tf.fill(tensor.shape, -0), "Id")) as T;
}

/** The first process's text, in all processes. */
export function textFromFirst(text: string): string {
  if (membership().size === 1) return text;
  return tf.tidy(() => {
    const own = new TextEncoder().encode(text);
    const [length] = fromFirst(tf.tensor1d([own.length])).dataSync();
    const bytes = Float32Array.from({ length }, (_, i) => own[i] ?? 0);
    return new TextDecoder().decode(Uint8Array.from(fromFirst(tf.tensor1d(bytes)).dataSync()));
  });
}
