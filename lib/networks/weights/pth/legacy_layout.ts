/**
 * How `torch.save` laid out a file before version 1.6, and does with
 * `_use_new_zipfile_serialization=False`: five pickles (a magic number, a version, notes on the machine,
 * the content, the storages' keys), then each storage as its count and its numbers, little-endian on
 * every machine.
 */
import { elementBytes } from "../safetensors.ts";
import { describe, type StorageReference, torchRules } from "./torch_names.ts";
import { parsePickle } from "./pickle.ts";
import { PICKLE_LIMIT } from "./pickle_reader.ts";
import { type PthSource, quoted } from "./pth_bytes.ts";
import type { PthContent } from "./pth_tensors.ts";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/**
 * Reads the pickles of such a file and finds its storages.
 *
 * @throws TypeError when the file is no such file or cut off; the message says what is wrong.
 */
export async function readLegacyLayout(source: PthSource): Promise<PthContent> {
  const { refuse } = source;
  // How long the pickles are is only known once they are read: they are small, the storages are not.
  const head = await source.read(0, Math.min(source.size, PICKLE_LIMIT));
  const { rules, storages } = torchRules(refuse);
  let begin = 0;
  const next = () => {
    const { value, end } = parsePickle(head, { begin, rules });
    begin = end;
    return value;
  };
  if (next() !== MAGIC) refuse("it does not begin with PyTorch's magic number");
  const version = next();
  if (version !== VERSION) refuse(`its format's version is ${describe(version)}, not ${VERSION}`);
  next(); // sizes of C's types on the machine that wrote it
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) return refuse(`its list of storages is ${describe(keys)}`);

  const places = new Map<string, number>();
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage) return refuse(`it lists ${describe(key)} as a storage, which no tensor uses`);
    if (places.has(storage.key)) refuse(`it lists storage ${quoted(storage.key)} twice`);
    places.set(storage.key, begin + COUNT_BYTES);
    begin = await storageEnd(storage, { begin, source });
  }
  if (begin !== source.size) refuse(`it has ${source.size - begin} bytes after its last storage`);

  const readStorage: PthContent["readStorage"] = ({ key, type, count }) => {
    const place = places.get(key) ?? refuse(`storage ${quoted(key)} is not in it`);
    return source.read(place, count * elementBytes(type));
  };
  return { root, readStorage };
}

/** A storage's numbers follow their count, in 64 bits. */
const COUNT_BYTES = 8;

async function storageEnd(
  { key, type, count }: StorageReference,
  { begin, source }: { begin: number; source: PthSource },
): Promise<number> {
  const stored = new DataView((await source.read(begin, COUNT_BYTES)).buffer).getBigInt64(0, true);
  if (stored !== BigInt(count)) {
    source.refuse(`storage ${quoted(key)} should have ${count} elements, it says ${stored}`);
  }
  const end = begin + COUNT_BYTES + count * elementBytes(type);
  if (end > source.size) {
    source.refuse(`it ends at byte ${source.size}, storage ${quoted(key)} reaches to byte ${end}`);
  }
  return end;
}
