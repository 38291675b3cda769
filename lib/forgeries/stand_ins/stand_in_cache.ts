/**
 * Stand-ins kept on disk: one file for each set of options and version of the code, with a checksum.
 */
import { join } from "node:path";
import { sha256 } from "lib/io/sha256.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { codeDigest, codeIn, ROOT } from "../code_digest.ts";
import type { StandIn, StandIns } from "./stand_in.ts";

const FOLDER = join(ROOT, ".cache", "stand_ins");
/** Length of a SHA-256 in bytes: the file's beginning is the checksum of the rest. */
const CHECKSUM = 32;

/** Folders whose files decide what the pixels become, and the files beside them. */
const FOLDERS = ["lib/media", "lib/faces", "lib/forgeries/stand_ins"];
const FILES = [
  "lib/forgeries/code_digest.ts",
  "lib/forgeries/choose_donor.ts",
  "lib/forgeries/face_crop.ts",
  "lib/forgeries/forger.ts",
  "lib/forgeries/stand_ins.ts",
  "lib/forgeries/variants.ts",
  "lib/random.ts",
];

/**
 * The files whose text is part of what kept stand-ins are named by: whoever changes one of them gets
 * new stand-ins.
 *
 * @returns Paths below the project's root, with forward slashes, sorted.
 */
export async function decidingFiles(): Promise<string[]> {
  return [...FILES, ...await codeIn(FOLDERS, { isDeep: false })].sort();
}

/**
 * Stand-ins as one block of bytes: checksum, length of the header, header (JSON), then each one's
 * pixels and mask.
 *
 * @param standIns All of one size.
 */
export function pack({ train, test }: StandIns): Uint8Array {
  const all = [...train, ...test];
  const size = all[0].image.width;
  const records = all.map(({ sample, donor }) => ({ sample, donor }));
  const header = new TextEncoder().encode(JSON.stringify({ size, train: train.length, records }));
  const bytes = new Uint8Array(CHECKSUM + 4 + header.length + all.length * size * size * 4);
  new DataView(bytes.buffer).setUint32(CHECKSUM, header.length);
  bytes.set(header, CHECKSUM + 4);
  let at = CHECKSUM + 4 + header.length;
  for (const { image, mask } of all) {
    bytes.set(image.data, at);
    bytes.set(mask.data, at + image.data.length);
    at += image.data.length + mask.data.length;
  }
  bytes.set(Uint8Array.fromHex(sha256(bytes.subarray(CHECKSUM))));
  return bytes;
}

/** The stand-ins in a block that `pack` made; undefined when a single byte is not as it was. */
export function unpack(bytes: Uint8Array): StandIns | undefined {
  const sum = sha256(bytes.subarray(CHECKSUM));
  if (bytes.length < CHECKSUM + 4 || bytes.subarray(0, CHECKSUM).toHex() !== sum) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(CHECKSUM);
  let at = CHECKSUM + 4 + length;
  const text = new TextDecoder().decode(bytes.subarray(CHECKSUM + 4, at));
  const { size, train, records } = JSON.parse(text) as {
    size: number;
    train: number;
    records: Pick<StandIn, "sample" | "donor">[];
  };
  const take = (count: number) => bytes.slice(at, at += count);
  const all = records.map(({ sample, donor }): StandIn => ({
    image: { data: take(size * size * 3), width: size, height: size },
    mask: { data: take(size * size), width: size, height: size },
    sample,
    donor,
  }));
  return { train: all.slice(0, train), test: all.slice(train) };
}

/**
 * The kept stand-ins, or newly made ones that are kept from now on. A damaged file is replaced.
 *
 * @param options What decides the result; `cache` is the folder ("" the project's, null none) and
 * `notice` hears of a damaged file.
 */
export async function keptOnDisk(
  options: { cache: string | null; notice: (line: string) => void },
  make: () => Promise<StandIns>,
): Promise<StandIns> {
  const { cache, notice, ...deciding } = options;
  if (cache === null) return await make();
  const path = join(
    cache || FOLDER,
    `${await codeDigest(await decidingFiles(), JSON.stringify(deciding))}.bin`,
  );
  try {
    const kept = unpack(await Deno.readFile(path));
    if (kept) return kept;
    notice(`${path} is damaged: the stand-ins are made again.`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = await make();
  await writeWhole(path, pack(made));
  return made;
}
