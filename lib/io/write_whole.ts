/**
 * Writing a file so that it is there whole or not at all. What the bytes mean is the caller's matter.
 */
import { basename, dirname, join } from "node:path";

/** The end of a temporary name. */
const UNFINISHED = ".part";

/**
 * A file that grows under a temporary name beside its target and takes the target's name at `commit`: a
 * run that is killed, or a disk that is full, never leaves half a file under the target's name.
 * Disposing of it without `commit` removes the temporary file and leaves the target as it was.
 *
 * @example
 * ```ts
 * import { WholeFile } from "lib/io/write_whole.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * {
 *   await using file = await WholeFile.open(path);
 *   for (const line of ["a", "b"]) await file.write(new TextEncoder().encode(`${line}\n`));
 *   await file.commit();
 * }
 * assert.equal(await Deno.readTextFile(path), "a\nb\n");
 * await Deno.remove(path);
 * ```
 */
export class WholeFile implements AsyncDisposable {
  #path: string;
  #temporary: string;
  #file: Deno.FsFile | undefined;
  #committed = false;

  private constructor(path: string, temporary: string, file: Deno.FsFile) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /**
   * Start a file. Missing folders are made.
   *
   * @param path Where the file shall be; an existing file is replaced in one step, at `commit`.
   * @throws Error naming the path and the remedy when its folder cannot be written to.
   */
  static async open(path: string): Promise<WholeFile> {
    const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}${UNFINISHED}`);
    return await orSay(path, async () => {
      await Deno.mkdir(dirname(path), { recursive: true });
      const file = await Deno.open(temporary, { write: true, createNew: true });
      return new WholeFile(path, temporary, file);
    });
  }

  /**
   * Append bytes.
   *
   * @throws Error naming the path and the remedy when they cannot be written.
   */
  async write(bytes: Uint8Array): Promise<void> {
    await writeBytes(this.#open(), this.#path, bytes);
  }

  /**
   * Flush what was written and give it the target's name.
   *
   * @throws Error naming the path and the remedy when that fails; the target is as it was.
   */
  async commit(): Promise<void> {
    const file = this.#open();
    await orSay(this.#path, async () => {
      await file.sync();
      this.#close();
      await Deno.rename(this.#temporary, this.#path);
      this.#committed = true;
    });
  }

  /** Remove the temporary file, unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (!this.#committed) await Deno.remove(this.#temporary).catch(() => {}); // it may be gone
  }

  #open(): Deno.FsFile {
    if (this.#file !== undefined) return this.#file;
    throw new Error(`${JSON.stringify(this.#path)} is closed. Open it again to write to it.`);
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/**
 * Does work that writes a file.
 *
 * @throws Error naming the path and the remedy in the place of what the system says alone.
 */
export async function orSay<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(
      `Cannot write ${JSON.stringify(path)}: ${(cause as Error).message}. ` +
        "Check that its folder may be written to and that the disk has space.",
      { cause },
    );
  }
}

/**
 * Writes all the bytes at an open file's place.
 *
 * @param path The file's, for the error.
 * @throws Error naming the path and the remedy when they cannot be written.
 */
export function writeBytes(file: Deno.FsFile, path: string, bytes: Uint8Array): Promise<void> {
  return orSay(path, async () => {
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  });
}

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
 * import { writeWhole } from "lib/io/write_whole.ts";
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
  await using file = await WholeFile.open(path);
  for (const part of content instanceof Uint8Array ? [content] : content) await file.write(part);
  await file.commit();
}

/**
 * Removes what killed writers left in a folder under temporary names. The caller makes sure that nobody
 * is writing there, by a lock.
 *
 * @throws Deno's errors when the folder cannot be read or a file not removed.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith(".") && name.endsWith(UNFINISHED)) await Deno.remove(join(folder, name));
  }
}
