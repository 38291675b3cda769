/**
 * TensorFlow.js's native backend on our binding: its kernels and its class are used as they are, but
 * for what capture needs to know of each tensor. The package's own entry file, which wants a
 * compiled addon, is never loaded.
 */
import * as tf from "@tensorflow/tfjs";
import { createRequire } from "node:module";
import util from "node:util";
import { registerBatchNormKernel } from "./batch_norm_kernel.ts";
import { ByteRecord } from "./byte_record.ts";
import {
  BACKEND_NAME,
  type CapturingBackend,
  type DataRecord,
  type NativeBackend,
  type TensorLike,
  type VariableLookup,
} from "./capturing_backend.ts";
import type { EagerBinding } from "./eager_binding.ts";
import { registerGatherKernel } from "./gather_kernel.ts";
import { type Binding, TYPES } from "./kernel_binding.ts";
import { registerMatMulKernel } from "./mat_mul_kernel.ts";
import { registerMaxPoolKernel } from "./max_pool_kernel.ts";
import type { Recorder } from "./operation_recorder.ts";
import { registerReductionGradients } from "./reduction_gradients.ts";
import { registerReluGradient } from "./relu_gradient.ts";
import { registerSecondGradients } from "./second_gradients.ts";
import { Resource } from "./resource_variable.ts";

/** The package whose kernels and backend class are used. */
const PACKAGE = "@tensorflow/tfjs-node-gpu";

/** TensorFlow.js's class, which runs each operation on the binding it is given. */
type NativeBackendClass = new (binding: Binding, packageName: string) => NativeBackend;

/** Registers the kernels and makes the backend the one that TensorFlow.js uses. */
export function registerBackend(eager: EagerBinding): void {
  restoreNodeFunctions();
  const require = createRequire(import.meta.url);
  require(`${PACKAGE}/dist/register_all_kernels.js`);
  registerGatherKernel();
  registerBatchNormKernel();
  registerMatMulKernel();
  registerMaxPoolKernel();
  registerReductionGradients();
  registerReluGradient();
  registerSecondGradients();
  const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend.js`) as {
    NodeJSKernelBackend: NativeBackendClass;
  };
  const backend = new (withCapture(NodeJSKernelBackend))(eager);
  tf.registerBackend(BACKEND_NAME, () => backend, 3);
  if (!tf.setBackend(BACKEND_NAME)) {
    throw new Error("TensorFlow.js did not accept the TensorFlow backend.");
  }
}

/** Gives back two functions that the package calls and that Node.js and Deno have dropped. */
function restoreNodeFunctions(): void {
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  old.isArray ??= Array.isArray;
}

/** Whether the record has its values in TensorFlow from the beginning, and sees to them itself. */
function isUploaded(
  record: DataRecord | Resource | ByteRecord | undefined,
): record is Resource | ByteRecord {
  return record instanceof Resource || record instanceof ByteRecord;
}

/** Hands the values that wait in a record, if any, to a binding, and keeps the id it gives. */
function upload(record: DataRecord | Resource | ByteRecord, binding: Binding): void {
  if (isUploaded(record) || record.values === null) return;
  record.id = binding.createTensor(record.shape, record.dtype, record.values);
  record.values = null;
}

/** TensorFlow.js's class with what capture adds: a recorder in the binding's place, and resources. */
function withCapture(
  Base: NativeBackendClass,
): new (eager: EagerBinding) => CapturingBackend {
  return class extends Base implements CapturingBackend {
    recorder: Recorder | undefined;
    #variables: VariableLookup = () => undefined;

    constructor(readonly eager: EagerBinding) {
      super(eager, PACKAGE);
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
      upload(record, this.eager);
      return record.id;
    }

    #recordedId(recorder: Recorder, dataId: object): number {
      const record = this.tensorMap.get(dataId);
      const variable = this.#variables(dataId);
      if (variable instanceof Resource) return recorder.read(variable);
      if (variable) return recorder.variable(variable, record.dtype);
      upload(record, recorder.born.has(dataId) ? recorder : this.eager);
      return record.id;
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
      if (!isUploaded(record)) return super.disposeData(dataId, force);
      record.refCount = force ? 0 : record.refCount - 1;
      if (record.refCount > 0) return false;
      record.freeUnused();
      this.tensorMap.delete(dataId);
      return true;
    }
  };
}
