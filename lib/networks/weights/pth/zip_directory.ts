/**
 * The table of contents of a zip file, and the bytes of one entry. PyTorch stores its entries
 * uncompressed, so reading one is a copy; a zip package would bring the decompression that has to be
 * refused here (a small file could ask for any amount of memory) and check none of what is checked
 * here. What the entries mean is left to `zip_layout.ts`.
 */
import { crc32 } from "node:zlib";
import { type PthSource, quoted, type Refuse } from "./pth_bytes.ts";

/** Where an entry lies in the file. */
export interface ZipEntry {
  /** Its path inside the zip file; harmless: relative, with plain names between the slashes. */
  readonly name: string;
  /** Bytes that it holds. */
  readonly size: number;
  /** Why its bytes cannot be read as they stand: "compressed", "encrypted", or nothing. */
  readonly wrapped: "compressed" | "encrypted" | undefined;
  /** CRC-32 of the bytes; 0 when the writer did not compute it, as PyTorch can be told. */
  readonly checksum: number;
  /** Where its own header begins. */
  readonly begin: number;
  /** Where the next entry or the table begins. */
  readonly end: number;
}

const END = { signature: 0x06054b50, length: 22, longestComment: 0xffff };
const CENTRAL = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };

/** Largest table that is read, in bytes: some hundred thousand entries. */
const TABLE_LIMIT = 16_000_000;

/** Longest name of an entry; PyTorch's are its file's name and a number. */
const NAME_LIMIT = 1000;

/** The flag of an encrypted entry. */
const ENCRYPTED = 1;

/**
 * The entries by name, in the order in which they lie.
 *
 * @throws TypeError when the table is damaged or lies, names an entry twice or with a path that leaves
 * the archive, or has overlapping entries or sizes of 4 GB and more.
 */
export async function readZipDirectory(source: PthSource): Promise<Map<string, ZipEntry>> {
  const { refuse } = source;
  const { count, size, begin } = await findTable(source);
  if (size > TABLE_LIMIT) refuse(`its zip directory takes ${size} bytes`);
  const table = await source.read(begin, size);
  const entries: (Omit<ZipEntry, "end"> & { stored: number })[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { length, ...entry } = parseEntry(table.subarray(at), refuse);
    entries.push(entry);
    at += length;
  }
  if (at !== size) refuse(`its zip directory has ${size} bytes, ${count} entries take ${at}`);

  entries.sort((a, b) => a.begin - b.begin);
  const byName = new Map<string, ZipEntry>();
  entries.forEach(({ stored, ...entry }, i) => {
    const end = entries[i + 1]?.begin ?? begin;
    if (entry.begin + LOCAL.length + entry.name.length + stored > end) {
      refuse(`its zip entry ${quoted(entry.name)} reaches into what follows it`);
    }
    if (byName.has(entry.name)) refuse(`its zip entry ${quoted(entry.name)} is there twice`);
    byName.set(entry.name, { ...entry, end });
  });
  return byName;
}

/**
 * The bytes of an entry.
 *
 * @throws TypeError when it is compressed or encrypted, when its own header contradicts the table or the bytes are not those that were
 * written.
 */
export async function readZipEntry(
  source: PthSource,
  { name, size, wrapped, checksum, begin, end }: ZipEntry,
): Promise<Uint8Array<ArrayBuffer>> {
  const { refuse } = source;
  if (wrapped) {
    refuse(
      `its zip entry ${quoted(name)} is ${wrapped}, which torch.save never does`,
      "Unpack it and pack it again without compression (zip -0), or write it anew with torch.save.",
    );
  }
  const header = view(await source.read(begin, LOCAL.length));
  if (header.getUint32(0, true) !== LOCAL.signature || header.getUint16(8, true) !== 0) {
    refuse(`there is no header of the stored entry ${quoted(name)} at byte ${begin}`);
  }
  const data = begin + LOCAL.length + header.getUint16(26, true) + header.getUint16(28, true);
  if (data + size > end) refuse(`its zip entry ${quoted(name)} reaches into what follows it`);
  const bytes = await source.read(data, size);
  if (checksum !== 0 && crc32(bytes) !== checksum) {
    refuse(`the bytes of ${quoted(name)} are not those that were written (CRC-32 differs)`);
  }
  return bytes;
}

/** Finds the table from the end of the file, where a comment may follow the record that leads to it. */
async function findTable(source: PthSource) {
  const { refuse, size } = source;
  const reach = Math.min(size, END.length + END.longestComment);
  const tail = view(await source.read(size - reach, reach));
  let at = reach - END.length;
  while (
    at >= 0 &&
    (tail.getUint32(at, true) !== END.signature ||
      at + END.length + tail.getUint16(at + 20, true) !== reach)
  ) at--;
  if (at < 0) return refuse("the end of its zip directory is missing: it was cut off");
  const count = tail.getUint16(at + 10, true);
  const table = { size: tail.getUint32(at + 12, true), begin: tail.getUint32(at + 16, true) };
  if (count === 0xffff || table.size === 0xffffffff || table.begin === 0xffffffff) {
    refuseZip64(refuse, "its directory");
  }
  if (tail.getUint32(at + 4, true) !== 0 || tail.getUint16(at + 8, true) !== count) {
    refuse("its zip directory says that it is one of several parts");
  }
  if (table.begin + table.size > size - reach + at) {
    refuse(`its zip directory claims bytes ${table.begin} to ${table.begin + table.size}`);
  }
  return { count, ...table };
}

function parseEntry(table: Uint8Array, refuse: Refuse) {
  if (table.length < CENTRAL.length) return refuse("its zip directory is shorter than it says");
  const field = view(table);
  if (field.getUint32(0, true) !== CENTRAL.signature) refuse("its zip directory is damaged");
  const lengths = [28, 30, 32].map((at) => field.getUint16(at, true)); // name, extra, comment
  const name = entryName(table.subarray(CENTRAL.length, CENTRAL.length + lengths[0]), refuse);
  const [stored, size] = [field.getUint32(20, true), field.getUint32(24, true)];
  const begin = field.getUint32(42, true);
  if ([stored, size, begin].includes(0xffffffff)) refuseZip64(refuse, quoted(name));
  const compressed = field.getUint16(10, true) !== 0 || stored !== size;
  const wrapped = field.getUint16(8, true) & ENCRYPTED
    ? "encrypted" as const
    : compressed
    ? "compressed" as const
    : undefined;
  const checksum = field.getUint32(16, true);
  const length = lengths.reduce((a, b) => a + b, CENTRAL.length);
  return { name, size, stored, wrapped, checksum, begin, length };
}

/** A name that leads nowhere else, were it ever used as a path; one letter a byte, whatever was meant. */
function entryName(bytes: Uint8Array, refuse: Refuse): string {
  const name = String.fromCharCode(...bytes.subarray(0, NAME_LIMIT));
  const parts = name.replace(/\/$/, "").split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== "..");
  // deno-lint-ignore no-control-regex
  if (!plain || /[\\\x00-\x1f]/.test(name) || bytes.length > NAME_LIMIT) {
    refuse(`its zip entry ${quoted(name)} has a name that is no plain path`);
  }
  return name;
}

function refuseZip64(refuse: Refuse, what: string): never {
  return refuse(
    `${what} has sizes of 4 GB and more (zip64)`,
    "Save only the model's state dict, without the optimiser.",
  );
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
