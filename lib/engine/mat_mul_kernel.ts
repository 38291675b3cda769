/**
 * Products of two matrices by TensorFlow's operation for them. TensorFlow.js's kernel takes the one for batches of
 * matrices, which oneDNN computes more slowly.
 */
import type * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES } from "./kernel_binding.ts";
import { replaceNativeKernel } from "./replace_native_kernel.ts";

/** Replaces the kernel by one that looks at the rank. */
export function registerMatMulKernel(): void {
  replaceNativeKernel("BatchMatMul", (backend, call) => {
    const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
    if (a.shape.length !== 2 || b.shape.length !== 2) return;
    const { transposeA, transposeB } = call.attrs as unknown as tf.BatchMatMulAttrs;
    const attributes = [
      { name: "T", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(a.dtype) },
      { name: "transpose_a", type: ATTRIBUTES.BOOL, value: transposeA },
      { name: "transpose_b", type: ATTRIBUTES.BOOL, value: transposeB },
    ];
    return backend.executeMultipleOutputs("MatMul", attributes, [a, b], 1)[0];
  });
}
