/**
 * Capture: code is run once against a recorder and becomes one TensorFlow function, which then runs
 * without TensorFlow.js's per-operation work. What is captured, and the settings, come from compile.ts.
 */
import * as tf from "@tensorflow/tfjs";
import { type Attribute, ATTRIBUTES } from "./kernel_binding.ts";
import { byteRecordOf } from "./byte_tensor.ts";
import type { CapturingBackend, VariableLookup } from "./capturing_backend.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { bytesField, message, varintField } from "./protobuf.ts";
import type { EagerBinding } from "./eager_binding.ts";
import type { Output, Results } from "./graph_builder.ts";
import { type Argument, Recorder } from "./operation_recorder.ts";

/** Arithmetic of a captured function: what TensorFlow may compute in half precision, it does. */
export type Precision = "float32" | "bfloat16" | "float16";

/** What makes a program of a captured function: nothing, its operations run one by one; or XLA, at its first call. */
export type Compiler = "none" | "xla";

/** How a function is captured. */
export interface CaptureOptions {
  /** A name for error messages and profiles. Default `"captured"`. */
  readonly name?: string;
  /**
   * Default `"none"`. With `"xla"` the first call takes long, and calls throw a `TensorFlowError` that names what
   * XLA has no kernel for. Draws of `statelessUniform` and its like are others than without.
   */
  readonly compiler?: Compiler;
  /** Default `"float32"`. Inputs, outputs and variables are float32 always. */
  readonly precision?: Precision;
}

/** Code as it is captured: tensors in, one or several tensors out. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** A captured function. */
export interface Compiled {
  /**
   * Runs it.
   *
   * @returns The results as an array, also when there is one; the caller disposes of them.
   * @throws TypeError when number, shapes or types of the inputs differ from the captured ones.
   */
  (...inputs: tf.Tensor[]): tf.Tensor[];
  /**
   * Operations that a call runs, its arguments and constants among them; 0 on the plain cpu backend, where nothing
   * is captured.
   */
  readonly nodes: number;
  /** Frees it. Calling it afterwards is an error. */
  dispose(): void;
}

/** Field of RewriterConfig that switches each kind of mixed precision on (rewriter_config.proto). */
const MIXED_PRECISION = { bfloat16: 31, float16: 23 } as const;

/** Whether bfloat16 is had by casts: on a GPU, where TensorFlow's own pass leaves it out. */
function isCast({ eager }: CapturingBackend, { precision }: CaptureOptions): boolean {
  return precision === "bfloat16" && eager.isUsingGpuDevice();
}

/** The attributes with which TensorFlow runs the function. */
function callAttributes(backend: CapturingBackend, options: CaptureOptions): Attribute[] {
  const attributes: Attribute[] = [], { compiler, precision = "float32" } = options;
  if (compiler === "xla") {
    attributes.push({ name: "_XlaMustCompile", type: ATTRIBUTES.BOOL, value: true });
  }
  if (precision !== "float32" && !isCast(backend, options)) {
    const rewrite = varintField(MIXED_PRECISION[precision], 1); // Toggle.ON
    const graphOptions = message([bytesField(10, rewrite)]); // rewrite_options
    const config = message([bytesField(10, graphOptions)]); // graph_options
    attributes.push({ name: "config_proto", type: ATTRIBUTES.STRING, value: config });
  }
  return attributes;
}

/** Throws unless the inputs have the shapes and types of the example. */
export function checkInputs(
  name: string,
  example: readonly tf.Tensor[],
  inputs: tf.Tensor[],
): void {
  const show = (t: tf.Tensor) => `${t.dtype} [${t.shape}]`;
  if (inputs.length !== example.length) {
    throw new TypeError(`${name} takes ${example.length} tensors, not ${inputs.length}.`);
  }
  inputs.forEach((input, i) => {
    if (show(input) !== show(example[i])) {
      throw new TypeError(
        `${name}: input ${i} is ${show(input)}, but it was captured for ${show(example[i])}. ` +
          "Shapes are fixed when a function is captured; capture it again for this one.",
      );
    }
  });
}

/** The variable, unless it is gone. */
export function living(variable: tf.Variable): tf.Variable {
  if (variable.isDisposed) {
    throw new Error(
      `The variable ${variable.name} was disposed of, but a captured function uses it.`,
    );
  }
  return variable;
}

/** What a recording produced. */
export interface Recording {
  /** Name in TensorFlow's context. */
  readonly functionName: string;
  /** Where its arguments come from. */
  readonly arguments: readonly Argument[];
  /** Operations that its results and updates need; TensorFlow leaves out the others. */
  readonly nodes: number;
  /** Number of its results. */
  readonly outputs: number;
}

let count = 0;

/**
 * Records `work` and adds the function to the context.
 *
 * @param how `rewrite`: changes what was recorded, before the function is made of it.
 */
export function record(
  backend: CapturingBackend,
  work: (recorder: Recorder, inputs: tf.Tensor[]) => tf.Tensor[],
  { example, name, options, variables, rewrite = (_, results) => results }: {
    example: readonly tf.Tensor[];
    name: string;
    options: CaptureOptions;
    variables: VariableLookup;
    rewrite?: (recorder: Recorder, results: Results) => Results;
  },
): Recording {
  const casts = isCast(backend, options);
  const holdsBack = options.precision === "bfloat16" && !casts;
  const recorder = new Recorder(backend.eager, { casts, holdsBack });
  let done = false;
  try {
    let recorded: Output[] = [];
    backend.record(recorder, () =>
      tf.tidy(() => {
        const inputs = example.map((t, i) =>
          backend.createOutputTensor(
            byteRecordOf(t)
              ? recorder.byteArgument(i, t.shape)
              : recorder.argument(i, backend.getDTypeInteger(t.dtype), t.shape),
          )
        );
        const ids = backend.getInputTensorIds(work(recorder, inputs));
        // Through Identity: a function may not hand an argument on as its result, or one result twice.
        const copy = (id: number) => recorder.executeOp("Identity", [], [id], 1)[0].id;
        recorded = ids.map((id) => recorder.output(copy(id)));
      }), variables);
    const functionName = `${name.replaceAll(/\W/g, "_")}_${count++}`;
    const { graph } = recorder, ends = recorder.updated.finish(recorded);
    const { outputs, effects } = rewrite(recorder, { outputs: recorded, effects: ends });
    graph.addFunction(functionName, backend.eager.context.address, {
      inputs: recorder.placeholders,
      outputs,
      effects,
    });
    done = true;
    return {
      functionName,
      arguments: recorder.arguments,
      nodes: graph.needed([...outputs.map(({ node }) => node), ...effects]).size,
      outputs: outputs.length,
    };
  } finally {
    recorder.dispose({ keepArguments: done });
  }
}

/** From so many elements on, the arrays that a function's arguments were uploaded from are collected at once. */
const WORTH_COLLECTING = 2 ** 22; // 16 MiB of float32; a collection takes some 50 ms

/** Elements of what an argument stands for. */
function elements(eager: EagerBinding, example: readonly tf.Tensor[], argument: Argument): number {
  switch (argument.kind) {
    case "example":
      return example[argument.index].size;
    case "bytes":
      return example[argument.index].size / 4; // as float32
    case "tensor":
      return tf.util.sizeFromShape(eager.describe(argument.id).shape);
    case "variable":
      return argument.variable.size;
    case "resource":
      return tf.util.sizeFromShape(argument.resource.shape);
  }
}

/** Makes a recording callable. */
export function callable(
  backend: CapturingBackend,
  recording: Recording,
  { example, name, options, around, after }: {
    example: readonly tf.Tensor[];
    name: string;
    options: CaptureOptions;
    /** Called with each run, which it makes. */
    around: (run: () => tf.Tensor[]) => tf.Tensor[];
    /** Called once, when it is disposed of. */
    after: () => void;
  },
): Compiled {
  const attributes = callAttributes(backend, options), { eager } = backend;
  const shapes = example.map((t) => ({ shape: t.shape.slice(), dtype: t.dtype }) as tf.Tensor);
  const uploaded = recording.arguments.reduce((sum, a) => sum + elements(eager, example, a), 0);
  let disposed = false, collected = uploaded < WORTH_COLLECTING;
  const bytesOf = (input: tf.Tensor, index: number): number => {
    const record = byteRecordOf(input);
    if (record) return record.bytes;
    throw new TypeError(
      `${name}: input ${index} is int32 of 32 bits, but it was captured for one of bytes, as \`byteTensor\` makes them.`,
    );
  };
  const id = (argument: Argument, inputs: tf.Tensor[]): number => {
    switch (argument.kind) {
      case "example":
        return backend.idOf(inputs[argument.index].dataId);
      case "bytes":
        return bytesOf(inputs[argument.index], argument.index);
      case "tensor":
        return argument.id;
      case "variable":
        return backend.idOf(living(argument.variable).dataId);
      case "resource":
        return argument.resource.handle;
    }
  };
  const run = (...inputs: tf.Tensor[]): tf.Tensor[] => {
    if (disposed) throw new Error(`${name} was called after it had been disposed of.`);
    checkInputs(name, shapes, inputs);
    return around(() => {
      const ids = recording.arguments.map((a) => id(a, inputs));
      if (!collected) collectGarbage(eager.native); // the recording's, and the arrays that were just uploaded
      collected = true;
      return eager.executeOp(recording.functionName, attributes, ids, recording.outputs)
        .map((metadata) => backend.createOutputTensor(metadata));
    });
  };
  const dispose = () => {
    if (disposed) return;
    disposed = true;
    const { symbols, status, cstring } = eager.native;
    symbols.TFE_ContextRemoveFunction(
      eager.context.address,
      cstring(recording.functionName),
      status,
    );
    eager.native.check("TFE_ContextRemoveFunction");
    for (const a of recording.arguments) if (a.kind === "tensor") eager.deleteTensor(a.id);
    after();
  };
  return Object.assign(run, { nodes: recording.nodes, dispose });
}
