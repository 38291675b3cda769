/**
 * The backend as the rest of the engine sees it: TensorFlow.js's native backend with what capture
 * adds. Making it is left to tensorflow_backend.ts.
 */
import * as tf from "@tensorflow/tfjs";
import type { ByteRecord } from "./byte_record.ts";
import type { EagerBinding } from "./eager_binding.ts";
import type { Attribute, Binding, TensorMetadata, Values } from "./kernel_binding.ts";
import type { Recorder } from "./operation_recorder.ts";
import type { Resource } from "./resource_variable.ts";

/** The name under which TensorFlow.js knows the backend. */
export const BACKEND_NAME = "tensorflow";

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
    get(dataId: object): DataRecord | Resource | ByteRecord;
    set(dataId: object, record: DataRecord | Resource | ByteRecord): void;
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

/** The TensorFlow backend when TensorFlow.js runs on it now, else `undefined` (the plain cpu backend). */
export function capturingBackend(): CapturingBackend | undefined {
  return tf.getBackend() === BACKEND_NAME ? tf.backend() as CapturingBackend : undefined;
}
