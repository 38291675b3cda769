/** Typed arrays that grow. */

/** The kinds that are used here. */
export type Numbers = Uint8Array | Uint16Array | Int32Array | Float64Array;

/**
 * The same numbers in an array of another length, with zeros behind or without the end. The one that was
 * given is empty from now on: its memory is given back at once, not when the collector finds the time.
 */
export function resized<T extends Numbers>(array: T, length: number): T {
  const Kind = array.constructor as new (buffer: ArrayBuffer) => T;
  return new Kind((array.buffer as ArrayBuffer).transfer(length * array.BYTES_PER_ELEMENT));
}
