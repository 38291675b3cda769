/**
 * Numbers that go to the device and leave JavaScript at once. A tensor that is made of an array keeps the array
 * until its first use, and the array waits for the garbage collector after that: of a network's weights that is a
 * second copy of each.
 */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";

/**
 * A tensor of numbers that the caller does not need any more. On TensorFlow they are uploaded now and the array's
 * memory is freed: its length is 0 afterwards. While a function is captured, and on other backends, the tensor
 * keeps the array.
 *
 * @param values As many as the shape says; the whole of its buffer, or else it stays as it is.
 * @throws Error of TensorFlow.js when the numbers do not fill the shape.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { handOver } from "lib/engine/hand_over.ts";
 * import assert from "node:assert/strict";
 *
 * const { backend } = await startEngine();
 * const values = Float32Array.of(1, 2), tensor = handOver(values, [2, 1]);
 * assert.deepEqual([...tensor.dataSync()], [1, 2]);
 * assert.equal(values.length, backend === "tensorflow" ? 0 : 2);
 * ```
 */
export function handOver(values: Float32Array<ArrayBuffer>, shape: readonly number[]): tf.Tensor {
  const tensor = tf.tensor(values, [...shape]), backend = capturingBackend();
  if (!backend || backend.recorder) return tensor;
  backend.idOf(tensor.dataId);
  if (values.byteLength === values.buffer.byteLength) values.buffer.transfer(0);
  return tensor;
}
