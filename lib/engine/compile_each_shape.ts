/** Captured functions for inputs of several shapes: each is captured when it is first met, and kept. */
import type * as tf from "@tensorflow/tfjs";
import { byteRecordOf } from "./byte_tensor.ts";
import { compile } from "./compile.ts";

/** A function that was captured for the shapes met so far; disposing of it frees them all. */
export interface CompiledEachShape extends Disposable {
  /** Runs it; the caller frees what comes out. */
  run(...inputs: tf.Tensor[]): tf.Tensor[];
}

/**
 * As `compile`, for inputs of any shape. A capture takes about as long as some runs, so let the shapes be
 * few.
 *
 * @param f As `compile` takes it.
 *
 * @example
 * ```ts
 * import { compileEachShape } from "lib/engine/compile_each_shape.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * using sum = compileEachShape((x) => tf.sum(x), { name: "sum" });
 * assert.equal(sum.run(tf.ones([3]))[0].dataSync()[0], 3);
 * assert.equal(sum.run(tf.ones([2, 2]))[0].dataSync()[0], 4);
 * ```
 */
export function compileEachShape(
  f: Parameters<typeof compile>[0],
  options: NonNullable<Parameters<typeof compile>[2]>,
): CompiledEachShape {
  const captured = new Map<string, ReturnType<typeof compile>>();
  return {
    run: (...inputs) => {
      const typeOf = (input: tf.Tensor) => byteRecordOf(input) ? "bytes" : input.dtype;
      const shapes = inputs.map((input) => `${typeOf(input)}[${input.shape}]`).join();
      const known = captured.get(shapes) ?? compile(f, inputs, options);
      captured.set(shapes, known);
      return known(...inputs);
    },
    [Symbol.dispose]: () => {
      for (const one of captured.values()) one.dispose();
      captured.clear();
    },
  };
}
