/** Which kernels pad by themselves: one that does needs no padded copy of its image. */
import { capturingBackend } from "./capturing_backend.ts";

/**
 * Whether TensorFlow's kernels take a number of pixels to pad by, forward: those on processors. On a GPU it was never
 * tried. Backward none does.
 */
export function kernelsPad(): boolean {
  return capturingBackend()?.eager.isUsingGpuDevice() === false;
}
