/**
 * TensorFlow.js's native backend on our binding: its kernels and its class are used as they are, but
 * for what capture needs to know of each tensor. The package's own entry file, which wants a
 * compiled addon, is never loaded.
 */
import * as tf from "@tensorflow/tfjs";
import { createRequire } from "node:module";
import util from "node:util";
import {
  type Attribute,
  type Binding,
  type TensorMetadata,
  TYPES,
  type Values,
} from "./binding.ts";
import type { EagerBinding } from "./eager_binding.ts";
import { registerGatherKernel } from "./gather_kernel.ts";
import type { Recorder } from "./recorder.ts";
import { registerReluGradient } from "./relu_gradient.ts";
import { Resource } from "./resource.ts";

/** The backend's record of a tensor's data. */
export interface DataRecord {
  /** Length along each axis. */
  readonly shape: number[];
  /** One of `TYPES`. */
  readonly dtype: number;
  /** The binding's id; -1 until the values are uploaded. */
  id: number;
  /** Values that are not uploaded yet. */
  values: Values | null;
  /** Tensors that share the data. */
  refCount: number;
}

/** The part of TensorFlow.js's native backend that the engine uses. */
export interface NativeBackend extends tf.KernelBackend {
  /** What runs, or records, operations now. */
  binding: Binding;
  /** The record of each tensor's data. */
  readonly tensorMap: {
    get(dataId: object): DataRecord | Resource;
    set(dataId: object, record: DataRecord | Resource): void;
    has(dataId: object): boolean;
    delete(dataId: object): boolean;
  };
  /** TensorFlow's number of an element type. */
  getDTypeInteger(dtype: tf.DataType): number;
  /** The tensor that stands for an operation's output. */
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  /** The binding's ids of an operation's inputs. */
  getInputTensorIds(tensors: readonly TensorLike[]): number[];
  /** Runs, or records, an operation. */
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** A tensor, or the 64-bit scalar that a few kernels pass instead. */
export type TensorLike = { dataId: object } | { valueArray: Int32Array<ArrayBuffer> };

/** The backend with what capture adds. */
export interface CapturingBackend extends NativeBackend {
  /** The binding that runs operations, also while another one records. */
  readonly eager: EagerBinding;
  /** The recording in progress, if any. */
  readonly recorder: Recorder | undefined;
  /** Runs `work` with every operation recorded instead of run. */
  record<T>(recorder: Recorder, work: () => T, variables: VariableLookup): T;
  /** The id of a tensor that exists: its values are uploaded when they are not yet. */
  idOf(dataId: object): number;
}

/** Tells what is behind some data while recording: a variable by value, one that is updated, or neither. */
export type VariableLookup = (dataId: object) => Resource | tf.Variable | undefined;

const NAME = "tensorflow";
const require = createRequire(import.meta.url);

/** Registers the kernels and makes the backend the one that TensorFlow.js uses. */
export function registerBackend(eager: EagerBinding): CapturingBackend {
  // The package calls two functions that Node.js and Deno have dropped.
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  old.isArray ??= Array.isArray;

  const folder = "@tensorflow/tfjs-node-gpu/dist/";
  require(folder + "register_all_kernels.js");
  registerGatherKernel(NAME);
  registerReluGradient();
  const { NodeJSKernelBackend } = require(folder + "nodejs_kernel_backend.js") as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => NativeBackend;
  };

  class Backend extends NodeJSKernelBackend implements CapturingBackend {
    recorder: Recorder | undefined;
    #variables: VariableLookup = () => undefined;

    constructor(readonly eager: EagerBinding) {
      super(eager, "@tensorflow/tfjs-node-gpu");
    }

    record<T>(recorder: Recorder, work: () => T, variables: VariableLookup): T {
      if (this.recorder) throw new Error("A function is captured inside one that is captured.");
      this.recorder = recorder;
      this.#variables = variables;
      this.binding = recorder;
      try {
        return work();
      } finally {
        this.recorder = undefined;
        this.#variables = () => undefined;
        this.binding = this.eager;
      }
    }

    idOf(dataId: object): number {
      const record = this.tensorMap.get(dataId);
      if (record.values !== null && !(record instanceof Resource)) {
        record.id = this.eager.createTensor(record.shape, record.dtype, record.values);
        record.values = null;
      }
      return record.id;
    }

    #recordedId(recorder: Recorder, dataId: object): number {
      const record = this.tensorMap.get(dataId);
      const variable = this.#variables(dataId);
      if (variable instanceof Resource) return recorder.read(variable);
      if (variable) return recorder.variable(variable, record.dtype);
      if (record.values !== null && !(record instanceof Resource) && recorder.born.has(dataId)) {
        record.id = recorder.createTensor(record.shape, record.dtype, record.values);
        record.values = null;
      }
      return this.idOf(dataId);
    }

    override getInputTensorIds(tensors: readonly TensorLike[]): number[] {
      const recorder = this.recorder;
      return tensors.map((t) =>
        "valueArray" in t
          ? this.binding.createTensor([], TYPES.INT64, t.valueArray)
          : recorder
          ? this.#recordedId(recorder, t.dataId)
          : this.idOf(t.dataId)
      );
    }

    override move(
      dataId: object,
      values: tf.backend_util.BackendValues,
      shape: number[],
      dtype: tf.DataType,
      refCount: number,
    ): void {
      this.recorder?.born.add(dataId);
      super.move(dataId, values, shape, dtype, refCount);
    }

    override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
      if (this.recorder) return this.readSync(dataId);
      const { values } = this.tensorMap.get(dataId);
      return (values ??
        await this.eager.tensorData(this.idOf(dataId))) as tf.backend_util.BackendValues;
    }

    override disposeData(dataId: object, force = false): boolean {
      const record = this.tensorMap.has(dataId) ? this.tensorMap.get(dataId) : undefined;
      if (!(record instanceof Resource)) return super.disposeData(dataId, force);
      record.refCount = force ? 0 : record.refCount - 1;
      if (record.refCount > 0) return false;
      record.freeUnused();
      this.tensorMap.delete(dataId);
      return true;
    }
  }

  const backend = new Backend(eager);
  tf.registerBackend(NAME, () => backend, 3);
  if (!tf.setBackend(NAME)) throw new Error("TensorFlow.js did not accept the TensorFlow backend.");
  return backend;
}

/** The TensorFlow backend when TensorFlow.js runs on it now, else `undefined` (the plain cpu backend). */
export function capturingBackend(): CapturingBackend | undefined {
  return tf.getBackend() === NAME ? tf.backend() as CapturingBackend : undefined;
}
