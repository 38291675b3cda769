/**
 * Reading a model's weights from a file of either format, told apart by content: the extension may be
 * `.pth`, `.pt`, `.tar`, `.safetensors` or none. The formats are in `pth.ts` and `safetensors.ts`, what
 * the weights mean to a model in `state_dict.ts`.
 */
import { type PthOptions, readPth } from "./pth.ts";
import { readSafetensors, type TensorFile } from "./safetensors.ts";

/**
 * Reads weights that PyTorch, the safetensors package or this kit wrote, for `loadParameters`.
 *
 * @param options Which entry of a `.pth` checkpoint to take, when it is not `state_dict`.
 * @throws TypeError when the file is of neither format, or damaged; the message names it, what was
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
  // A safetensors header begins with "{" after its length of eight bytes; in a zip file and in
  // PyTorch's magic number other bytes stand there.
  return await byteAt(path, 8) === "{".charCodeAt(0)
    ? await readSafetensors(path)
    : await readPth(path, options);
}

/** One byte of a file; undefined beyond its end. */
async function byteAt(path: string, place: number): Promise<number | undefined> {
  using file = await Deno.open(path);
  if ((await file.stat()).isDirectory) {
    throw new RangeError(
      `Cannot read ${JSON.stringify(path)}: it is a folder, not a file of weights.`,
    );
  }
  await file.seek(place, Deno.SeekMode.Start);
  const byte = new Uint8Array(1);
  return await file.read(byte) === 1 ? byte[0] : undefined;
}
