/**
 * The formula that filled the models and images of the numeric fixtures, and how the tests compare
 * with the fixtures' summaries of large tensors.
 */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import type { Parameters } from "lib/networks/parameters.ts";
import { fromTorchLayout, torchShape, toTorchLayout } from "lib/networks/weights/torch_layout.ts";

/** What the fixtures keep of a large tensor: L2 norm, sum, and the values at some flat indices. */
export interface Summary {
  readonly norm: number;
  readonly sum: number;
  readonly idx: number[];
  readonly val: number[];
  readonly shape?: number[];
  /** Set where the true value is zero, so that only rounding is left. */
  readonly zero?: boolean;
}

/** `count` numbers of a name: offset + amplitude · t, with t from a hash, each rounded to float32. */
export function fill(
  name: string,
  count: number,
  { amplitude = 1, offset = 0 }: { amplitude?: number; offset?: number } = {},
): Float32Array<ArrayBuffer> {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const a = Math.fround(amplitude), o = Math.fround(offset);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) { // a loop: there are models of 85 million numbers
    let h = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    h ^= h >>> 16;
    values[i] = o + Math.fround(((h >>> 8) - 2 ** 23) / 2 ** 23 * a);
  }
  return values;
}

/** Amplitude and offset by the kind of parameter; `shape` is PyTorch's. */
function spread(name: string, shape: readonly number[], gain: number) {
  const fanIn = shape.slice(1).reduce((x, y) => x * y, 1);
  if (shape.length > 1) return { amplitude: Math.sqrt((shape.length === 4 ? gain : 3) / fanIn) };
  if (name.endsWith("running_var")) return { amplitude: 0.5, offset: 1 };
  return name.endsWith("weight") ? { amplitude: 0.25, offset: 1 } : { amplitude: 0.1 };
}

/**
 * Gives every parameter the fixtures' value.
 *
 * @param gain 3 for ResNet, 6 for MobileNet, 7 for EfficientNet.
 */
export function fillParameters(parameters: Parameters, gain: number): void {
  for (const [name, variable] of Object.entries(parameters)) {
    const shape = torchShape(variable.shape);
    const values = fill(name, variable.size, spread(name, shape, gain));
    const here = fromTorchLayout({ shape, values }).values;
    tf.tidy(() => variable.assign(tf.tensor(here, variable.shape)));
  }
}

/** Gives what is learnt of filters over frequencies the fixtures' value, which is small. */
export function fillFrequencyFilters(parameters: Parameters): void {
  for (const [name, variable] of Object.entries(parameters)) {
    if (!name.endsWith(".learnable")) continue;
    const values = fill(name, variable.size, { amplitude: 0.1 });
    const here = fromTorchLayout({ shape: torchShape(variable.shape), values }).values;
    tf.tidy(() => variable.assign(tf.tensor(here, variable.shape)));
  }
}

/** The fixtures' images, `[batch, size, size, 3]`. */
export function fillImages(name: string, batch: number, size: number): tf.Tensor4D {
  const noise = fill(name, batch * 3 * size * size);
  const offsets = fill(`${name}.offset`, batch * 3);
  const planes = noise.map((x, i) => Math.fround(x + offsets[Math.floor(i / size ** 2)]));
  return tf.tidy(() => tf.transpose(tf.tensor4d(planes, [batch, 3, size, size]), [0, 2, 3, 1]));
}

/** A parameter, its gradient, or an activation in PyTorch's order of axes. */
export function torchValues(x: tf.Tensor, kind: "weight" | "activation"): Float32Array {
  if (kind === "activation" && x.rank === 4) {
    return tf.tidy(() => tf.transpose(x, [0, 3, 1, 2]).dataSync() as Float32Array);
  }
  const values = new Float32Array(x.dataSync());
  return toTorchLayout({ shape: x.shape, values }).values;
}

/**
 * How far values are from a summary, as a share of the largest value: the worst of its single values,
 * and of the norm as a share of the norm.
 */
export function summaryError(values: Float32Array, expected: Summary): number {
  let largest = 1e-30, squares = 0;
  for (const x of values) {
    largest = Math.max(largest, Math.abs(x));
    squares += x * x;
  }
  const norm = Math.sqrt(squares);
  const single = expected.idx.map((at, i) => Math.abs(values[at] - expected.val[i]) / largest);
  return Math.max(Math.abs(norm - expected.norm) / Math.max(expected.norm, 1e-30), ...single);
}

/** The largest difference of two lists, as a share of the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(actual.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((x, i) => Math.abs(actual[i] - x))) / largest;
}

/** A fixture by its file name. */
export async function readFixture<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(`../fixtures/${name}`, import.meta.url)));
}
