/** Operations that run at once: TensorFlow's eager interface as the binding of TensorFlow.js. */
import type { Context } from "./eager_context.ts";
import { takeHostTensor, toHostTensor } from "./host_tensors.ts";
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
import { addressOf, type Native } from "./native_library.ts";
import { setEagerAttributes } from "./operation_attributes.ts";

/** Room for the addresses of an operation's outputs, and for their count. */
function outputRoom(capacity: number) {
  const buffer = new ArrayBuffer(64 + 8 * capacity);
  const bytes = new Uint8Array(buffer), address = addressOf(bytes);
  return {
    bytes, // kept reachable: TensorFlow writes here
    capacity,
    count: new Int32Array(buffer, 0, 1),
    countAddress: address,
    handles: new BigUint64Array(buffer, 64, capacity),
    handlesAddress: address + 64n,
  };
}

/** A binding that runs operations; it owns TensorFlow's handles, each under an id of its own. */
export class EagerBinding implements Binding {
  /** The opened library. */
  readonly native: Native;
  /** The context that operations run in. */
  readonly context: Context;

  readonly #device: bigint; // its name
  readonly #onGpu: boolean;
  readonly #handles = new Map<number, bigint>();
  #nextId = 0;
  #room = outputRoom(64);

  /** A binding on an open library and context, without tensors yet. */
  constructor(native: Native, context: Context) {
    this.native = native;
    this.context = context;
    this.#device = native.cstring(context.device.name);
    this.#onGpu = context.device.type === "GPU";
    Object.assign(this, BINDING_CONSTANTS);
  }

  /** A tensor from values, where operations want it; its id. */
  createTensor(shape: number[], dtype: number, values: Values): number {
    const { symbols: s, status } = this.native;
    const tensor = toHostTensor(this.native, { shape, dtype, values });
    const h = s.TFE_NewTensorHandle(tensor.address, status);
    if (dtype === TYPES.STRING) {
      this.native.check("TFE_NewTensorHandle");
      const owned = this.#copyOfTexts(h);
      tensor.free();
      return this.#keep(owned);
    }
    tensor.free();
    this.native.check("TFE_NewTensorHandle");
    // int32 stays in host memory, where most GPU kernels expect it (shapes, indices).
    return this.#keep(this.#onGpu && dtype !== TYPES.INT32 ? this.#moveToDevice(h) : h);
  }

  /** Forgets a tensor. Throws when it was deleted before. */
  deleteTensor(id: number): void {
    this.native.symbols.TFE_DeleteTensorHandle(this.handle(id));
    this.#handles.delete(id);
  }

  /** A tensor's values. */
  tensorDataSync(id: number): Values {
    const { symbols: s, status } = this.native;
    const h = this.handle(id), dtype = s.TFE_TensorHandleDataType(h);
    const tensor = s.TFE_TensorHandleResolve(h, status);
    this.native.check("reading a tensor", () => [this.#describeForError(h)]);
    return takeHostTensor(this.native, tensor, dtype);
  }

  /** Waits for a tensor's values on another thread, so that the event loop stays free. */
  async tensorData(id: number): Promise<Values> {
    const { symbols: s } = this.native;
    const own = s.TF_NewStatus();
    // A second handle, which outlives a dispose meanwhile.
    const h = s.TFE_TensorHandleCopySharingTensor(this.handle(id), own);
    const dtype = s.TFE_TensorHandleDataType(h);
    const tensor = await s.resolveAside(h, own);
    s.TFE_DeleteTensorHandle(h);
    this.native.takeStatus(own, "reading a tensor");
    return takeHostTensor(this.native, tensor, dtype);
  }

  /** Runs an operation, or a captured function of that name. */
  executeOp(
    name: string,
    attributes: Attribute[],
    inputs: number[],
    outputs: number,
  ): TensorMetadata[] {
    const handles = inputs.map((id) => this.handle(id));
    return this.#execute(name, attributes, handles, outputs)
      .map((h) => this.describe(this.#keep(h)));
  }

  /** Whether tensors live on a graphics processor. */
  isUsingGpuDevice(): boolean {
    return this.#onGpu;
  }

  /** The handle's address. Throws when the tensor was deleted. */
  handle(id: number): bigint {
    const found = this.#handles.get(id);
    if (found === undefined) {
      throw new Error(`Tensor ${id} was used after it had been disposed of.`);
    }
    return found;
  }

  /** A second id for the same value: it stays when the first is deleted. */
  share(id: number): number {
    const { symbols: s, status } = this.native;
    const shared = s.TFE_TensorHandleCopySharingTensor(this.handle(id), status);
    this.native.check("TFE_TensorHandleCopySharingTensor");
    return this.#keep(shared);
  }

  /** Shape and type of a tensor, under its own id. */
  describe(id: number): TensorMetadata {
    const { symbols: s, status } = this.native;
    const h = this.handle(id);
    const rank = s.TFE_TensorHandleNumDims(h, status);
    this.native.check("TFE_TensorHandleNumDims");
    const shape = Array.from(
      { length: rank },
      (_, axis) => s.TFE_TensorHandleDim(h, axis, status),
    );
    return { id, shape, dtype: s.TFE_TensorHandleDataType(h) };
  }

  /** Handles that are alive: for finding leaks. */
  handleCount(): number {
    return this.#handles.size;
  }

  /** Gives a handle an id. */
  #keep(handle: bigint): number {
    this.#handles.set(this.#nextId, handle);
    return this.#nextId++;
  }

  /** Runs an operation; the handles of its outputs, which nobody owns yet. */
  #execute(
    name: string,
    attributes: Attribute[],
    inputs: readonly bigint[],
    outputs: number,
  ): bigint[] {
    const { native } = this, { symbols: s, status } = native;
    const given = () => inputs.map((h) => this.#describeForError(h));
    const op = s.TFE_NewOp(this.context.address, native.cstring(name), status);
    native.check(name);
    try {
      for (const input of inputs) {
        s.TFE_OpAddInput(op, input, status);
        native.check(name, given);
      }
      setEagerAttributes(native, op, attributes);
      if (outputs > this.#room.capacity) this.#room = outputRoom(outputs);
      const { count, countAddress, handles, handlesAddress } = this.#room;
      count[0] = outputs;
      s.TFE_Execute(op, handlesAddress, countAddress, status);
      native.check(name, given);
      return Array.from(handles.subarray(0, count[0]));
    } finally {
      s.TFE_DeleteOp(op);
    }
  }

  /** Shape and type for an error message: it must not overwrite the status that is being reported. */
  #describeForError(h: bigint): TensorDescription {
    const { symbols: s } = this.native;
    const own = s.TF_NewStatus();
    const rank = Math.max(0, s.TFE_TensorHandleNumDims(h, own));
    const shape = Array.from({ length: rank }, (_, axis) => s.TFE_TensorHandleDim(h, axis, own));
    s.TF_DeleteStatus(own);
    return { shape, dtype: s.TFE_TensorHandleDataType(h) };
  }

  /** The same texts in memory that TensorFlow owns and frees, in place of the handle. */
  #copyOfTexts(h: bigint): bigint {
    const one = { name: "N", type: ATTRIBUTES.INT, value: 1 };
    const [owned] = this.#execute("StringJoin", [one], [h], 1);
    this.native.symbols.TFE_DeleteTensorHandle(h);
    return owned;
  }

  /** The same values in the device's memory, in place of the handle. */
  #moveToDevice(h: bigint): bigint {
    const { symbols: s, status } = this.native;
    const moved = s.TFE_TensorHandleCopyToDevice(h, this.context.address, this.#device, status);
    s.TFE_DeleteTensorHandle(h);
    this.native.check("copying a tensor to the device");
    return moved;
  }
}
