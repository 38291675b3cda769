/** Values between JavaScript and TensorFlow's host memory: numbers by copy, texts one by one. */
import { TYPES, type Values } from "./kernel_binding.ts";
import { addressOf, type Native } from "./native_library.ts";

/** Bytes of one TF_TString. */
const STRING_BYTES = 24;

/** For each type: bytes of an element, and the typed array that holds it. */
const LAYOUT: Record<
  number,
  { bytes: number; array: (length: number) => Exclude<Values, Uint8Array[]> }
> = {
  [TYPES.FLOAT]: { bytes: 4, array: (n) => new Float32Array(n) },
  [TYPES.COMPLEX64]: { bytes: 8, array: (n) => new Float32Array(2 * n) },
  [TYPES.INT32]: { bytes: 4, array: (n) => new Int32Array(n) },
  [TYPES.INT64]: { bytes: 8, array: (n) => new BigInt64Array(n) },
  [TYPES.UINT8]: { bytes: 1, array: (n) => new Uint8Array(n) },
  [TYPES.BOOL]: { bytes: 1, array: (n) => new Uint8Array(n) },
};

const dimensions = new BigInt64Array(64); // 512 bytes: outside V8's moving heap
const dimensionsAddress = addressOf(new Uint8Array(dimensions.buffer));

function allocate(native: Native, shape: number[], dtype: number, bytes: number): bigint {
  shape.forEach((n, i) => dimensions[i] = BigInt(n));
  return native.symbols.TF_AllocateTensor(dtype, dimensionsAddress, shape.length, BigInt(bytes));
}

/**
 * A TF_Tensor with a copy of the values, so that a later change of the array does not reach it.
 *
 * @returns Its address; `free` it when a handle has been made of it.
 * @throws TypeError when the array is of another type, or does not fill the shape.
 */
export function toHostTensor(
  native: Native,
  { shape, dtype, values }: { shape: number[]; dtype: number; values: Values },
): { address: bigint; free: () => void } {
  const { symbols: s } = native;
  if (dtype === TYPES.STRING) {
    return toStringTensor(native, shape, values as Uint8Array<ArrayBuffer>[]);
  }
  const layout = LAYOUT[dtype];
  if (!layout) throw new TypeError(`Tensors of TensorFlow's type ${dtype} cannot be made.`);
  const array = values as Exclude<Values, Uint8Array[]>;
  const like = layout.array(0);
  // TensorFlow.js keeps the 64-bit arguments of a few operations in an Int32Array of two halves.
  const halves = dtype === TYPES.INT64 && array instanceof Int32Array;
  if (array?.constructor !== like.constructor && !halves) {
    throw new TypeError(
      `A tensor of type ${dtype} needs a ${like.constructor.name}, not ${array?.constructor?.name}.`,
    );
  }
  const bytes = shape.reduce((a, b) => a * b, layout.bytes);
  if (bytes !== array.byteLength) {
    throw new TypeError(
      `Shape [${shape}] takes ${bytes} bytes, the values have ${array.byteLength}.`,
    );
  }
  const address = allocate(native, shape, dtype, bytes);
  if (bytes > 0) {
    const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    s.copyIn(s.TF_TensorData(address), view, BigInt(bytes));
  }
  return { address, free: () => s.TF_DeleteTensor(address) };
}

/** TensorFlow does not free the texts of a tensor made this way: that is done here. */
function toStringTensor(native: Native, shape: number[], values: Uint8Array<ArrayBuffer>[]) {
  const { symbols: s } = native;
  const address = allocate(native, shape, TYPES.STRING, STRING_BYTES * values.length);
  const data = s.TF_TensorData(address);
  const element = (i: number) => data + BigInt(STRING_BYTES * i);
  values.forEach((bytes, i) => {
    s.TF_StringInit(element(i));
    s.TF_StringCopy(element(i), bytes, BigInt(bytes.length));
  });
  const free = () => {
    values.forEach((_, i) => s.TF_StringDealloc(element(i)));
    s.TF_DeleteTensor(address);
  };
  return { address, free };
}

/** A copy of a TF_Tensor's values; the tensor is freed. */
export function takeHostTensor(native: Native, address: bigint, dtype: number): Values {
  const { symbols: s } = native;
  try {
    const bytes = Number(s.TF_TensorByteSize(address)), data = s.TF_TensorData(address);
    if (dtype === TYPES.STRING) {
      return Array.from({ length: bytes / STRING_BYTES }, (_, i) => {
        const element = data + BigInt(STRING_BYTES * i);
        const text = new Uint8Array(Number(s.TF_StringGetSize(element)));
        if (text.length > 0) {
          s.copyOut(text, s.TF_StringGetDataPointer(element), BigInt(text.length));
        }
        return text;
      });
    }
    const layout = LAYOUT[dtype];
    if (!layout) throw new TypeError(`Tensors of TensorFlow's type ${dtype} cannot be read.`);
    const out = layout.array(bytes / layout.bytes);
    if (bytes > 0) s.copyOut(new Uint8Array(out.buffer), data, BigInt(bytes));
    return out;
  } finally {
    s.TF_DeleteTensor(address);
  }
}
