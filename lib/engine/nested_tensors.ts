/** Tensors in records and lists, as a flat list and back: captured functions take and return flat lists. */
import * as tf from "@tensorflow/tfjs";

const isNested = (value: unknown): value is Record<string, unknown> | readonly unknown[] =>
  typeof value === "object" && value !== null;

/** All tensors in a value, in the order of its fields; what is neither tensor, record nor list is passed over. */
export function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  return isNested(value) ? Object.values(value).flatMap(tensorsIn) : [];
}

/**
 * A copy of a value with other tensors in the places of its own.
 *
 * @param tensors As many as `tensorsIn` finds, in its order.
 *
 * @example
 * ```ts
 * import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const pair = { first: tf.scalar(1), others: [tf.scalar(2)] };
 * const doubled = replaceTensors(pair, tensorsIn(pair).map((x) => tf.mul(x, 2)));
 * assert.equal(doubled.others[0].dataSync()[0], 4);
 * ```
 */
export function replaceTensors<Value>(value: Value, tensors: readonly tf.Tensor[]): Value {
  const left = [...tensors];
  const replaced = (part: unknown): unknown => {
    if (part instanceof tf.Tensor) return left.shift();
    if (Array.isArray(part)) return part.map(replaced);
    if (!isNested(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, x]) => [name, replaced(x)]));
  };
  return replaced(value) as Value;
}
