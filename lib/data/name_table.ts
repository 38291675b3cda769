/**
 * Names as small whole numbers: a set of texts, each of them kept once and as bytes, so that millions take
 * little more memory than their letters do, and none of what a `Map` of strings takes.
 */
import { resized } from "./resized.ts";

/** Slots for the first names; always a power of two. */
const SLOTS = 1 << 10;

const encoder = new TextEncoder();

/** The 32-bit FNV-1a hash, mixed once more, as its low bits alone are poor. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  return hash ^ hash >>> 13;
}

/**
 * Numbers for names, from 0 in the order in which they come.
 *
 * @example
 * ```ts
 * import { NameTable } from "lib/data/name_table.ts";
 * import assert from "node:assert/strict";
 *
 * const table = new NameTable();
 * assert.deepEqual(["b", "a", "b"].map((name) => table.numberOf(name)), [0, 1, 0]);
 * assert.equal(table.size, 2);
 * ```
 */
export class NameTable {
  /** How many different names there are. */
  size = 0;
  /** The names' UTF-8, one after the other. */
  #bytes = new Uint8Array(1 << 12);
  /** Where each name begins in them, and where the last one ends. */
  #starts = new Float64Array(1 << 8);
  /** By hash, the next free one after it: a name's number from 1, or 0. */
  #slots = new Int32Array(SLOTS);

  /**
   * The number of a name, which is taken in if it is new.
   *
   * @param name Well-formed Unicode, as all text from files is.
   */
  numberOf(name: string): number {
    const end = this.#append(name), slot = this.#slotOf(end);
    const found = this.#slots[slot];
    if (found > 0) return found - 1;
    this.#slots[slot] = ++this.size;
    if (this.size + 1 === this.#starts.length) {
      this.#starts = resized(this.#starts, 2 * this.#starts.length);
    }
    this.#starts[this.size] = end;
    if (2 * this.size >= this.#slots.length) this.#widen();
    return this.size - 1;
  }

  /** Gives the memory back at once; the table cannot be used any more. */
  free(): void {
    this.#bytes = resized(this.#bytes, 0);
    this.#starts = resized(this.#starts, 0);
    this.#slots = resized(this.#slots, 0);
  }

  /** Puts a name's bytes behind those that count, and says where they end. */
  #append(name: string): number {
    const start = this.#starts[this.size];
    while (this.#bytes.length - start < 3 * name.length) { // more bytes a letter there are not
      this.#bytes = resized(this.#bytes, 2 * this.#bytes.length);
    }
    const bytes = this.#bytes;
    for (let i = 0; i < name.length; i++) { // names are mostly ASCII, and short for the encoder
      const code = name.charCodeAt(i);
      if (code >= 0x80) {
        return start + encoder.encodeInto(name, bytes.subarray(start)).written;
      }
      bytes[start + i] = code;
    }
    return start + name.length;
  }

  /** The slot of the name that ends here behind all others: its own, or the one that is free for it. */
  #slotOf(end: number): number {
    const start = this.#starts[this.size], last = this.#slots.length - 1;
    let slot = hashOf(this.#bytes, start, end) & last;
    while (this.#slots[slot] > 0 && !this.#equals(this.#slots[slot] - 1, { start, end })) {
      slot = slot + 1 & last;
    }
    return slot;
  }

  #equals(number: number, { start, end }: { start: number; end: number }): boolean {
    const bytes = this.#bytes, from = this.#starts[number];
    if (this.#starts[number + 1] - from !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== bytes[from + i - start]) return false;
    return true;
  }

  #widen(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const last = this.#slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      let slot = hashOf(this.#bytes, this.#starts[number], this.#starts[number + 1]) & last;
      while (this.#slots[slot] > 0) slot = slot + 1 & last;
      this.#slots[slot] = number + 1;
    }
  }
}
