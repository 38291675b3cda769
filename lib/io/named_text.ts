/**
 * Text files that people name, or that a data set's publisher wrote: read whole, with an error that says
 * which file it is and what to do. What the text means is left to the callers.
 */
import { whyUnreadable } from "./file_fault.ts";

/**
 * The text of a file.
 *
 * @param path A UTF-8 file, with or without a byte order mark.
 * @throws RangeError naming the file when it is not there, cannot be read, or is not UTF-8.
 *
 * @example
 * ```ts
 * import { readNamedText } from "lib/io/named_text.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await assert.rejects(readNamedText(folder), /it is a folder, not a file/);
 * await assert.rejects(readNamedText(`${folder}/a.txt`), /there is no such file/);
 * await Deno.remove(folder);
 * ```
 */
export async function readNamedText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    throw new RangeError(`Cannot read ${JSON.stringify(path)}: ${whyUnreadable(cause)}`, { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RangeError(
      `Cannot read ${
        JSON.stringify(path)
      }: the text is not UTF-8. Save it in UTF-8, or get it again.`,
      { cause },
    );
  }
}

/**
 * What a JSON file holds; its shape is for the caller to check.
 *
 * @throws RangeError as `readNamedText` does, and naming the file when it is not JSON.
 */
export async function readNamedJson(path: string): Promise<unknown> {
  const text = await readNamedText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError(
      `${JSON.stringify(path)} is not whole JSON: ${(cause as Error).message}. Get it again.`,
      { cause },
    );
  }
}
