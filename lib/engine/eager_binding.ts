/** Operations that run at once: TensorFlow's eager interface as the binding of TensorFlow.js. */
import { setEagerAttributes } from "./attributes.ts";
import {
  type Attribute,
  type Binding,
  BINDING_CONSTANTS,
  type TensorDescription,
  type TensorMetadata,
  TYPES,
  type Values,
} from "./binding.ts";
import type { Context } from "./context.ts";
import { takeHostTensor, toHostTensor } from "./host_tensors.ts";
import { addressOf, type Native } from "./native.ts";

/** A binding that runs operations, and what capture needs besides. */
export interface EagerBinding extends Binding {
  /** The opened library. */
  readonly native: Native;
  /** The context that operations run in. */
  readonly context: Context;
  /** Waits for a tensor's values on another thread, so that the event loop stays free. */
  tensorData(id: number): Promise<Values>;
  /** The handle's address. Throws when the tensor was deleted. */
  handle(id: number): bigint;
  /** A second id for the same value: it stays when the first is deleted. */
  share(id: number): number;
  /** Shape and type of a tensor, under its own id. */
  describe(id: number): TensorMetadata;
  /** Handles that are alive: for finding leaks. */
  handleCount(): number;
}

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

/** Makes the binding on an open library and context. */
export function eagerBinding(native: Native, context: Context): EagerBinding {
  const { symbols: s, status } = native;
  const device = native.cstring(context.device.name);
  const onGpu = context.device.type === "GPU";
  const handles = new Map<number, bigint>();
  let nextId = 0, room = outputRoom(64);

  const keep = (handle: bigint): number => {
    handles.set(nextId, handle);
    return nextId++;
  };
  const handle = (id: number): bigint => {
    const found = handles.get(id);
    if (found === undefined) {
      throw new Error(`Tensor ${id} was used after it had been disposed of.`);
    }
    return found;
  };
  const shapeOf = (h: bigint): number[] => {
    const rank = s.TFE_TensorHandleNumDims(h, status);
    native.check("TFE_TensorHandleNumDims");
    return Array.from({ length: rank }, (_, axis) => s.TFE_TensorHandleDim(h, axis, status));
  };
  const describe = (id: number): TensorMetadata => {
    const h = handle(id);
    return { id, shape: shapeOf(h), dtype: s.TFE_TensorHandleDataType(h) };
  };

  /** Runs an operation; the output handles are in `room` until the next one. */
  const execute = (
    name: string,
    attributes: Attribute[],
    inputs: bigint[],
    outputs: number,
  ): number => {
    const given = () => inputs.map(describeInput);
    const op = s.TFE_NewOp(context.address, native.cstring(name), status);
    native.check(name);
    try {
      for (const input of inputs) {
        s.TFE_OpAddInput(op, input, status);
        native.check(name, given);
      }
      setEagerAttributes(native, op, attributes);
      if (outputs > room.capacity) room = outputRoom(outputs);
      room.count[0] = outputs;
      s.TFE_Execute(op, room.handlesAddress, room.countAddress, status);
      native.check(name, given);
      return room.count[0];
    } finally {
      s.TFE_DeleteOp(op);
    }
  };
  // For error messages: it must not overwrite the status that is being reported.
  const describeInput = (h: bigint): TensorDescription => {
    const own = s.TF_NewStatus();
    const rank = Math.max(0, s.TFE_TensorHandleNumDims(h, own));
    const shape = Array.from({ length: rank }, (_, axis) => s.TFE_TensorHandleDim(h, axis, own));
    s.TF_DeleteStatus(own);
    return { shape, dtype: s.TFE_TensorHandleDataType(h) };
  };

  const onDevice = (h: bigint): bigint => {
    const moved = s.TFE_TensorHandleCopyToDevice(h, context.address, device, status);
    s.TFE_DeleteTensorHandle(h);
    native.check("copying a tensor to the device");
    return moved;
  };

  return {
    ...BINDING_CONSTANTS,
    native,
    context,
    handle,
    describe,
    createTensor(shape, dtype, values) {
      const tensor = toHostTensor(native, { shape, dtype, values });
      const h = s.TFE_NewTensorHandle(tensor.address, status);
      if (dtype === TYPES.STRING) {
        // A copy whose texts TensorFlow owns and frees.
        native.check("TFE_NewTensorHandle");
        execute(
          "StringJoin",
          [{ name: "N", type: BINDING_CONSTANTS.TF_ATTR_INT, value: 1 }],
          [h],
          1,
        );
        const owned = room.handles[0];
        s.TFE_DeleteTensorHandle(h);
        tensor.free();
        return keep(owned);
      }
      tensor.free();
      native.check("TFE_NewTensorHandle");
      // int32 stays in host memory, where most GPU kernels expect it (shapes, indices).
      return keep(onGpu && dtype !== TYPES.INT32 ? onDevice(h) : h);
    },
    deleteTensor(id) {
      s.TFE_DeleteTensorHandle(handle(id));
      handles.delete(id);
    },
    tensorDataSync(id) {
      const h = handle(id), dtype = s.TFE_TensorHandleDataType(h);
      const tensor = s.TFE_TensorHandleResolve(h, status);
      native.check("reading a tensor", () => [describeInput(h)]);
      return takeHostTensor(native, tensor, dtype);
    },
    async tensorData(id) {
      const own = s.TF_NewStatus();
      const h = s.TFE_TensorHandleCopySharingTensor(handle(id), own); // outlives a dispose meanwhile
      const dtype = s.TFE_TensorHandleDataType(h);
      const tensor = await s.resolveAside(h, own);
      s.TFE_DeleteTensorHandle(h);
      native.takeStatus(own, "reading a tensor");
      return takeHostTensor(native, tensor, dtype);
    },
    executeOp(name, attributes, inputs, outputs) {
      const count = execute(name, attributes, inputs.map(handle), outputs);
      const made = Array.from(room.handles.subarray(0, count));
      return made.map((h) => describe(keep(h)));
    },
    share(id) {
      const shared = s.TFE_TensorHandleCopySharingTensor(handle(id), status);
      native.check("TFE_TensorHandleCopySharingTensor");
      return keep(shared);
    },
    handleCount: () => handles.size,
    isUsingGpuDevice: () => onGpu,
  };
}
