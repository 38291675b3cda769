/** A file of weights under other names than its own, without losing sight of those. */
import { UnfitFile } from "lib/io/unfit_file.ts";
import type { StoredTensor, TensorFile } from "./safetensors.ts";

/** A file under other names, and what of it has no place under them. */
export interface RenamedFile extends TensorFile {
  /** Arrays that were left out, by their names in the file. */
  readonly unused: readonly string[];
  /** The name in the file of each array, by its name here. */
  readonly namesInFile: ReadonlyMap<string, string>;
}

/** What becomes of an array; undefined: it is left out. */
export type Rename = (
  name: string,
  array: StoredTensor,
) => { readonly name: string; readonly array?: StoredTensor } | undefined;

/**
 * A file with every array under another name.
 *
 * @returns A file that shares the arrays' bytes with the one given.
 * @throws UnfitFile when two arrays would have the same name.
 *
 * @example A classifier under another name, a layer left out
 * ```ts
 * import { renamedFile } from "lib/networks/weights/renamed_file.ts";
 * import { storeFloat32 } from "lib/networks/weights/safetensors.ts";
 * import assert from "node:assert/strict";
 *
 * const one = storeFloat32(new Float32Array(1), [1]);
 * const file = { metadata: {}, tensors: new Map([["fc.bias", one], ["idle.bias", one]]) };
 * const { tensors, unused } = renamedFile(file, (name) =>
 *   name.startsWith("idle.") ? undefined : { name: name.replace("fc.", "head.") });
 * assert.deepEqual([[...tensors.keys()], unused], [["head.bias"], ["idle.bias"]]);
 * ```
 */
export function renamedFile(file: TensorFile, rename: Rename): RenamedFile {
  const tensors = new Map<string, StoredTensor>();
  const unused: string[] = [], namesInFile = new Map<string, string>();
  for (const [name, stored] of file.tensors) {
    const renamed = rename(name, stored);
    if (!renamed) {
      unused.push(name);
      continue;
    }
    if (tensors.has(renamed.name)) {
      throw new UnfitFile(
        `${
          file.path ?? "The file"
        } has two arrays for ${renamed.name}, the second named ${name}: ` +
          "which is meant cannot be told. Remove one in PyTorch and save again.",
      );
    }
    tensors.set(renamed.name, renamed.array ?? stored);
    namesInFile.set(renamed.name, name);
  }
  return { ...file, tensors, unused, namesInFile };
}

/**
 * What of a file was not used, by its own names: what renaming left out, and what loading passed over.
 *
 * @param skipped Names under which arrays were passed over.
 */
export function unusedOf(
  { unused, namesInFile }: RenamedFile,
  skipped: readonly string[],
): string[] {
  return [...unused, ...skipped.map((name) => namesInFile.get(name) ?? name)];
}
