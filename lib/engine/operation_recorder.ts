/**
 * The binding that records: TensorFlow.js's kernels run unmodified, once, and each operation becomes
 * a node of a graph. Tensors have ids below -1 here; their values do not exist.
 */
import type * as tf from "@tensorflow/tfjs";
import { widened } from "./byte_record.ts";
import {
  type Attribute,
  ATTRIBUTES,
  type Binding,
  BINDING_CONSTANTS,
  type TensorDescription,
  type TensorMetadata,
  TYPES,
  type Values,
} from "./kernel_binding.ts";
import type { EagerBinding } from "./eager_binding.ts";
import { HalfCasts } from "./half_casts.ts";
import { heldBack } from "./held_back_weights.ts";
import { GraphBuilder, type Output } from "./graph_builder.ts";
import { toHostTensor } from "./host_tensors.ts";
import { isNeedless } from "./needless_operation.ts";
import { RecordedConstants } from "./recorded_constants.ts";
import { RecordedVariables } from "./recorded_variables.ts";
import type { Resource } from "./resource_variable.ts";

/**
 * Operations with an input that is a list: how many inputs stand before and after it. Only these
 * are ever called by TensorFlow.js's kernels or by the engine.
 */
const LISTS: Record<string, { before: number; after: number }> = {
  AddN: { before: 0, after: 0 },
  CollectiveReduceV2: { before: 4, after: 0 },
  ConcatV2: { before: 0, after: 1 },
  Einsum: { before: 0, after: 0 },
  IdentityN: { before: 0, after: 0 },
  Pack: { before: 0, after: 0 },
  _FusedConv2D: { before: 2, after: 0 },
};

/** Where an argument of the recorded function comes from at each call. */
export type Argument =
  | { readonly kind: "example"; readonly index: number }
  | { readonly kind: "bytes"; readonly index: number } // an example that lies on the device as bytes
  | { readonly kind: "tensor"; readonly id: number } // a tensor of before, kept by a second handle
  | { readonly kind: "variable"; readonly variable: tf.Variable } // its value at the time of the call
  | { readonly kind: "resource"; readonly resource: Resource }; // a variable that the function updates

/** A recording in progress. */
export class Recorder implements Binding {
  /** The graph so far. */
  readonly graph: GraphBuilder;
  /** The function's arguments so far, in the order of their placeholders. */
  readonly arguments: Argument[] = [];
  /** The placeholders. */
  readonly placeholders: Output[] = [];
  /** Variables that a captured step updates. */
  readonly updated: RecordedVariables;
  /** Data that was made while recording: constants of the graph. */
  readonly born = new WeakSet<object>();
  /** While a step is captured: the resource of a variable that has not been assigned in it yet. */
  updatable: (variable: tf.Variable) => Resource | undefined = () => undefined;

  readonly #casts: HalfCasts | undefined;
  readonly #holdsBack: boolean;
  readonly #constants = new RecordedConstants();
  readonly #eager: EagerBinding;
  readonly #outputs: Output[] = [];
  readonly #tensors = new Map<number, number>(); // id of a tensor of before → recorded id
  readonly #variables = new Map<tf.Variable, number>();
  readonly #reads = new Map<Output, number>();

  /**
   * Begins with an empty graph.
   *
   * @param casts Whether convolutions and products are recorded in bfloat16, between casts.
   * @param holdsBack Whether weights wait for what they are applied to: see `held_back_weights.ts`.
   */
  constructor(
    eager: EagerBinding,
    { casts = false, holdsBack = false }: { casts?: boolean; holdsBack?: boolean } = {},
  ) {
    this.#eager = eager;
    this.#holdsBack = holdsBack;
    this.#casts = casts ? new HalfCasts((...of) => this.executeOp(...of)) : undefined;
    this.graph = new GraphBuilder(eager.native);
    this.updated = new RecordedVariables(
      this.graph,
      (resource) => this.fixedArgument({ kind: "resource", resource }),
    );
    Object.assign(this, BINDING_CONSTANTS);
  }

  #record(output: Output): TensorMetadata {
    const { shape, dtype } = this.graph.describe(output);
    if (shape.some((n) => n < 0)) {
      throw new Error(
        `The shape [${shape.map((n) => n < 0 ? "?" : n)}] depends on values, which are not known ` +
          "while a function is captured. Leave this operation out of the captured function.",
      );
    }
    this.#outputs.push(output);
    return { id: -1 - this.#outputs.length, shape, dtype };
  }

  #placeholder(dtype: number, shape: readonly number[], argument: Argument): Output {
    const output = this.graph.placeholder(dtype, shape);
    this.placeholders.push(output);
    this.arguments.push(argument);
    return output;
  }

  /** The recorded tensor that stands for the argument `index` of the function. */
  argument(index: number, dtype: number, shape: readonly number[]): TensorMetadata {
    return this.#record(this.#placeholder(dtype, shape, { kind: "example", index }));
  }

  /** The same for an argument that comes as bytes: int32, which the function makes of them. */
  byteArgument(index: number, shape: readonly number[]): TensorMetadata {
    const bytes = this.#record(this.#placeholder(TYPES.UINT8, shape, { kind: "bytes", index }));
    return { ...bytes, id: widened(this, bytes.id), dtype: TYPES.INT32 };
  }

  /** The recorded id of a variable's value at the time of the call. */
  variable(variable: tf.Variable, dtype: number): number {
    let recorded = this.#variables.get(variable);
    if (recorded === undefined) {
      const placeholder = this.#placeholder(dtype, variable.shape, { kind: "variable", variable });
      recorded = this.#record(placeholder).id;
      this.#variables.set(variable, recorded);
    }
    return recorded;
  }

  /** The node's output for an id; a tensor of before the recording becomes an argument. */
  output(id: number): Output {
    if (id < -1) return this.#outputs[-2 - id];
    let recorded = this.#tensors.get(id);
    if (recorded === undefined) {
      const kept = this.#eager.share(id);
      recorded = this.#record(this.fixedArgument({ kind: "tensor", id: kept })).id;
      this.#tensors.set(id, recorded);
    }
    return this.#outputs[-2 - recorded];
  }

  /** The variable whose value an output is, as an argument of the function. */
  variableBehind({ node }: Output): tf.Variable | undefined {
    const argument = this.arguments[this.placeholders.findIndex((one) => one.node === node)];
    return argument?.kind === "variable" ? argument.variable : undefined;
  }

  /** Takes back an argument that nothing needs any more. */
  withdraw({ node }: Output): void {
    const index = this.placeholders.findIndex((one) => one.node === node);
    this.placeholders.splice(index, 1);
    this.arguments.splice(index, 1);
  }

  /** A new argument that is one tensor or resource at every call; a tensor is the function's from now on. */
  fixedArgument(argument: Extract<Argument, { kind: "resource" | "tensor" }>): Output {
    if (argument.kind === "resource") return this.#placeholder(TYPES.RESOURCE, [], argument);
    const { dtype, shape } = this.#eager.describe(argument.id);
    return this.#placeholder(dtype, shape, argument);
  }

  /** The recorded id of an updated variable's value as it is when the function begins. */
  read(resource: Resource): number {
    const output = this.updated.read(resource);
    let id = this.#reads.get(output);
    if (id === undefined) {
      id = this.#record(output).id;
      this.#reads.set(output, id);
    }
    return id;
  }

  /** A constant of the graph; the same id for the same values again. */
  createTensor(shape: number[], dtype: number, values: Values): number {
    const first = values[0];
    if (dtype !== TYPES.STRING && values.length > 64 && values.every((v) => v === first)) {
      // tf.zeros and tf.ones of a large shape: filled when it runs, not stored in the graph.
      const value = this.createTensor([], dtype, values.slice(0, 1) as Values);
      const dims = this.createTensor([shape.length], TYPES.INT32, Int32Array.from(shape));
      return this.executeOp("Fill", [], [dims, value], 1)[0].id;
    }
    const constant = { shape, dtype, values };
    return this.#constants.idOf(constant, () => this.#constant(constant));
  }

  #constant(constant: { shape: number[]; dtype: number; values: Values }): number {
    const { dtype } = constant, tensor = toHostTensor(this.#eager.native, constant);
    try {
      const node = this.graph.add("Const", {
        attributes: [{ name: "dtype", type: ATTRIBUTES.TYPE, value: dtype }],
        value: tensor.address,
      });
      return this.#record({ node, index: 0 }).id;
    } finally {
      tensor.free();
    }
  }

  /**
   * Records an operation; it runs once its inputs are there, and what makes `after`. A reshape to the shape that a
   * tensor has, and a cast to its type, which TensorFlow.js's kernels ask for, are the tensor itself.
   */
  executeOp(
    operation: string,
    attributes: Attribute[],
    ids: number[],
    outputs: number,
    after: readonly number[] = [],
  ): TensorMetadata[] {
    let all = ids.map((id) => this.output(id));
    if (ids.length > 0 && after.length === 0) {
      const { shape } = this.graph.describe(all[0]), values = this.#constants.valuesOf(ids[1]);
      if (isNeedless(operation, { attributes, shape, values })) return [this.#record(all[0])];
    }
    if (this.#casts?.takes(operation, attributes)) {
      const describe = (id: number) => this.describe(id);
      return this.#casts.record(operation, { attributes, ids, outputs, after, describe });
    }
    if (this.#holdsBack) all = heldBack(this, operation, ids).map((id) => this.output(id));
    const list = LISTS[operation];
    const end = all.length - (list?.after ?? 0);
    const inputs = list
      ? [...all.slice(0, list.before), all.slice(list.before, end), ...all.slice(end)]
      : all;
    const earlier = after.map((id) => this.output(id).node);
    const node = this.graph.add(operation, { attributes, inputs, after: earlier });
    this.updated.used(all, { operation, node });
    return Array.from({ length: outputs }, (_, index) => this.#record({ node, index }));
  }

  /** Shape and type of a recorded tensor. */
  describe(id: number): TensorDescription {
    return this.graph.describe(this.output(id));
  }

  /** Whether a recorded tensor is an argument of the function. */
  isArgument(id: number): boolean {
    const { node } = this.output(id);
    return this.placeholders.some((one) => one.node === node);
  }

  /** Recorded tensors belong to the graph; tensors of before may be disposed of while recording. */
  deleteTensor(id: number): void {
    if (id >= 0) this.#eager.deleteTensor(id);
  }

  /** There is nothing to read yet. */
  tensorDataSync(): never {
    throw new Error(
      "A tensor's value was read while a function is captured (by data, dataSync, array, print, or " +
        "an operation that looks at values). Values exist only when the captured function runs: " +
        "return the tensor and read it there, or leave the operation out.",
    );
  }

  /** Whether tensors live on a graphics processor. */
  isUsingGpuDevice(): boolean {
    return this.#eager.isUsingGpuDevice();
  }

  /** Frees the graph, and on failure also the handles that were kept for arguments. */
  dispose({ keepArguments }: { keepArguments: boolean }): void {
    this.graph.dispose();
    if (keepArguments) return;
    for (const a of this.arguments) if (a.kind === "tensor") this.#eager.deleteTensor(a.id);
  }
}
