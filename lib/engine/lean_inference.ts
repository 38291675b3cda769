/** What makes a captured function lean that changes no variables: fused convolutions, packed filters. */
import type * as tf from "@tensorflow/tfjs";
import type { CaptureOptions } from "./captured_function.ts";
import type { CapturingBackend } from "./capturing_backend.ts";
import { fuseConvolutions } from "./fuse_convolutions.ts";
import type { Results } from "./graph_builder.ts";
import { TYPES } from "./kernel_binding.ts";
import type { Recorder } from "./operation_recorder.ts";
import { usesOneDnn } from "./one_dnn.ts";
import { PackedFilters } from "./packed_filters.ts";

/** How a function that changes no variables is captured. */
export interface FunctionOptions extends CaptureOptions {
  /**
   * Variables that the function may keep to itself: filters of convolutions among them are packed at the first call,
   * where oneDNN computes, and disposed of, so that the weights are held once. Default: none.
   */
  readonly takesOver?: readonly tf.Variable[];
}

/** What becomes of one captured function. */
export interface LeanInference {
  /** Rewrites its graph. */
  readonly rewrite: (recorder: Recorder, results: Results) => Results;
  /** Makes a run of it. @throws Error when an earlier one failed while it packed weights. */
  readonly around: (run: () => tf.Tensor[]) => tf.Tensor[];
  /** Called when the function is gone. */
  readonly dispose: () => void;
}

/** A function as it is: on a GPU, or by XLA. */
const UNCHANGED: LeanInference = {
  rewrite: (_, results) => results,
  around: (run) => run(),
  dispose: () => {},
};

/**
 * How a function is made lean on a backend.
 *
 * @param name The function's, for error messages.
 */
export function leanInference(
  backend: CapturingBackend,
  name: string,
  { compiler = "none", precision = "float32", takesOver: taken = [] }: FunctionOptions,
): LeanInference {
  const { eager } = backend, { symbols } = eager.native;
  if (compiler !== "none" || eager.isUsingGpuDevice()) return UNCHANGED;
  const dtype = precision === "bfloat16" ? TYPES.BFLOAT16 : TYPES.FLOAT;
  let filters: PackedFilters | undefined, state: "packs" | "packed" | "lost" = "packed";
  return {
    rewrite: (recorder, results) => {
      filters = new PackedFilters(backend, recorder, { taken, dtype });
      const { mayPack, pack } = filters, { graph } = recorder;
      const fused = fuseConvolutions(graph, results, {
        usesOneDnn: usesOneDnn(),
        dtype,
        mayPack,
        pack,
      });
      if (filters.finish() > 0) state = "packs";
      return { outputs: fused.outputs, effects: [...fused.effects, ...filters.effects] };
    },
    around: (run) => {
      if (state === "packed") return run();
      if (state === "lost") {
        throw new Error(
          `${name} failed while it packed the weights that it had taken over, and they are gone. ` +
            "Load the detector again and capture it anew.",
        );
      }
      state = "lost";
      const results = run();
      state = "packed";
      symbols.malloc_trim?.(0n); // what the weights were packed from
      return results;
    },
    dispose: () => filters?.dispose(),
  };
}
