/** Kernels of TensorFlow.js that are replaced on TensorFlow where another operation serves better. */
import * as tf from "@tensorflow/tfjs";
import { BACKEND_NAME, type CapturingBackend } from "./capturing_backend.ts";

/** What a kernel is called with. */
export type KernelCall = Parameters<tf.KernelFunc>[0];

/**
 * Replaces a kernel of the TensorFlow backend.
 *
 * @param own Runs the operation that serves better; `undefined` leaves a call to TensorFlow.js's own kernel.
 */
export function replaceNativeKernel(
  kernelName: string,
  own: (backend: CapturingBackend, call: KernelCall) => tf.Tensor | undefined,
): void {
  const original = tf.getKernel(kernelName, BACKEND_NAME);
  tf.unregisterKernel(kernelName, BACKEND_NAME);
  tf.registerKernel({
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: (call) => own(call.backend as CapturingBackend, call) ?? original.kernelFunc(call),
  });
}
