/**
 * A digest of a file's or a folder's contents, in constant memory.
 */
import { createHash } from "node:crypto";

/**
 * SHA-256 over the bytes of some files, one after the other, each followed by its length.
 *
 * @returns Hexadecimal digits.
 * @throws Deno's errors when a file cannot be read.
 */
export async function contentHash(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 16);
  for (const path of files) {
    using file = await Deno.open(path);
    let length = 0;
    for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
      hash.update(buffer.subarray(0, read));
      length += read;
    }
    hash.update(`:${length};`);
  }
  return hash.digest("hex");
}
