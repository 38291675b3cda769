/**
 * Arrays out of views of storages: checked first, all of them, then read. Where a storage's bytes lie
 * is left to the two layouts, `zip_layout.ts` and `legacy_layout.ts`.
 */
import { elementBytes, type StoredTensor } from "../safetensors.ts";
import type { Pickled } from "./pickled_values.ts";
import type { StorageReference, TensorReference } from "./torch_names.ts";
import { quoted, type Refuse } from "./pth_bytes.ts";

/** What a file holds, once its pickle is read. */
export interface PthContent {
  /** What was saved. */
  readonly root: Pickled;
  /**
   * The bytes of a storage, as many as it claims, little-endian.
   *
   * @throws TypeError when the file has not just as many; then nothing was allocated.
   */
  readonly readStorage: (storage: StorageReference) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The arrays that tensors stand for. A tensor that is a whole storage shares the storage's bytes, so
 * tied weights take memory once; any other is copied, and the same view is copied once.
 *
 * @param options How many bytes the copies may take, how storages are read and a file is refused.
 * @throws TypeError when a tensor reaches out of its storage or the copies would be too large; its name
 * is in the message.
 */
export async function readTensors(
  tensors: ReadonlyMap<string, TensorReference>,
  { limit, readStorage, refuse }: {
    limit: number;
    readStorage: PthContent["readStorage"];
    refuse: Refuse;
  },
): Promise<Map<string, StoredTensor>> {
  const copied = new Set<string>();
  let total = 0;
  for (const [name, tensor] of tensors) {
    checkRange(name, tensor, refuse);
    if (isWhole(tensor) || copied.has(viewKey(tensor))) continue;
    copied.add(viewKey(tensor));
    total += product(tensor) * elementSize(tensor);
    if (total > limit) {
      refuse(`with ${quoted(name)}, its views take ${total} bytes, far more than the file has`);
    }
  }
  const storages = new Map<string, Uint8Array<ArrayBuffer>>();
  const views = new Map<string, StoredTensor>();
  const result = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const { storage, shape } = tensor;
    const bytes = storages.get(storage.key) ?? await readStorage(storage);
    storages.set(storage.key, bytes);
    const key = viewKey(tensor);
    const view = views.get(key) ??
      { type: storage.type, shape, bytes: isWhole(tensor) ? bytes : gather(bytes, tensor) };
    views.set(key, view);
    result.set(name, view);
  }
  return result;
}

const elementSize = ({ storage }: TensorReference) => elementBytes(storage.type);

/** How many elements the tensor claims, be it infinity. */
const product = ({ shape }: TensorReference) =>
  shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);

const viewKey = ({ storage, offset, shape, strides }: TensorReference) =>
  JSON.stringify([storage.key, offset, shape, strides]);

function checkRange(name: string, tensor: TensorReference, refuse: Refuse): void {
  const { storage, offset, shape, strides } = tensor;
  if (product(tensor) === 0) return;
  const last = shape.reduce((at, length, axis) => at + (length - 1) * strides[axis], offset);
  if (!(last < storage.count)) {
    refuse(
      `${quoted(name)}, [${shape}] with strides [${strides}] from ${offset} on, ` +
        `reaches out of its storage of ${storage.count} elements`,
    );
  }
}

/** Whether the tensor is all of its storage, in order. */
function isWhole(tensor: TensorReference): boolean {
  return product(tensor) === tensor.storage.count && isInOrder(tensor);
}

/** Whether neighbours in the tensor are neighbours in the storage. */
function isInOrder({ shape, strides }: TensorReference): boolean {
  let due = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== due) return false;
    due *= shape[axis];
  }
  return true;
}

/** The tensor's elements in row-major order. */
function gather(bytes: Uint8Array, tensor: TensorReference): Uint8Array<ArrayBuffer> {
  const { offset, shape, strides } = tensor;
  const size = elementSize(tensor), count = product(tensor);
  if (isInOrder(tensor)) {
    return new Uint8Array(bytes.subarray(offset * size, (offset + count) * size));
  }
  const axes = shape.map((length, axis) => ({ length, stride: strides[axis], place: 0 }))
    .filter(({ length }) => length !== 1).reverse(); // the last one runs fastest
  const into = new Uint8Array(count * size);
  for (let i = 0, at = offset; i < count; i++) {
    for (let byte = 0; byte < size; byte++) into[i * size + byte] = bytes[at * size + byte];
    for (const axis of axes) {
      at += axis.stride;
      if (++axis.place < axis.length) break;
      at -= axis.stride * axis.length;
      axis.place = 0;
    }
  }
  return into;
}
