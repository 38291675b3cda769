/** What a detector sees of a batch, as a captured function of its own: before micro-batches, and before what XLA compiles. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/detectors/configuration.ts";
import { compile } from "lib/engine/compile.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import type { SeenBatch } from "./pass.ts";
import { seenBatch, type StepInputs } from "./step.ts";

/** A captured `seenBatch`. */
export interface CapturedView extends Disposable {
  /** Augments, mixes and normalises; the caller frees what it gives. */
  see(inputs: StepInputs): SeenBatch;
}

/** Captures `seenBatch` for inputs like the example. */
export function captureView(example: StepInputs, configuration: Configuration): CapturedView {
  const keys = Object.keys(example) as (keyof StepInputs)[];
  let shape: SeenBatch | undefined;
  const view = compile(
    (...tensors: tf.Tensor[]) => {
      const inputs = Object.fromEntries(keys.map((key, i) => [key, tensors[i]]));
      shape = seenBatch(inputs as unknown as StepInputs, configuration);
      return tensorsIn(shape);
    },
    keys.map((key) => example[key]!),
    { name: "batch to learn from" },
  );
  return {
    see: (inputs) => replaceTensors(shape!, view(...keys.map((key) => inputs[key]!))),
    [Symbol.dispose]: () => view.dispose(),
  };
}
