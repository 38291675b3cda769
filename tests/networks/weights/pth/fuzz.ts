/**
 * A program that reads mutants of PyTorch's files, 1,000 or as many as its first argument says, in a
 * process of its own, so that a crash, a loop without end and the memory are seen from outside. Its second
 * argument is the seed. Its last line is the outcome as JSON.
 */
import assert from "node:assert/strict";
import { parsePth } from "lib/networks/weights/pth.ts";
import { bytesSource } from "lib/networks/weights/pth/pth_bytes.ts";
import { readZipDirectory, readZipEntry } from "lib/networks/weights/pth/zip_directory.ts";
import { elementBytes } from "lib/networks/weights/safetensors.ts";
import { createRandom } from "lib/random.ts";
import { zip, type ZipPart } from "./written_files.ts";

/** What became of the mutants. */
export interface FuzzOutcome {
  /** How many of each kind were read and refused. */
  readonly kinds: Record<string, { read: number; refused: number }>;
  /** Refusals, with names and numbers left out. */
  readonly reasons: string[];
  /** The most memory that the process held, in bytes. */
  readonly peak: number;
}

const [count = "1000", seed = "3"] = Deno.args;
const random = createRandom(Number(seed), "pth");

const fixture = (name: string) =>
  Deno.readFile(new URL(`../../../fixtures/${name}`, import.meta.url));

const zipped = await fixture("tiny_checkpoint_dataparallel.pth");
const legacy = await fixture("tiny_checkpoint_legacy.pth");
const parts = await unpack(zipped);

/** Where the zip file's table begins. */
const table = zipped.findIndex((_, i) =>
  String.fromCharCode(...zipped.subarray(i, i + 4)) === "PK\x01\x02"
);

/** Where the older file's pickles end, as Python's pickletools says; the first count stands there. */
const pickles = 1358;

async function unpack(file: Uint8Array): Promise<ZipPart[]> {
  const source = bytesSource(file, "the fixture");
  const entries = [...(await readZipDirectory(source)).values()];
  return await Promise.all(
    entries.map(async (entry) => ({
      name: entry.name,
      data: await readZipEntry(source, entry),
    })),
  );
}

/** Bytes that mean something to one of the formats. */
const TELLING = [
  0,
  1,
  2,
  3,
  4,
  0x7f,
  0x80,
  0xff,
  ...Array.from("(.)]}tuseabRQcKJMXqhNG\x85\x88\x8a")
    .map((sign) => typeof sign === "string" ? sign.charCodeAt(0) : sign),
];

const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)];

/** Changes one to four bytes within a range, to any or to telling ones. */
function flip(bytes: Uint8Array, [from, to]: [number, number] = [0, bytes.length]): Uint8Array {
  const mutant = bytes.slice();
  for (let k = random.integer(4); k >= 0; k--) {
    const byte = random.integer(2) ? random.integer(256) : pick(TELLING);
    mutant[from + random.integer(to - from)] = byte;
  }
  return mutant;
}

/** Overwrites a whole number of 1, 2, 4 or 8 bytes within a range by an extreme one. */
function lie(bytes: Uint8Array, [from, to]: [number, number]): Uint8Array {
  const mutant = bytes.slice();
  const length = pick([1, 2, 4, 8]);
  const value = pick([0n, 1n, -1n, -2n, 1n << 31n, (1n << 31n) - 1n, 1n << 62n, 45_000n]);
  const at = from + random.integer(to - from - length);
  for (let i = 0; i < length; i++) mutant[at + i] = Number(value >> BigInt(8 * i) & 255n);
  return mutant;
}

/** Removes, repeats or inserts a few bytes. */
function splice(bytes: Uint8Array): Uint8Array {
  const at = random.integer(bytes.length), length = 1 + random.integer(40);
  const inserted = pick([
    [],
    [...bytes.subarray(at, at + length)],
    Array(length).fill(pick(TELLING)),
  ]);
  const removed = random.integer(2) * random.integer(length);
  return Uint8Array.from([...bytes.subarray(0, at), ...inserted, ...bytes.subarray(at + removed)]);
}

/** The zip file with its pickle changed and packed again: checksums and sizes are right. */
function repacked(change: (pickle: Uint8Array) => Uint8Array): Uint8Array {
  return zip(
    parts.map((part) => part.name.endsWith(".pkl") ? { ...part, data: change(part.data) } : part),
  );
}

const KINDS: Record<string, () => Uint8Array> = {
  "zip: bytes anywhere": () => flip(zipped),
  "zip: cut": () => zipped.slice(0, random.integer(zipped.length)),
  "zip: table": () => flip(zipped, [table, zipped.length]),
  "zip: lying table": () => lie(zipped, [table, zipped.length]),
  "zip: lying header": () => lie(zipped, [0, 1300]),
  "zip: pickle": () => repacked(flip),
  "zip: lying pickle": () => repacked((pickle) => lie(pickle, [0, pickle.length])),
  "zip: spliced pickle": () => repacked(splice),
  "legacy: bytes anywhere": () => flip(legacy),
  "legacy: cut": () => legacy.slice(0, random.integer(legacy.length)),
  "legacy: pickles": () => flip(legacy, [0, pickles]),
  "legacy: lying pickles": () => lie(legacy, [0, pickles]),
  "legacy: spliced": () => {
    return Uint8Array.from([...splice(legacy.subarray(0, pickles)), ...legacy.subarray(pickles)]);
  },
  "legacy: lying count": () => lie(legacy, [pickles, pickles + 12]),
};

async function main(): Promise<FuzzOutcome> {
  const kinds: FuzzOutcome["kinds"] = {};
  const reasons = new Set<string>();
  let peak = 0;
  for (let i = 0; i < Number(count); i++) {
    const [kind, make] = Object.entries(KINDS)[i % Object.keys(KINDS).length];
    const count = kinds[kind] ??= { read: 0, refused: 0 };
    const mutant = make();
    try {
      const { tensors } = await parsePth(mutant, { name: "mutant" });
      for (const { type, shape, bytes } of tensors.values()) {
        assert.equal(bytes.length, shape.reduce((a, b) => a * b, elementBytes(type)));
      }
      count.read++;
    } catch (error) {
      assert.ok(
        error instanceof TypeError && error.message.startsWith("mutant cannot be"),
        `${error}`,
      );
      reasons.add(
        error.message.replace(/^.*?weights: /, "").replace(/"(\\.|[^"])*"|0x\w+|[-\d.]+/g, "…"),
      );
      count.refused++;
    }
    peak = Math.max(peak, Deno.memoryUsage().rss);
  }
  return { kinds, reasons: [...reasons].sort(), peak: await highWater() ?? peak };
}

/** The most memory that this process ever held, where the system keeps account of it. */
async function highWater(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const status = await Deno.readTextFile("/proc/self/status");
  return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]);
}

if (import.meta.main) {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(await main())));
}
