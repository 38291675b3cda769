/** Whose kernels compute on a processor: TensorFlow has Eigen's, and oneDNN's, whose speed depends on other things. */
import { capturingBackend } from "./capturing_backend.ts";

/**
 * Whether convolutions, norms and products are oneDNN's: where TensorFlow thinks a processor fit for them (on x86 one
 * with AVX-512 VNNI or later), or `TF_ENABLE_ONEDNN_OPTS` says so.
 */
export function usesOneDnn(): boolean {
  return capturingBackend()?.eager.native.symbols.isOneDnnUsed?.() ?? false;
}
