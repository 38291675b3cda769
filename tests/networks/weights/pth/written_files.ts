/**
 * Files in PyTorch's layouts, written by hand so that any part of them can lie. What PyTorch itself
 * writes is in the fixtures and in `torch_exchange_test.ts`.
 */
import { crc32 } from "node:zlib";

/** The bytes of a text of which each letter is one. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** `count` bytes of a whole number, little-endian, as a text of such letters. */
function number(value: number | bigint, count: number): string {
  const wide = BigInt.asUintN(8 * count, BigInt(value));
  const letter = (_: unknown, i: number) =>
    String.fromCharCode(Number(wide >> BigInt(8 * i) & 255n));
  return Array.from({ length: count }, letter).join("");
}

// Pieces of a pickle: texts in which each letter is a byte.

/** A text of ASCII letters. */
export function text(value: string): string {
  return `X${number(value.length, 4)}${value}`;
}

/** A whole number. */
export function int(value: number): string {
  return value === (value | 0) ? `J${number(value, 4)}` : `\x8a\x08${number(value, 8)}`;
}

/** A tuple. */
export function tuple(...items: string[]): string {
  return `(${items.join("")}t`;
}

/** Something that Python would import. */
export function name(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

/** A dictionary with texts for keys. */
export function dictionary(entries: Record<string, string>): string {
  return `}(${Object.entries(entries).map(([key, value]) => text(key) + value).join("")}u`;
}

/** A storage; by default the one of `zipParts`. */
export function storage({ type = "FloatStorage", key = "0", count = 4 } = {}): string {
  return `${tuple(text("storage"), name("torch", type), text(key), text("cpu"), int(count))}Q`;
}

/** A tensor; by default all of the storage. */
export function tensor(
  { storage: from = storage(), offset = 0, shape = [4], strides = [1], metadata = "" } = {},
): string {
  const lists = [shape, strides].map((list) => tuple(...list.map(int)));
  const hooks = `${name("collections", "OrderedDict")})R`;
  const values = tuple(from, int(offset), ...lists, "\x89", hooks, metadata);
  return `${name("torch._utils", "_rebuild_tensor_v2")}${values}R`;
}

/** A whole pickle of protocol 2. */
export function pickle(body: string): Uint8Array<ArrayBuffer> {
  return bytes(`\x80\x02${body}.`);
}

/** An entry of a zip file, and what its table says of it when that is not the truth. */
export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly checksum?: number;
  /** Both sizes in the table. */
  readonly size?: number;
  /** The size that it has when unpacked. */
  readonly unpacked?: number;
  /** Where the table says that it begins. */
  readonly begin?: number;
  /** The signature of its own header. */
  readonly signature?: string;
  /** How long its own header says that its extra field is, which is not there. */
  readonly extra?: number;
}

/** A zip file of stored entries; `end` replaces fields of the record at its end. */
export function zip(
  parts: readonly ZipPart[],
  end: { disk?: number; count?: number; size?: number; begin?: number; comment?: string } = {},
): Uint8Array<ArrayBuffer> {
  let data = "", table = "";
  for (const part of parts) {
    const { name, flags = 0, method = 0, size = part.data.length, begin = data.length } = part;
    const unpacked = part.unpacked ?? size;
    const checksum = number(part.checksum ?? crc32(part.data), 4);
    const fields = number(0, 2) + number(flags, 2) + number(method, 2) + number(0, 4) + checksum;
    const sizes = number(size, 4) + number(unpacked, 4) + number(name.length, 2);
    data += `${part.signature ?? "PK\x03\x04"}${fields}${sizes}${
      number(part.extra ?? 0, 2)
    }${name}`;
    for (const byte of part.data) data += String.fromCharCode(byte);
    table += `PK\x01\x02${number(0, 2)}${fields}${sizes}${number(0, 12)}${number(begin, 4)}${name}`;
  }
  const { count = parts.length, size = table.length, begin = data.length, comment = "" } = end;
  const record = number(end.disk ?? 0, 4) + number(count, 2) + number(count, 2) +
    number(size, 4) + number(begin, 4) + number(comment.length, 2) + comment;
  return bytes(`${data}${table}PK\x05\x06${record}`);
}

/** Four float32 numbers, 1 to 4, as a storage's bytes. */
export const FOUR = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** The entries of a file of today's layout, with storage "0" in it. */
export function zipParts(body: string, storage: Uint8Array = FOUR): ZipPart[] {
  return [
    { name: "archive/data.pkl", data: pickle(body) },
    { name: "archive/byteorder", data: bytes("little") },
    { name: "archive/data/0", data: storage },
  ];
}

/** A file of the older layout; what is given replaces the true parts. */
export function legacyFile(
  { magic = "\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", version = 1001, ...rest }: {
    magic?: string;
    version?: number;
    body?: string;
    keys?: string;
    storages?: string;
  } = {},
): Uint8Array<ArrayBuffer> {
  const body = rest.body ?? dictionary({ w: tensor({ storage: legacyStorage() }) });
  const keys = rest.keys ?? `](${text("0")}e`;
  const four = String.fromCharCode(...FOUR);
  const parts = [magic, int(version), "}", body, keys].map((part) => `\x80\x02${part}.`);
  return bytes(parts.join("") + (rest.storages ?? number(4, 8) + four));
}

/** A storage as the older layout refers to it: with a view at the end, mostly none. */
export function legacyStorage(view = "N"): string {
  return storage().replace(/tQ$/, `${view}tQ`);
}

/** A storage's count and numbers as the older layout keeps them. */
export function legacyNumbers(count: number, data: Uint8Array = FOUR): string {
  return number(count, 8) + String.fromCharCode(...data);
}
