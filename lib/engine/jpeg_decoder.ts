/**
 * TensorFlow's JPEG decoder, for a thread that reads pictures: libjpeg-turbo without anything around it.
 * It needs the library alone, neither TensorFlow.js nor the engine's context, so that the thread starts
 * quickly and uses no memory of a graphics processor.
 */
import { setEagerAttributes } from "./operation_attributes.ts";
import { type Attribute, ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { openContext } from "./eager_context.ts";
import { takeHostTensor, toHostTensor } from "./host_tensors.ts";
import { addressOf, openNative } from "./native_library.ts";

/** Pixels of a JPEG. */
export interface DecodedJpeg {
  /** width · height · 3 values, RGB, 0 to 255, rows from the top. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** Decodes on threads of its own, as many pictures at once as it is asked for. */
export interface JpegDecoder {
  /**
   * The pixels as they stand in the file: EXIF orientation and colour profiles are not looked at. The
   * inverse transform is the exact one and chroma is interpolated, as libjpeg does unless told otherwise.
   *
   * @returns undefined for bytes that TensorFlow refuses: no JPEG, cut short, or damaged beyond reading.
   */
  decode(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedJpeg | undefined>;
}

const ATTRIBUTES_OF_DECODE: Attribute[] = [
  { name: "channels", type: ATTRIBUTES.INT, value: 3 },
  { name: "ratio", type: ATTRIBUTES.INT, value: 1 },
  { name: "fancy_upscaling", type: ATTRIBUTES.BOOL, value: true },
  { name: "try_recover_truncated", type: ATTRIBUTES.BOOL, value: false },
  { name: "acceptable_fraction", type: ATTRIBUTES.FLOAT, value: 1 },
  { name: "dct_method", type: ATTRIBUTES.STRING, value: "INTEGER_ACCURATE" },
];

/**
 * Opens the library in this thread.
 *
 * @param library Path of TensorFlow's library: `libraryInUse` of the thread that runs the engine.
 * @throws Error when it cannot be loaded.
 *
 * @example
 * ```ts
 * import { libraryInUse, startEngine } from "lib/engine/engine.ts";
 * import { openJpegDecoder } from "lib/engine/jpeg_decoder.ts";
 * import sharp from "sharp";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const grey = sharp({ create: { width: 9, height: 5, channels: 3, background: "grey" } });
 * const decoder = openJpegDecoder(libraryInUse()!);
 * const decoded = await decoder.decode(new Uint8Array(await grey.jpeg().toBuffer()));
 * assert.deepEqual([decoded!.width, decoded!.height, decoded!.data[0]], [9, 5, 128]);
 * ```
 */
export function openJpegDecoder(library: string): JpegDecoder {
  const native = openNative(library), { symbols: s } = native;
  // The decoder runs on the thread that calls it: TensorFlow's own would only sleep.
  const context = openContext(native, {
    intraOpThreads: 1,
    interOpThreads: 1,
    device: "cpu",
  });

  const beginning = (input: bigint): bigint => {
    const op = s.TFE_NewOp(context.address, native.cstring("DecodeJpeg"), native.status);
    native.check("DecodeJpeg");
    s.TFE_OpAddInput(op, input, native.status);
    native.check("DecodeJpeg");
    setEagerAttributes(native, op, ATTRIBUTES_OF_DECODE);
    return op;
  };
  const pixelsOf = (handle: bigint): DecodedJpeg => {
    const [height, width] = [0, 1].map((axis) =>
      s.TFE_TensorHandleDim(handle, axis, native.status)
    );
    const tensor = s.TFE_TensorHandleResolve(handle, native.status);
    s.TFE_DeleteTensorHandle(handle);
    native.check("reading a picture");
    const data = takeHostTensor(native, tensor, TYPES.UINT8) as Uint8Array<ArrayBuffer>;
    return { data, width, height };
  };

  const decode = async (bytes: Uint8Array<ArrayBuffer>) => {
    const text = toHostTensor(native, { shape: [], dtype: TYPES.STRING, values: [bytes] });
    const input = s.TFE_NewTensorHandle(text.address, native.status);
    native.check("TFE_NewTensorHandle");
    const op = beginning(input);
    // Where TensorFlow writes how many outputs there are, and the address of the one.
    const room = new ArrayBuffer(128), count = new Int32Array(room, 0, 1).fill(1);
    const output = new BigUint64Array(room, 64, 1), address = addressOf(new Uint8Array(room));
    const status = s.TF_NewStatus();
    await s.executeAside(op, address + 64n, address, status);
    const decoded = s.TF_GetCode(status) === 0 && count[0] === 1;
    s.TF_DeleteStatus(status);
    s.TFE_DeleteOp(op);
    s.TFE_DeleteTensorHandle(input);
    text.free();
    return decoded ? pixelsOf(output[0]) : undefined;
  };
  return { decode };
}
