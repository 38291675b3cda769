/**
 * The numbers and texts that stand between a pickle's instructions, read one after the other. What the
 * instructions mean is in `pickle.ts`.
 */
import { quoted, type Refuse } from "./pth_bytes.ts";

/** Longest pickle that is read, in bytes. A state dict takes about 150 for each array. */
export const PICKLE_LIMIT = 16_000_000;

/** Reads on from a place; every method moves it, and refuses the file when too few bytes are left. */
export interface PickleReader {
  /** Index of the next byte. */
  at(): number;
  /** Where the last thing was read, for errors: "at byte 12". */
  place(): string;
  /** A byte, 0 to 255. */
  byte(): number;
  /** Two bytes, 0 to 65,535. */
  uint16(): number;
  /** Four bytes, not below zero. */
  uint32(): number;
  /** Four bytes with a sign. */
  int32(): number;
  /** Eight bytes, big-endian as nowhere else in a pickle. */
  float64(): number;
  /** A whole number of `length` bytes with a sign; a `bigint` when a `number` would round it. */
  long(length: number): number | bigint;
  /** UTF-8 of `length` bytes. */
  text(length: number): string;
  /** Text up to the end of a line. */
  line(): string;
}

/**
 * A reader of `bytes` from `begin` on.
 *
 * @param options `refuse` says how the file is refused.
 */
export function pickleReader(
  bytes: Uint8Array,
  { begin, refuse }: { begin: number; refuse: Refuse },
): PickleReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let last = begin, next = begin;
  const place = () => `at byte ${last}`;
  /** Moves on and gives the place before. */
  const skip = (length: number): number => {
    last = next;
    next += length;
    if (next > bytes.length) refuse(`its pickle is cut off ${place()}, where ${length} are due`);
    return last;
  };
  const text = (length: number): string => {
    const from = skip(length);
    try {
      return decoder.decode(bytes.subarray(from, next));
    } catch {
      return refuse(`its pickle has a text that is not UTF-8, ${place()}`);
    }
  };
  return {
    at: () => next,
    place,
    byte: () => view.getUint8(skip(1)),
    uint16: () => view.getUint16(skip(2), true),
    uint32: () => view.getUint32(skip(4), true),
    int32: () => view.getInt32(skip(4), true),
    float64: () => view.getFloat64(skip(8)),
    long(length) {
      const from = skip(length);
      let value = 0n;
      for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[from + i]);
      value = BigInt.asIntN(8 * length, value);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    },
    text,
    line() {
      const end = bytes.indexOf(10, next);
      if (end < 0) refuse(`its pickle has a line without an end, at byte ${next}`);
      const line = text(end - next);
      skip(1);
      return line.length < 1000 ? line : refuse(`its pickle has the endless name ${quoted(line)}`);
    },
  };
}
