/**
 * Rows of a manifest by the bytes that they take, read from a file that stays open: what was put in its
 * place meanwhile is not met, and what was changed in it is refused.
 */
import { unreadableCsv } from "lib/io/csv_records.ts";
import { isPacked } from "lib/io/file_bytes.ts";

/** Bytes that are read at a time where rows are asked for one after the other. */
const AHEAD = 1 << 16;

const changed = (path: string) =>
  new Error(
    `${
      JSON.stringify(path)
    } was changed while it was in use. Begin anew, and leave it alone meanwhile.`,
  );

/** A manifest that stays open. */
export class ManifestFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #asOpened: Deno.FileInfo;
  #block = new Uint8Array(0);
  #blockStart = 0;
  #lastEnd = 0;

  /** Opens the file at a path; RangeError when it cannot be opened, or is packed. */
  constructor(readonly path: string) {
    try {
      this.#file = Deno.openSync(path);
    } catch (cause) {
      throw unreadableCsv(path, cause);
    }
    this.#asOpened = this.#file.statSync();
    const start = new Uint8Array(2);
    this.#file.readSync(start);
    if (!isPacked(start)) return;
    this.#file.close();
    throw new RangeError(
      `${
        JSON.stringify(path)
      } is packed by gzip, and its rows are read again one by one. Unpack it first.`,
    );
  }

  /** Its size in bytes. */
  get size(): number {
    return this.#asOpened.size;
  }

  /**
   * The bytes from `start` to before `end`. Nobody waits for them: all were read once, and of a batch's few
   * rows it takes a fraction of a millisecond.
   */
  read(start: number, end: number): Uint8Array {
    if (start < this.#blockStart || end > this.#blockStart + this.#block.length) {
      const isNext = start >= this.#lastEnd && start - this.#lastEnd < AHEAD;
      const more = isNext ? AHEAD : 0;
      this.#fill(start, Math.min(Math.max(end - start, more), this.size - start));
    }
    this.#lastEnd = end;
    return this.#block.subarray(start - this.#blockStart, end - this.#blockStart);
  }

  /** Throws an Error when the file is not what it was when it was opened. */
  assertUnchanged({ size, mtime }: Deno.FileInfo): void {
    const { size: before, mtime: then } = this.#asOpened;
    if (size === before && mtime?.getTime() === then?.getTime()) return;
    throw changed(this.path);
  }

  #fill(start: number, length: number): void {
    this.assertUnchanged(this.#file.statSync());
    const block = new Uint8Array(length);
    this.#file.seekSync(start, Deno.SeekMode.Start);
    for (let held = 0; held < length;) {
      const read = this.#file.readSync(block.subarray(held));
      if (read === null) throw changed(this.path);
      held += read;
    }
    this.#block = block;
    this.#blockStart = start;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
