/**
 * `tf.gather` while a function is captured. TensorFlow.js's kernel reads the indices to check them,
 * and while capturing there are none to read; TensorFlow itself checks them when the function runs on a
 * processor. On a GPU it does not: an index out of range gives zeros, without a word, of `gather` and
 * `gatherND` alike. Whoever captures either checks the indices where they come from, before the upload.
 */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { replaceNativeKernel } from "./replace_native_kernel.ts";

/** Replaces the kernel by one that looks at the indices only where they exist. */
export function registerGatherKernel(): void {
  replaceNativeKernel("GatherV2", (backend, call) => {
    if (!backend.recorder) return;
    const { x, indices } = call.inputs as { x: tf.Tensor; indices: tf.Tensor };
    const { axis, batchDims } = call.attrs as { axis: number; batchDims: number };
    const attributes = [
      { name: "batch_dims", type: ATTRIBUTES.INT, value: batchDims },
      { name: "Tparams", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(x.dtype) },
      { name: "Tindices", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(indices.dtype) },
      { name: "Taxis", type: ATTRIBUTES.TYPE, value: TYPES.INT32 },
    ];
    const inputs = [x, indices, tf.scalar(axis, "int32")];
    return backend.executeMultipleOutputs("GatherV2", attributes, inputs, 1)[0];
  });
}
