/**
 * Weights in HDF5, as Keras wrote them until its third version. The format is read by the package jsfive;
 * which arrays there are, and that damaged files are told, is here.
 */
import * as jsfive from "jsfive";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { type StoredTensor, storeFloat32, type TensorFile } from "./safetensors.ts";

/** What of the package is used, which has no types. */
interface Group {
  readonly keys: readonly string[];
  get(name: string): Group | DataSet;
}
interface DataSet {
  readonly shape: readonly number[];
  readonly dtype: unknown;
  readonly value: ArrayLike<number>;
}
const { File: Hdf5File } = jsfive as unknown as {
  File: new (bytes: ArrayBuffer, name: string) => Group;
};

/** The first bytes of every HDF5 file. */
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Arrays of float32 alone are weights. */
const FLOAT32 = "<f4";

/** Deeper groups than this no program writes. */
const DEEPEST = 16;

/** Whether a file begins as HDF5. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function* dataSets(group: Group, path: readonly string[]): Generator<[string[], DataSet]> {
  if (path.length > DEEPEST) throw new RangeError("its groups lie in each other without end");
  for (const key of group.keys) {
    const found = group.get(key), here = [...path, key];
    if ("keys" in found && Array.isArray(found.keys)) yield* dataSets(found, here);
    else yield [here, found as DataSet];
  }
}

/**
 * The arrays of an HDF5 file by the last two parts of their paths: Keras puts the array `kernel:0` of the
 * layer `conv2d_5` at `/conv2d_5/conv2d_5/kernel:0`, which becomes `conv2d_5/kernel:0`. Their axes stay as
 * they are in the file.
 *
 * @param path For messages.
 * @throws UnfitFile for a file that is damaged, holds no arrays of float32, or one name twice.
 */
export function readHdf5(bytes: Uint8Array, path: string): TensorFile {
  const tensors = new Map<string, StoredTensor>();
  try {
    const file = new Hdf5File(bytes.slice().buffer, path);
    for (const [places, { shape, dtype, value }] of dataSets(file, [])) {
      if (dtype !== FLOAT32) continue;
      const name = places.slice(-2).join("/"), count = shape.reduce((a, b) => a * b, 1);
      if (tensors.has(name)) throw new RangeError(`it holds two arrays ${name}`);
      if (value.length !== count) {
        throw new RangeError(`${name} has ${value.length} numbers for the shape [${shape}]`);
      }
      tensors.set(name, storeFloat32(Float32Array.from(value), [...shape]));
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnfitFile(
      `Cannot read ${JSON.stringify(path)}: it begins as HDF5, but ${why.trim()}. Copy it again.`,
    );
  }
  if (tensors.size === 0) {
    throw new UnfitFile(
      `Cannot read ${
        JSON.stringify(path)
      }: it is HDF5 and holds no arrays of float32, so no weights.`,
    );
  }
  return { path, tensors, metadata: {} };
}
