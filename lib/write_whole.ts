/**
 * Writing a file so that it is there whole or not at all. What the bytes mean is the caller's matter.
 */
import { basename, dirname, join } from "node:path";

/**
 * Write bytes to a temporary file beside the target, flush it, then rename it: a run that is killed, or
 * a disk that is full, never leaves half a file under the target's name. Missing folders are made.
 *
 * @param path Where the file shall be; an existing file is replaced in one step.
 * @param content The bytes, or parts of them in order.
 * @throws Error naming the path and the remedy when it cannot be written; the temporary file is gone.
 *
 * @example
 * ```ts
 * import { writeWhole } from "lib/write_whole.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await writeWhole(path, [new Uint8Array([1, 2]), new Uint8Array([3])]);
 * assert.deepEqual([...await Deno.readFile(path)], [1, 2, 3]);
 * await Deno.remove(path);
 * ```
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const parts = content instanceof Uint8Array ? [content] : content;
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    {
      using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
      for (const part of parts) {
        for (let done = 0; done < part.length;) done += await file.write(part.subarray(done));
      }
      await file.sync();
    }
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {}); // it may never have come to be
    throw new Error(
      `Cannot write ${JSON.stringify(path)}: ${(cause as Error).message}. ` +
        "Check that its folder may be written to and that the disk has space.",
      { cause },
    );
  }
}
