/** The eager context: which devices and threads TensorFlow uses, stated once, before anything runs. */
import { type DeviceGroup, leaderField, serverDefinition } from "./device_group.ts";
import type { Native } from "./native_library.ts";
import { bytesField, message, varintField } from "./protobuf.ts";
import { allowTensorFloat32 } from "./tensor_float32.ts";

/** A device to compute on: the processor, or a GPU by its number among those that `CUDA_VISIBLE_DEVICES` leaves. */
export type DeviceName = "cpu" | `gpu:${number}`;

/** What a context is made with; see `EngineOptions` for the meaning of each. */
export interface ContextOptions {
  /** Threads inside one operation. */
  readonly intraOpThreads?: number;
  /** Operations that run at the same time. */
  readonly interOpThreads?: number;
  /**
   * Whether GPU memory is taken as needed, so that other processes can use the card too, instead of
   * nearly all of it at once. Default true; `TF_FORCE_GPU_ALLOW_GROWTH` (`true` or `false`) decides
   * above this.
   */
  readonly gpuMemoryGrowth?: boolean;
  /**
   * Where tensors live; no other GPU is seen, as its memory would be taken and not used. Default: the first
   * GPU, or else the processor.
   */
  readonly device?: DeviceName;
  /**
   * Whether a GPU that can may round the factors of float32 products and convolutions to TF32. Default:
   * as TensorFlow does, yes. So does PyTorch for convolutions, nearly all of the work here, and so most
   * published float32 results of such cards were had; on an H100 the logits of the paper's network were
   * off by 5e-4 with it, by 1e-6 without. `NVIDIA_TF32_OVERRIDE=0` in the environment forbids it above this.
   */
  readonly tensorFloat32?: boolean;
  /**
   * The processes that compute together, a device each; `lib/engine/collectives.ts` has what they do.
   * All of a group must start, or each waits for the others. Default: this one is alone.
   */
  readonly group?: DeviceGroup;
}

/** A device as TensorFlow names it. */
export interface Device {
  /** Such as `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly name: string;
  /** `CPU` or `GPU`. */
  readonly type: string;
}

/** The context's address and the devices it found. */
export interface Context {
  /** Address of the TFE_Context. */
  readonly address: bigint;
  /** Every device that tensors could live on. */
  readonly devices: readonly Device[];
  /** Where tensors live: the GPU, or else the processor. TensorFlow calls the only GPU that it sees 0. */
  readonly device: Device;
  /** The group that it belongs to; undefined where it is alone. */
  readonly group: DeviceGroup | undefined;
}

/** The ConfigProto message (tensorflow/core/protobuf/config.proto) of the options. */
export function configProto(options: ContextOptions): Uint8Array<ArrayBuffer> {
  const { intraOpThreads, interOpThreads, gpuMemoryGrowth = true, device = "gpu:0" } = options;
  const { group } = options;
  const gpu = message([
    ...(gpuMemoryGrowth ? [varintField(4, 1)] : []), // allow_growth
    bytesField(5, device.replace("gpu:", "")), // visible_device_list
  ]);
  const noGpu = message([bytesField(1, "GPU"), varintField(2, 0)]); // device_count: GPU → 0
  return message([
    ...(device === "cpu" ? [bytesField(1, noGpu)] : []),
    ...(intraOpThreads === undefined ? [] : [varintField(2, intraOpThreads)]),
    ...(interOpThreads === undefined ? [] : [varintField(5, interOpThreads)]),
    ...(device === "cpu" ? [] : [bytesField(6, gpu)]),
    varintField(7, 1), // allow_soft_placement: operations without a GPU kernel run on the processor
    ...(group === undefined ? [] : [leaderField()]),
  ]);
}

/** Makes the context, TF32 allowed or not, and lists its devices. */
export function openContext(native: Native, options: ContextOptions): Context {
  const { symbols: s, status } = native;
  if (options.tensorFloat32 !== undefined) allowTensorFloat32(native, options.tensorFloat32);
  const config = configProto(options);
  const settings = s.TFE_NewContextOptions();
  s.TFE_ContextOptionsSetConfig(settings, config, BigInt(config.length), status);
  native.check("TFE_ContextOptionsSetConfig");
  const address = s.TFE_NewContext(settings, status);
  native.check("TFE_NewContext");
  s.TFE_DeleteContextOptions(settings);
  const { group } = options;
  if (group) { // it gives the devices other names: before any tensor is there
    const definition = serverDefinition(group, config);
    s.TFE_EnableCollectiveOps(address, definition, BigInt(definition.length), status);
    native.check(`listening at ${group.addresses[group.rank]}`);
  }

  const list = s.TFE_ContextListDevices(address, status);
  native.check("TFE_ContextListDevices");
  const devices = Array.from({ length: s.TF_DeviceListCount(list) }, (_, i): Device => ({
    name: native.text(s.TF_DeviceListName(list, i, status)),
    type: native.text(s.TF_DeviceListType(list, i, status)),
  }));
  s.TF_DeleteDeviceList(list);
  const device = devices.find((d) => d.type === "GPU") ?? devices.find((d) => d.type === "CPU");
  if (!device) throw new Error("TensorFlow found no device, not even the processor.");
  return { address, devices, device, group };
}
