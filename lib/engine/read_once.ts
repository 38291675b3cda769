/** A tensor's numbers for a look at them: what was copied from the device for it is freed at once. */
import type * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";

/**
 * Reads a tensor's values and frees their memory when they were looked at, where they are a copy. Else the copies
 * of a network's weights wait for the garbage collector, and are as much as the weights.
 *
 * @param use Looks at the values, which are no longer there when it has returned.
 * @returns What `use` returns.
 *
 * @example
 * ```ts
 * import { readOnce } from "lib/engine/read_once.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await readOnce(tf.tensor1d([1, 2]), ([first, second]) => first + second), 3);
 * ```
 */
export async function readOnce<T>(
  tensor: tf.Tensor,
  use: (values: Float32Array<ArrayBuffer>) => T,
): Promise<T> {
  const values = await tensor.data() as Float32Array<ArrayBuffer>, result = use(values);
  const record = capturingBackend()?.tensorMap.get(tensor.dataId);
  if (record && record.values === null) values.buffer.transfer(0); // what is not uploaded is the tensor's own
  return result;
}
