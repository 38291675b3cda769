/** The operations that a function is made of when it is captured: for what a step keeps and when it runs. */
import * as tf from "@tensorflow/tfjs";
import type { CaptureOptions } from "lib/engine/captured_function.ts";
import { compile } from "lib/engine/compile.ts";
import { Recorder } from "lib/engine/operation_recorder.ts";

/** An operation as it was recorded; tensors by their ids. */
export interface RecordedOperation {
  readonly operation: string;
  readonly inputs: readonly number[];
  /** Tensors that have to be there before it runs. */
  readonly after: readonly number[];
  /** Its first output. */
  readonly made: number;
  /** How many numbers that has. */
  readonly size: number;
}

/** Captures `work` for such a tensor as `example` and returns its operations, in order. */
export function recordedOperations(
  work: (x: tf.Tensor) => tf.Tensor,
  example: tf.Tensor,
  options: CaptureOptions = {},
): RecordedOperation[] {
  const { executeOp } = Recorder.prototype, recorded: RecordedOperation[] = [];
  Recorder.prototype.executeOp = function (operation, attributes, inputs, outputs, after = []) {
    const before = this.graph.nodes.size;
    const made = executeOp.call(this, operation, attributes, inputs, outputs, after);
    if (this.graph.nodes.size === before) return made; // needless: its input
    const [{ id, shape }] = made;
    recorded.push({ operation, inputs, after, made: id, size: tf.util.sizeFromShape(shape) });
    return made;
  };
  try {
    tf.tidy(() => compile(work, [example], options).dispose());
  } finally {
    Recorder.prototype.executeOp = executeOp;
  }
  return recorded;
}
