/**
 * Event files as TensorBoard reads them: TFRecord frames (length, check sum, bytes, check sum) around
 * `Event` messages with scalars. Only what metrics of a run need; nothing is read.
 */
import { bytesField, message, varintField } from "lib/engine/protobuf.ts";

/** CRC-32C (Castagnoli), reflected, for each value of a byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/**
 * The check sum of a TFRecord: CRC-32C, turned by 15 bits, plus a constant, so that sums of data that
 * hold sums stay apart.
 *
 * @returns 32 bits, unsigned.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}

function littleEndian(size: number, set: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  set(new DataView(bytes.buffer));
  return bytes;
}

const uint32 = (value: number) => littleEndian(4, (view) => view.setUint32(0, value, true));

/** A frame: uint64 length, its check sum, the bytes, theirs. */
function record(bytes: Uint8Array): Uint8Array {
  const length = littleEndian(8, (view) => view.setBigUint64(0, BigInt(bytes.length), true));
  return message([length, uint32(maskedCrc32c(length)), bytes, uint32(maskedCrc32c(bytes))]);
}

/** Keys of fields of eight and of four bytes: the number times 8 plus the wire type. */
const FIXED64 = 1, FIXED32 = 5;

/** `Event.wall_time`, field 1. */
const wallTime = (seconds: number) =>
  message([
    Uint8Array.of(1 * 8 + FIXED64),
    littleEndian(8, (view) => view.setFloat64(0, seconds, true)),
  ]);

/** `Summary.value`, field 1: its tag, field 1, and `simple_value`, field 2. */
function scalar(tag: string, value: number): Uint8Array {
  const number = littleEndian(4, (view) => view.setFloat32(0, value, true));
  const simple = message([Uint8Array.of(2 * 8 + FIXED32), number]);
  return bytesField(1, message([bytesField(1, tag), simple]));
}

/**
 * What an event file begins with.
 *
 * @param seconds When the run began, in seconds since 1970.
 */
export function eventFileHead(seconds: number): Uint8Array {
  return record(message([wallTime(seconds), bytesField(3, "brain.Event:2")]));
}

/**
 * One event: the metrics of a step. Events follow one another, and the head, without anything between.
 *
 * @param metrics Numbers by tag; TensorBoard groups tags by what stands before a slash.
 * @param when The step, from 0, and the time in seconds since 1970.
 *
 * @example
 * ```ts
 * import { eventFileHead, scalarEvent } from "lib/training/event_file.ts";
 * import assert from "node:assert/strict";
 *
 * const head = eventFileHead(0), event = scalarEvent({ "loss/total": 0.5 }, { step: 3, seconds: 1 });
 * assert.equal(head.length, 16 + 9 + 2 + "brain.Event:2".length);
 * assert.ok(new TextDecoder().decode(event).includes("loss/total"));
 * ```
 */
export function scalarEvent(
  metrics: Readonly<Record<string, number>>,
  { step, seconds }: { step: number; seconds: number },
): Uint8Array {
  const values = Object.entries(metrics).map(([tag, value]) => scalar(tag, value));
  const event = [wallTime(seconds), varintField(2, step), bytesField(5, message(values))];
  return record(message(event));
}

/** `SessionLog.status` that says that a run began again. */
const START = 1;

/**
 * An event that says that a run goes on with a step: what earlier files hold of it and of later steps no
 * longer counts.
 *
 * @param when The step, and the time in seconds since 1970.
 */
export function restartEvent({ step, seconds }: { step: number; seconds: number }): Uint8Array {
  const log = bytesField(7, message([varintField(1, START)]));
  return record(message([wallTime(seconds), varintField(2, step), log]));
}
