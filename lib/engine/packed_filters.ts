/**
 * Filters that oneDNN keeps packed, in the order in which it reads them, so that no run packs them anew. The
 * captured function gets each from a variable in TensorFlow, and lets go of it as soon as it is packed: at any time
 * the weights are held once.
 */
import type * as tf from "@tensorflow/tfjs";
import type { CapturingBackend } from "./capturing_backend.ts";
import { filled, integers, runTyped } from "./eager_operations.ts";
import type { PackedFilter } from "./fuse_convolutions.ts";
import type { Output } from "./graph_builder.ts";
import { type FusedConvolution, keepsFilter } from "./keeps_filter.ts";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import type { Recorder } from "./operation_recorder.ts";
import { Resource } from "./resource_variable.ts";

/** The filters of one captured function. */
export class PackedFilters {
  readonly #backend: CapturingBackend;
  readonly #recorder: Recorder;
  readonly #taken: ReadonlySet<tf.Variable>;
  readonly #dtype: number;
  readonly #resources: Resource[] = [];
  readonly #assignments: bigint[] = [];
  #blank: number | undefined;

  /**
   * None yet.
   *
   * @param options `taken`: variables that the function may keep to itself. `dtype`: the type in which their values
   * are packed, float32 or bfloat16.
   */
  constructor(
    backend: CapturingBackend,
    recorder: Recorder,
    { taken, dtype }: { taken: readonly tf.Variable[]; dtype: number },
  ) {
    this.#backend = backend;
    this.#recorder = recorder;
    this.#taken = new Set(taken);
    this.#dtype = dtype;
  }

  /** Nodes that let go of what has been packed. */
  get effects(): readonly bigint[] {
    return this.#assignments;
  }

  /** Whether a filter is the value of a variable that may be taken over, and oneDNN keeps it. */
  readonly mayPack = (filter: Output, by: FusedConvolution): boolean => {
    const variable = this.#recorder.variableBehind(filter);
    return variable !== undefined && this.#taken.has(variable) && keepsFilter(this.#backend, by);
  };

  /** Takes the filter's variable over: its value moves into the function, and it is disposed of. */
  readonly pack = (filter: Output): PackedFilter => {
    const variable = this.#recorder.variableBehind(filter)!;
    const { shape, size } = variable, { graph } = this.#recorder;
    const resource = this.#move(variable),
      attributes = [{ name: "dtype", type: ATTRIBUTES.TYPE, value: this.#dtype }];
    this.#recorder.withdraw(filter);
    const handle = this.#recorder.fixedArgument({ kind: "resource", resource });
    const read = { node: graph.add("ReadVariableOp", { attributes, inputs: [handle] }), index: 0 };
    graph.setShape(read, shape);
    const id = this.#place(shape, size);
    const place = this.#recorder.fixedArgument({ kind: "tensor", id });
    return {
      filter: read,
      packed: (node) => {
        const inputs = [handle, place], after = [node];
        this.#assignments.push(graph.add("AssignVariableOp", { attributes, inputs, after }));
      },
    };
  };

  /** Ends the taking over. @returns How many filters the function packs at its first run. */
  finish(): number {
    if (this.#blank !== undefined) this.#backend.eager.deleteTensor(this.#blank);
    this.#blank = undefined;
    return this.#resources.length;
  }

  /** Frees the variables in TensorFlow, when the function is gone. */
  dispose(): void {
    this.finish();
    for (const resource of this.#resources) resource.unpin();
  }

  /** The variable's value in TensorFlow, as the function reads it; the variable goes. */
  #move(variable: tf.Variable): Resource {
    const { eager } = this.#backend, id = this.#backend.idOf(variable.dataId);
    const types = { SrcT: TYPES.FLOAT, DstT: this.#dtype };
    const half = this.#dtype === TYPES.FLOAT ? undefined : runTyped(eager, "Cast", types, [id]);
    const resource = new Resource(eager, half ?? id);
    resource.refCount = 0;
    resource.pin();
    this.#resources.push(resource);
    if (half !== undefined) eager.deleteTensor(half);
    variable.dispose();
    return resource;
  }

  /**
   * What a filter's variable holds once it is packed, in memory that all of them share: NaN, as nothing reads it
   * (`keepsFilter`), and what anything made of it should not pass for an answer.
   */
  #place(shape: readonly number[], size: number): number {
    const { eager } = this.#backend, { INT32 } = TYPES, dtype = this.#dtype;
    const most = Math.max(...[...this.#taken].map(({ size }) => size));
    this.#blank ??= filled(eager, { shape: [most], dtype, value: NaN });
    const [start, length, dims] = [[0], [size], shape].map((one) => integers(eager, one));
    const T = { T: dtype };
    const part = runTyped(eager, "Slice", { ...T, Index: INT32 }, [this.#blank, start, length]);
    const shaped = runTyped(eager, "Reshape", { ...T, Tshape: INT32 }, [part, dims]);
    for (const id of [start, length, dims, part]) eager.deleteTensor(id);
    return shaped;
  }
}
