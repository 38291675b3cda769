/**
 * Numbers from 0 to 255 that travel to the device as bytes. TensorFlow.js has no 8-bit type: as int32 a batch of
 * pictures takes four times as much memory, and as long to upload.
 */
import * as tf from "@tensorflow/tfjs";
import { ByteRecord } from "./byte_record.ts";
import { capturingBackend } from "./capturing_backend.ts";

/** The record behind a tensor, if it was made by `byteTensor`. */
export function byteRecordOf({ dataId }: { dataId: object }): ByteRecord | undefined {
  const backend = capturingBackend();
  const record = backend?.tensorMap.has(dataId) ? backend.tensorMap.get(dataId) : undefined;
  return record instanceof ByteRecord ? record : undefined;
}

/**
 * A tensor of numbers from 0 to 255, uploaded now, a byte each. To TensorFlow.js it is an int32 tensor, which any
 * operation takes. A function that is captured with one as its example takes bytes, and makes int32 of them as
 * the first thing that it does on the device. On the plain cpu backend it is an int32 tensor like others.
 *
 * @throws TypeError, or TensorFlow.js's error on the plain backend, when the numbers do not fill the shape.
 *
 * @example
 * ```ts
 * import { byteTensor } from "lib/engine/byte_tensor.ts";
 * import { compile } from "lib/engine/compile.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const pixels = byteTensor(Uint8Array.of(1, 255), [1, 2]);
 * const doubled = compile((x) => tf.mul(x, tf.scalar(2, "int32")), [pixels]);
 * assert.deepEqual([...doubled(pixels)[0].dataSync()], [2, 510]);
 * assert.deepEqual([...tf.neg(pixels).dataSync()], [-1, -255]);
 * ```
 */
export function byteTensor<R extends tf.Rank>(
  values: Uint8Array,
  shape: tf.ShapeMap[R],
): tf.Tensor<R> {
  const backend = capturingBackend();
  if (!backend) return tf.tensor(new Int32Array(values), shape, "int32");
  const dataId = {},
    record = new ByteRecord(backend.eager, [...shape], values as Uint8Array<ArrayBuffer>);
  backend.tensorMap.set(dataId, record);
  return tf.engine().makeTensorFromTensorInfo({
    dataId,
    shape: record.shape,
    dtype: "int32",
  }) as tf.Tensor<R>;
}
