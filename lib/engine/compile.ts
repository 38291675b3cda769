/** Captures functions of tensors into one TensorFlow function each, which runs without TensorFlow.js's work. */
import * as tf from "@tensorflow/tfjs";
import {
  callable,
  type CaptureOptions,
  type Compiled,
  type Precision,
  record,
  type TensorFunction,
} from "./captured_function.ts";
import { type CapturingBackend, capturingBackend } from "./capturing_backend.ts";
import { type FunctionOptions, leanInference } from "./lean_inference.ts";
import { uncaptured } from "./uncaptured_function.ts";
import { captureUpdatingFunction } from "./updating_function.ts";

/**
 * Captures a function of tensors: it is run once, with recorded tensors, and becomes one TensorFlow
 * function for inputs of exactly these shapes and types. Gradients (`tf.grad` …) may be taken inside.
 *
 * Tensors from outside that it uses are captured with the value they have now; variables are read anew
 * at each call. Numbers that JavaScript draws inside (`Math.random`, `tf.randomNormal`) are drawn once
 * and stay: use `statelessNormal` and its like, with the seed as an input. On the plain cpu backend
 * the function runs as it is. On processors convolutions are fused with their bias, a sum and an
 * activation behind them, which leaves the values as they are.
 *
 * @param f Neither reads values nor changes variables (for that, `compileStep`).
 * @param example Tensors of the shapes and types to capture for; their values do not matter.
 *
 * @example
 * ```ts
 * import { compile } from "lib/engine/compile.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const square = compile((x) => tf.mul(x, x), [tf.zeros([3])]);
 * const [y] = square(tf.tensor1d([1, 2, 3]));
 * assert.deepEqual([...y.dataSync()], [1, 4, 9]);
 * square.dispose();
 * ```
 */
export function compile(
  f: TensorFunction,
  example: tf.Tensor[],
  options: FunctionOptions = {},
): Compiled {
  const backend = prepared(options), name = options.name ?? "captured";
  if (!backend) return uncaptured(f, { example, name });
  const byData = new Map(
    Object.values(tf.engine().registeredVariables).map((v) => [v.dataId as object, v]),
  );
  const work = (_: unknown, inputs: tf.Tensor[]) => [f(...inputs)].flat();
  const { rewrite, around, dispose } = leanInference(backend, name, options);
  const recording = record(backend, work, {
    example,
    name,
    options,
    variables: (dataId) => byData.get(dataId),
    rewrite,
  });
  return callable(backend, recording, { example, name, options, around, after: dispose });
}

/**
 * Captures code that reads and assigns variables, such as a training step: forward pass, gradients,
 * optimiser, running statistics. The variables move into TensorFlow and are updated there in place;
 * between steps they can be read and assigned as ever. Otherwise as `compile`.
 *
 * Variables that `applyAdam` or `applySgd` updates change at the end of the step; reading one after that
 * inside the step is an error. Variables must exist before the capture. A step that TensorFlow
 * fails in, say for want of memory, may have updated some of them; all stay usable.
 *
 * A tensor that shares a variable's data keeps the old value, and so memory for it: the one that the
 * variable was made of, say. Make variables in `tf.tidy`, or dispose of that tensor.
 *
 * @example Gradient descent
 * ```ts
 * import { compileStep } from "lib/engine/compile.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const w = tf.variable(tf.scalar(1));
 * const step = compileStep((x) => {
 *   const { value, grads } = tf.variableGrads(() => tf.square(tf.mul(w, x)) as tf.Scalar, [w]);
 *   w.assign(tf.sub(w as tf.Tensor, tf.mul(grads[w.name], 0.1)));
 *   return value;
 * }, [tf.scalar(0)]);
 * step(tf.scalar(2));
 * assert.ok(Math.abs(w.dataSync()[0] - 0.2) < 1e-6); // 1 − 0.1 · 2 · 2²
 * step.dispose();
 * w.dispose();
 * ```
 */
export function compileStep(
  f: TensorFunction,
  example: tf.Tensor[],
  options: CaptureOptions = {},
): Compiled {
  const backend = prepared(options);
  if (!backend) return uncaptured(f, { example, name: options.name ?? "step" });
  return captureUpdatingFunction(backend, f, { example, options });
}

/** The backend to capture on, and a word where a precision or a compiler cannot be had. */
function prepared(
  { precision = "float32", compiler = "none" }: CaptureOptions,
): CapturingBackend | undefined {
  const backend = capturingBackend();
  if (!backend && compiler !== "none") {
    throw new RangeError(`${compiler} is TensorFlow's compiler; use "none" on this backend.`);
  }
  if (!backend && precision !== "float32") {
    throw new RangeError(
      `${precision} is mixed by TensorFlow alone; use "float32" on this backend.`,
    );
  }
  if (compiler === "xla" && backend && !isXlas(precision, backend)) {
    throw new RangeError(
      `XLA computes what TensorFlow mixes ${precision} into in float32 on this device; ` +
        'use "float32", or the compiler "none".',
    );
  }
  if (precision === "float16" && backend && !backend.eager.isUsingGpuDevice()) {
    throw new RangeError(
      'float16 is not what TensorFlow mixes on this device; use "bfloat16" or "float32".',
    );
  }
  return backend;
}

/** Whether XLA computes in a precision: in bfloat16 where the engine casts itself, on a GPU. */
function isXlas(precision: Precision, { eager }: CapturingBackend): boolean {
  return precision === "float32" || precision === "bfloat16" && eager.isUsingGpuDevice();
}
