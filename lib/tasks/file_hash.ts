/** A file's SHA-256, by which runs and results name their data. */
import { createHash } from "node:crypto";

/**
 * SHA-256 of a file, in hexadecimal; memory does not grow with the file.
 *
 * @throws Deno's NotFound when there is none.
 */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const bytes of file.readable) hash.update(bytes);
  return hash.digest("hex");
}
