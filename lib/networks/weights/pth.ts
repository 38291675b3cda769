/**
 * PyTorch's `.pth` files, read as data: both layouts of `torch.save`, with nothing that a file names
 * ever run. The result is what the safetensors reader gives, so that `loadParameters` takes either.
 * The layouts and the pickle format are in the folder `pth`.
 */
import { readLegacyLayout } from "./pth/legacy_layout.ts";
import { describe, isTensor, type TensorReference } from "./pth/torch_names.ts";
import type { Pickled } from "./pth/pickled_values.ts";
import { bytesSource, fileSource, type PthSource, quoted, type Refuse } from "./pth/pth_bytes.ts";
import { readTensors } from "./pth/pth_tensors.ts";
import { readZipLayout } from "./pth/zip_layout.ts";
import type { TensorFile } from "./safetensors.ts";

/** What to take out of a file. */
export interface PthOptions {
  /**
   * Which entry of the saved dictionary is the state dict, such as `"ema"`. Default: `state_dict` when
   * there is one, else the saved dictionary itself, else its only entry that holds nothing but tensors.
   */
  readonly entry?: string;
}

/** Bytes that copies of views may take besides those of the file: small files may repeat a number. */
const SPARE_BYTES = 1_000_000;

/**
 * Reads the state dict of a file, in the layout of a zip file (`torch.save` since 1.6) or the older
 * one. Only what is asked for is read: an optimiser's state beside it costs nothing.
 *
 * Element types: float64, float32, float16, bfloat16, int64 to int8, uint8, bool. Views of any strides
 * become arrays in order. Of a checkpoint `{ state_dict, epoch, … }`, the texts and numbers beside the
 * state dict become `metadata`.
 *
 * @throws TypeError when the file is cut off or damaged, uses anything that state dicts do not need, or
 * claims what it has not; the message names the file, what was found and what to do.
 * @throws Deno.errors.NotFound when there is no file.
 */
export async function readPth(path: string, options: PthOptions = {}): Promise<TensorFile> {
  using file = await Deno.open(path);
  return { ...await readSource(await fileSource(file, path), options), path };
}

/**
 * Reads the state dict of a file's bytes as `readPth` does.
 *
 * @param options Also `name`: what errors call the bytes; default "This file".
 * @throws TypeError as `readPth`.
 *
 * @example A checkpoint from PyTorch
 * ```ts
 * import { parsePth } from "lib/networks/weights/pth.ts";
 * import { float32Values } from "lib/networks/weights/safetensors.ts";
 * import assert from "node:assert/strict";
 *
 * const bytes = await Deno.readFile("tests/fixtures/tiny_checkpoint_legacy.pth");
 * const { tensors, metadata } = await parsePth(bytes);
 * assert.deepEqual(tensors.get("region_model1.conv1.weight")?.shape, [64, 3, 7, 7]);
 * assert.equal(float32Values(tensors.get("linear.1.bias")!).length, 2);
 * assert.equal(metadata.epoch, "3");
 * await assert.rejects(parsePth(bytes.subarray(0, 9000)), /ends at byte 9000/);
 * ```
 */
export function parsePth(
  bytes: Uint8Array,
  { name = "This file", ...options }: PthOptions & { readonly name?: string } = {},
): Promise<TensorFile> {
  return readSource(bytesSource(bytes, name), options);
}

/** Of Python's pickles; the number follows the first byte, from 2 on. */
const NEWEST_PROTOCOL = 5;

async function readSource(source: PthSource, { entry }: PthOptions): Promise<TensorFile> {
  const { refuse, size } = source;
  const { root, readStorage } = await readLayout(source);
  if (!(root instanceof Map)) {
    return refuse(`it holds ${describe(root)}, not a dictionary`, "Save model.state_dict().");
  }
  const dictionary = stateDict(root, { entry, refuse });
  const limit = 4 * size + SPARE_BYTES;
  const tensors = await readTensors(tensorsByName(dictionary, refuse), {
    limit,
    readStorage,
    refuse,
  });
  const texts = dictionary === root
    ? []
    : [...root].filter(([key, value]) =>
      typeof key === "string" && ["string", "number", "boolean"].includes(typeof value)
    );
  return { tensors, metadata: Object.fromEntries(texts.map(([k, v]) => [k, String(v)])) };
}

async function readLayout(source: PthSource) {
  const start = await source.read(0, Math.min(source.size, 512));
  const begins = (text: string, at = 0) =>
    Array.from(text).every((letter, i) => start[at + i] === letter.charCodeAt(0));
  if (begins("PK\x03\x04")) return await readZipLayout(source);
  if (begins("\x80\x02")) return await readLegacyLayout(source);
  if (begins("ustar", 257)) {
    source.refuse("it is in the layout of before 2017", "Load and save it in a newer PyTorch.");
  }
  if (begins("\x80") && start[1] <= NEWEST_PROTOCOL) {
    source.refuse(
      `it is a pickle of protocol ${start[1]}, and torch.save writes protocol 2`,
      "Load it in Python as it was saved, and write it with torch.save(state_dict, path).",
    );
  }
  return source.refuse(
    `it has ${source.size} bytes and begins neither as a zip file nor as a pickle`,
  );
}

/** The dictionary among what was saved that holds the weights. */
function stateDict(
  root: Map<Pickled, Pickled>,
  { entry, refuse }: { entry: string | undefined; refuse: Refuse },
): Map<Pickled, Pickled> {
  const keys = [...root.keys()].slice(0, 20).map((key) => describe(key)).join(", ");
  const named = root.get(entry ?? "state_dict");
  if (named instanceof Map) return named;
  if (entry !== undefined) {
    refuse(`its entry ${quoted(entry)} is no dictionary`, `It has ${keys}: name one of them.`);
  }
  const own = [...root.values()].filter(isTensor);
  // Without axes they are numbers beside the weights, such as the best accuracy.
  if (own.some(({ shape }) => shape.length > 0)) return root;
  const candidates = [...new Set(root.values())].filter((value) =>
    value instanceof Map && value.size > 0 && [...value.values()].every(isTensor)
  ) as Map<Pickled, Pickled>[];
  if (candidates.length === 1) return candidates[0];
  if (candidates.length === 0 && own.length > 0) return root;
  return refuse(
    `it holds ${candidates.length} state dicts, none under "state_dict"`,
    `It has ${keys || "no entries"}: name the right one as \`entry\`, or save model.state_dict().`,
  );
}

function tensorsByName(
  dictionary: Map<Pickled, Pickled>,
  refuse: Refuse,
): Map<string, TensorReference> {
  const tensors = new Map<string, TensorReference>();
  for (const [name, tensor] of dictionary) {
    if (typeof name !== "string" || !isTensor(tensor)) {
      return refuse(
        `in its state dict, ${describe(name)} leads to ${describe(tensor)}, not a text to a tensor`,
        "Remove the entry in PyTorch and save again.",
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}
