/**
 * The maximum pool by TensorFlow's own padding, which needs no padded copy of the image: 27 MB before the stages
 * of a ResNet for eight pictures. TensorFlow.js's kernel does not ask for it.
 */
import type * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES } from "./kernel_binding.ts";
import { kernelsPad } from "./kernel_padding.ts";
import { replaceNativeKernel } from "./replace_native_kernel.ts";

/** Replaces the kernel by one that knows padding by numbers. */
export function registerMaxPoolKernel(): void {
  replaceNativeKernel("MaxPool", (backend, call) => {
    const { filterSize, strides, pad } = call.attrs as unknown as tf.MaxPoolAttrs;
    if (typeof pad !== "number" || pad === 0 || !kernelsPad()) return;
    const x = call.inputs.x as tf.Tensor;
    const { INT, STRING, TYPE } = ATTRIBUTES,
      both = (n: number | number[]) => [n, n].flat().slice(-2);
    const attributes = [
      { name: "T", type: TYPE, value: backend.getDTypeInteger(x.dtype) },
      { name: "ksize", type: INT, value: [1, ...both(filterSize), 1] },
      { name: "strides", type: INT, value: [1, ...both(strides), 1] },
      { name: "padding", type: STRING, value: "EXPLICIT" },
      { name: "explicit_paddings", type: INT, value: [0, 0, pad, pad, pad, pad, 0, 0] },
    ];
    return backend.executeMultipleOutputs("MaxPool", attributes, [x], 1)[0];
  });
}
