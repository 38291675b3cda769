/**
 * Reading a model's weights from a file of any format, told apart by content: the extension may be `.pth`,
 * `.pt`, `.tar`, `.safetensors`, `.h5` or none. The formats are in `pth.ts`, `safetensors.ts` and `hdf5.ts`,
 * what the weights mean to a model in `state_dict.ts`.
 */
import { isHdf5, readHdf5 } from "./hdf5.ts";
import { type PthOptions, readPth } from "./pth.ts";
import { readSafetensors, type TensorFile } from "./safetensors.ts";

/**
 * Reads weights that PyTorch, the safetensors package, Keras (HDF5) or this kit wrote, for `loadParameters`.
 *
 * @param options Which entry of a `.pth` checkpoint to take, when it is not `state_dict`.
 * @throws TypeError when the file is of no such format, or damaged; the message names it, what was
 * found and what to do.
 * @throws Deno.errors.NotFound when there is no file.
 *
 * @example The same weights in three files
 * ```ts
 * import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = "tests/fixtures";
 * const { tensors } = await readStateDict(`${folder}/tiny_checkpoint.safetensors`);
 * const legacy = await readStateDict(`${folder}/tiny_checkpoint_legacy.pth`);
 * const parallel = await readStateDict(`${folder}/tiny_checkpoint_dataparallel.pth`);
 * assert.deepEqual(legacy.tensors.get("linear.1.weight"), tensors.get("linear.1.weight"));
 * assert.deepEqual(parallel.tensors.get("module.linear.1.weight"), tensors.get("linear.1.weight"));
 * ```
 */
export async function readStateDict(path: string, options: PthOptions = {}): Promise<TensorFile> {
  const first = await firstBytes(path);
  if (isHdf5(first)) return readHdf5(await Deno.readFile(path), path);
  // A safetensors header begins with "{" after its length of eight bytes; in a zip file and in
  // PyTorch's magic number other bytes stand there.
  return first[8] === "{".charCodeAt(0)
    ? await readSafetensors(path)
    : await readPth(path, options);
}

/** The first nine bytes of a file, fewer where it is shorter. */
async function firstBytes(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  if ((await file.stat()).isDirectory) {
    throw new RangeError(
      `Cannot read ${JSON.stringify(path)}: it is a folder, not a file of weights.`,
    );
  }
  const bytes = new Uint8Array(9);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}
