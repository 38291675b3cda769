/** The bytes of a file one after the other, unpacked where they are packed by gzip. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** A file's bytes, in order. Dispose of it to close the file. */
export interface FileBytes extends Disposable {
  /** Puts the next bytes into the array; resolves to their number, or to null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** What a gzip file begins with (RFC 1952). */
const GZIP = [0x1f, 0x8b];

/** Whether a file is packed by gzip, whatever it is called: by its first two bytes, or more. */
export function isPacked(start: Uint8Array): boolean {
  return GZIP.every((byte, i) => start[i] === byte);
}

async function beginsPacked(file: Deno.FsFile): Promise<boolean> {
  const start = new Uint8Array(GZIP.length);
  const length = await file.read(start);
  await file.seek(0, Deno.SeekMode.Start);
  return length === GZIP.length && isPacked(start);
}

function unpacked(path: string): FileBytes {
  const packed = createReadStream(path), stream = packed.pipe(createGunzip());
  packed.on("error", (error) => stream.destroy(error));
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let chunk = new Uint8Array(0);
  return {
    async read(into) {
      while (chunk.length === 0) {
        const next = await chunks.next().catch((cause) => {
          throw new RangeError(
            `Cannot read ${
              JSON.stringify(path)
            }: what gzip packed into it is damaged or cut short. ` +
              "Get the file again.",
            { cause },
          );
        });
        if (next.done) return null;
        chunk = new Uint8Array(next.value);
      }
      const part = chunk.subarray(0, into.length);
      into.set(part);
      chunk = chunk.subarray(part.length);
      return part.length;
    },
    [Symbol.dispose]() {
      packed.destroy();
      stream.destroy();
    },
  };
}

/**
 * Opens a file to read it from its start to its end.
 *
 * @throws Deno's errors when it cannot be opened; from `read`, RangeError naming a file that gzip packed
 * and that is damaged.
 *
 * @example
 * ```ts
 * import { openBytes } from "lib/io/file_bytes.ts";
 * import { gzipSync } from "node:zlib";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeFile(path, gzipSync("text"));
 * {
 *   using bytes = await openBytes(path);
 *   const into = new Uint8Array(10), length = await bytes.read(into);
 *   assert.equal(new TextDecoder().decode(into.subarray(0, length!)), "text");
 *   assert.equal(await bytes.read(into), null);
 * }
 * await Deno.remove(path);
 * ```
 */
export async function openBytes(path: string): Promise<FileBytes> {
  const file = await Deno.open(path);
  try {
    const { isDirectory, isFile } = await file.stat();
    if (isDirectory) throw new Deno.errors.IsADirectory();
    if (!isFile || !await beginsPacked(file)) return file; // what comes through a pipe is read once
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return unpacked(path);
}
