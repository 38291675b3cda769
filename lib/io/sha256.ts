/**
 * SHA-256 of texts, bytes and files: the one digest by which files, settings and results are told apart.
 * Always hexadecimal, 64 digits.
 */
import { createHash, type Hash } from "node:crypto";

/**
 * The digest of some parts as if they were one; texts as UTF-8.
 *
 * @example
 * ```ts
 * import { sha256 } from "lib/io/sha256.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(sha256("abc"), /^ba7816bf8f01cfea/); // FIPS 180-2
 * assert.equal(sha256("a", new Uint8Array([98, 99])), sha256("abc"));
 * ```
 */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** A digest that grows part by part. */
export interface Digest {
  /** Takes the next part; texts as UTF-8. */
  add(part: string | Uint8Array): void;
  /** The digest of all parts, after which no more can be added. */
  hex(): string;
}

/** The digest of parts that come one after the other, however many. */
export function openDigest(): Digest {
  const hash = createHash("sha256");
  return { add: (part) => void hash.update(part), hex: () => hash.digest("hex") };
}

/** Adds a file's bytes, in constant memory, and gives their number. */
async function addFile(hash: Hash, path: string): Promise<number> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 16);
  let length = 0;
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
    length += read;
  }
  return length;
}

/**
 * A file's digest, as sha256sum prints it; memory does not grow with the file.
 *
 * @throws Deno's errors when it cannot be read.
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await addFile(hash, path);
  return hash.digest("hex");
}

/**
 * One digest of several files' contents, such as a folder of frames: the bytes of one after the other,
 * each followed by its length, so that files cannot run together. Names do not count.
 *
 * @throws Deno's errors when a file cannot be read.
 */
export async function sha256OfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(`:${await addFile(hash, path)};`);
  return hash.digest("hex");
}
