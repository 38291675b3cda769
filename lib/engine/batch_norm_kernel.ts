/**
 * Batch norm by given statistics where oneDNN's kernel takes five times as long as for a channel more or less: where
 * half a vector of AVX-512 is left over, as of Xception's 728 channels. 8 × 19 × 19 × 728 take it 5.6 ms, a product
 * and a sum 1.8.
 */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES } from "./kernel_binding.ts";
import { usesOneDnn } from "./one_dnn.ts";
import { replaceNativeKernel } from "./replace_native_kernel.ts";

/** Whether the kernel is slow. */
function isSlow(channels: number): boolean {
  return channels > 8 && channels % 16 === 8 && usesOneDnn();
}

/** Replaces the kernel by one that looks at the channels. */
export function registerBatchNormKernel(): void {
  replaceNativeKernel("FusedBatchNorm", (backend, call) => {
    const { x, mean, variance, offset, scale } = call.inputs as Record<string, tf.Tensor>;
    const isPlain = offset && scale && mean.shape.length === 1;
    if (!isPlain || !isSlow(mean.shape[0])) return;
    const { varianceEpsilon } = call.attrs as unknown as tf.FusedBatchNormAttrs;
    const type = { name: "T", type: ATTRIBUTES.TYPE, value: backend.getDTypeInteger(x.dtype) };
    const run = (operation: string, ...inputs: tf.Tensor[]) =>
      backend.executeMultipleOutputs(operation, [type], inputs, 1)[0];
    return tf.tidy(() => {
      const spread = run("AddV2", variance, tf.scalar(varianceEpsilon));
      const factor = run("Mul", scale, run("Rsqrt", spread));
      return run("AddV2", run("Mul", x, factor), run("Sub", offset, run("Mul", mean, factor)));
    });
  });
}
