/**
 * Products of two matrices by TensorFlow's operation for them. TensorFlow.js's kernel takes the one for batches of
 * matrices, which oneDNN computes more slowly.
 */
import * as tf from "@tensorflow/tfjs";
import { BACKEND_NAME, type CapturingBackend } from "./capturing_backend.ts";
import { ATTRIBUTES } from "./kernel_binding.ts";

/** Replaces the kernel by one that looks at the rank. */
export function registerMatMulKernel(): void {
  const original = tf.getKernel("BatchMatMul", BACKEND_NAME);
  const kernelFunc: tf.KernelFunc = (call) => {
    const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
    if (a.shape.length !== 2 || b.shape.length !== 2) return original.kernelFunc(call);
    const backend = call.backend as CapturingBackend;
    const { transposeA, transposeB } = call.attrs as unknown as tf.BatchMatMulAttrs;
    const attributes = [
      { name: "T", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(a.dtype) },
      { name: "transpose_a", type: ATTRIBUTES.BOOL, value: transposeA },
      { name: "transpose_b", type: ATTRIBUTES.BOOL, value: transposeB },
    ];
    return backend.executeMultipleOutputs("MatMul", attributes, [a, b], 1)[0];
  };
  tf.unregisterKernel("BatchMatMul", BACKEND_NAME);
  tf.registerKernel({ kernelName: "BatchMatMul", backendName: BACKEND_NAME, kernelFunc });
}
