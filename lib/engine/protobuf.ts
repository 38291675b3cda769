/**
 * Writing protocol buffers: the few bytes in which TensorFlow takes its settings. Enough of the wire
 * format for numbers, texts and messages within messages; nothing is read.
 */

/** Base-128 digits, lowest first. */
function varint(value: number): number[] {
  const out: number[] = [];
  for (let rest = value;; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push(rest % 128 + 128);
  }
}

/** A field that holds a whole number or a flag. */
export function varintField(field: number, value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

/** A field that holds a text, bytes, or another message. */
export function bytesField(field: number, value: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return Uint8Array.from([...varint(field * 8 + 2), ...varint(bytes.length), ...bytes]);
}

/** A message: its fields one after another. */
export function message(fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(fields.flatMap((f) => [...f]));
}
