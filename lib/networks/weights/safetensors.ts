/**
 * The safetensors file format, read and written: named arrays with a JSON header. Reading checks the
 * header against the file's real size before anything large is allocated. What the arrays mean, and
 * how they enter a model, is left to others.
 */
import { isRecord } from "lib/io/is_record.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { writeWhole } from "lib/io/write_whole.ts";

/** Bytes of one element of each type that is read or written. */
const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

/** An element type by its name in the format. */
export type ElementType = keyof typeof ELEMENT_BYTES;

/** An array as it stands in a file: row-major, little-endian. */
export interface StoredTensor {
  /** Type of the elements. */
  readonly type: ElementType;
  /** Length along each axis; empty for a single number. */
  readonly shape: readonly number[];
  /** The elements' bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes that one element of a type takes. */
export function elementBytes(type: ElementType): number {
  return ELEMENT_BYTES[type];
}

/** The whole content of a file. */
export interface TensorFile {
  /** Where it was read, for errors; absent for what was made in memory. */
  readonly path?: string;
  /** The arrays by name, in the file's order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Free text by key, such as the step of a checkpoint. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Largest header that is read, as in the reference implementation: 100 MB. */
const HEADER_LIMIT = 100_000_000;

/** Numbers as an array for a file, in float32. */
export function storeFloat32(values: Float32Array, shape: readonly number[]): StoredTensor {
  return { type: "F32", shape, bytes: new Uint8Array(values.slice().buffer) };
}

/**
 * The elements of an array as float32, whichever numeric type they are stored in (64-bit types are
 * rounded). Where they are float32 already they stay in the array's memory: they are to read.
 */
export function float32Values({ type, bytes }: StoredTensor): Float32Array<ArrayBuffer> {
  if (type === "F32") { // the usual one; in a file they may begin anywhere
    const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Float32Array(buffer, byteOffset, length / 4);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = ELEMENT_BYTES[type];
  const element: Record<ElementType, (at: number) => number> = {
    F64: (at) => view.getFloat64(at, true),
    F32: (at) => view.getFloat32(at, true),
    F16: (at) => view.getFloat16(at, true),
    BF16: (at) => bfloat16(view.getUint16(at, true)),
    I64: (at) => Number(view.getBigInt64(at, true)),
    I32: (at) => view.getInt32(at, true),
    I16: (at) => view.getInt16(at, true),
    I8: (at) => view.getInt8(at),
    U8: (at) => view.getUint8(at),
    BOOL: (at) => view.getUint8(at),
  };
  const read = element[type];
  return Float32Array.from({ length: bytes.length / size }, (_, i) => read(i * size));
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/**
 * Writes a file whole, as `writeWhole` does: the file at `path` is always the old one or the new one.
 *
 * @throws TypeError when an array's bytes do not fit its shape.
 * @throws Error when the file cannot be written (a full disk, no permission); the old one is intact.
 */
export async function writeSafetensors(
  path: string,
  { tensors, metadata }: TensorFile,
): Promise<void> {
  const header: [string, unknown][] = [["__metadata__", metadata]];
  let offset = 0;
  for (const [name, { type, shape, bytes }] of tensors) {
    const expected = shape.reduce((a, b) => a * b, ELEMENT_BYTES[type]);
    if (expected !== bytes.length) {
      throw new TypeError(
        `${name}: ${bytes.length} bytes do not fill ${type} [${shape}], which takes ${expected}.`,
      );
    }
    header.push([name, { dtype: type, shape, data_offsets: [offset, offset += bytes.length] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(32); // data stays aligned
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);

  await writeWhole(path, [length, padded, ...Array.from(tensors.values(), (t) => t.bytes)]);
}

/**
 * Reads a file.
 *
 * @throws TypeError when the file is not safetensors, is cut off, or its header says what cannot be;
 * the message names the file, the array and the contradiction.
 * @throws Deno.errors.NotFound when there is no file.
 *
 * @example There and back
 * ```ts
 * import { float32Values, readSafetensors, storeFloat32, writeSafetensors } from "lib/networks/weights/safetensors.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const weight = storeFloat32(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
 * await writeSafetensors(path, { tensors: new Map([["fc.weight", weight]]), metadata: { step: "7" } });
 * const file = await readSafetensors(path);
 * assert.deepEqual([...float32Values(file.tensors.get("fc.weight")!)], [1, 2, 3, 4, 5, 6]);
 * assert.equal(file.metadata.step, "7");
 * await Deno.remove(path);
 * ```
 */
export async function readSafetensors(path: string): Promise<TensorFile> {
  using file = await Deno.open(path);
  const size = (await file.stat()).size;
  const refuse = (why: string): never => {
    throw new UnfitFile(
      `${path} is not a whole safetensors file: ${why}. Copy or download it again.`,
    );
  };
  const take = async (length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      done += await file.read(bytes.subarray(done)) ?? refuse("it ended while it was read");
    }
    return bytes;
  };
  if (size < 10) refuse(`it has ${size} bytes`);
  const length = new DataView((await take(8)).buffer).getBigUint64(0, true);
  if (length > BigInt(Math.min(size - 8, HEADER_LIMIT))) {
    refuse(`its header claims ${length} bytes, the file has ${size}`);
  }
  const header = parseHeader(await take(Number(length)), refuse);
  const metadata = parseMetadata(header.__metadata__, refuse);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => parseEntry(name, entry, refuse))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  const available = size - 8 - Number(length);
  let end = 0;
  for (const { name, begin, end: next } of entries) {
    if (begin !== end) refuse(`${name} begins at byte ${begin} where ${end} is due`);
    end = next;
  }
  if (end !== available) refuse(`its arrays take ${end} bytes, ${available} are there`);

  const tensors = new Map<string, StoredTensor>();
  for (const { name, type, shape, begin, end } of entries) {
    tensors.set(name, { type, shape, bytes: await take(end - begin) });
  }
  return { path, tensors, metadata };
}

type Refuse = (why: string) => never;

function parseHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    refuse(`its header is not JSON (${error instanceof Error ? error.message : error})`);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    refuse("its header is not a JSON object");
  }
  return header as Record<string, unknown>;
}

function parseMetadata(value: unknown, refuse: Refuse): Record<string, string> {
  if (value === undefined) return {};
  const texts = isRecord(value) &&
    Object.values(value).every((v) => typeof v === "string");
  return texts ? value as Record<string, string> : refuse("__metadata__ is not a record of texts");
}

interface Entry {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

function parseEntry(name: string, value: unknown, refuse: Refuse): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    refuse(`${name} has the element type ${JSON.stringify(dtype)}, which is not one that is read`);
  }
  const whole = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  const wholes = (x: unknown): x is number[] => Array.isArray(x) && x.every(whole);
  if (!wholes(shape) || shape.length > 64) return refuse(`${name} has no shape of whole numbers`);
  if (!wholes(offsets) || offsets.length !== 2) return refuse(`${name} has no two data_offsets`);
  const type = dtype as ElementType;
  const [begin, end] = offsets;
  const bytes = shape.reduce((a, b) => a * b, ELEMENT_BYTES[type]);
  if (end - begin !== bytes) {
    refuse(`${name} is ${type} [${shape}], ${bytes} bytes, but its offsets span ${end - begin}`);
  }
  return { name, type, shape, begin, end };
}
