/**
 * Writing a file so that it is there whole or not at all. What the bytes mean is the caller's matter.
 */
import { basename, dirname, join } from "node:path";

/**
 * Write bytes to a temporary file beside the target, then rename it: a run that is killed, or a disk
 * that is full, never leaves half a file under the target's name. Missing folders are made.
 *
 * @param path Where the file shall be; an existing file is replaced in one step.
 * @throws Error naming the path and the remedy when it cannot be written; the temporary file is gone.
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(temporary, bytes);
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
