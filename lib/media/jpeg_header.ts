/**
 * What a JPEG says of itself before its first scan: ITU-T T.81, annex B. Following the scan is left to
 * jpeg_scan.ts.
 */

/** A component of the picture: Y, Cb or Cr, say. */
export interface JpegComponent {
  /** Its number in the file. */
  readonly id: number;
  /** Blocks across in an MCU of several components. */
  readonly across: number;
  /** Blocks down in an MCU of several components. */
  readonly down: number;
}

/** A component's part in the first scan. */
export interface JpegScanComponent {
  /** Which component; undefined where the scan names one that the frame lacks. */
  readonly component: JpegComponent | undefined;
  /** Number of the Huffman table of its DC differences. */
  readonly dc: number;
  /** Number of the Huffman table of its AC coefficients. */
  readonly ac: number;
}

/** All that stands before the first scan's data. */
export interface JpegHeader {
  /** The frame's marker without its 0xff: 0xc0 baseline, 0xc1 extended, 0xc2 progressive. */
  readonly frame: number;
  /** Bits a sample. */
  readonly bits: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** In the frame's order. */
  readonly components: readonly JpegComponent[];
  /** The markers of all segments, without their 0xff, in their order. */
  readonly markers: readonly number[];
  /** Huffman tables by class · 16 + number (class 0 DC, 1 AC): 16 counts of codes by length, the symbols. */
  readonly tables: ReadonlyMap<number, Uint8Array>;
  /** MCUs between two restart markers; 0 where there are none. */
  readonly restartInterval: number;
  /** The components of the first scan. */
  readonly scan: readonly JpegScanComponent[];
  /** Where the first scan's data begins, in bytes. */
  readonly dataStart: number;
}

const [SOF0, DHT, SOF15, DRI, SOS, DAC] = [0xc0, 0xc4, 0xcf, 0xdd, 0xda, 0xcc];
/** Within SOF0 to SOF15, JPG stands for no frame. */
const NO_FRAME = [DHT, 0xc8, DAC];

/** Whether the bytes begin as a JPEG's. */
export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/** The Huffman tables in a DHT segment's body, added to `tables`; false where it contradicts itself. */
function takeTables(body: Uint8Array, tables: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < body.length;) {
    if (at + 17 > body.length) return false;
    let symbols = 0;
    for (let i = 1; i <= 16; i++) symbols += body[at + i];
    if (symbols > 256 || at + 17 + symbols > body.length) return false;
    tables.set(body[at], body.subarray(at + 1, at + 17 + symbols));
    at += 17 + symbols;
  }
  return true;
}

/** What a segment of three bytes for each of its components says of them. */
function componentsOf(body: Uint8Array, first: number): JpegComponent[] | undefined {
  const count = body[first - 1];
  if (count === 0 || body.length !== first + 3 * count) return undefined;
  return Array.from({ length: count }, (_, i) => {
    const at = first + 3 * i, factors = body[at + 1];
    return { id: body[at], across: factors >> 4, down: factors & 15 };
  });
}

/**
 * A JPEG's header; undefined for every other file, and for one whose header is cut short or damaged.
 *
 * @example
 * ```ts
 * import { jpegHeader } from "lib/media/jpeg_header.ts";
 * import sharp from "sharp";
 * import assert from "node:assert/strict";
 *
 * const grey = sharp({ create: { width: 13, height: 7, channels: 3, background: "grey" } });
 * const header = jpegHeader(new Uint8Array(await grey.jpeg().toBuffer()))!;
 * assert.deepEqual([header.width, header.height, header.components.length], [13, 7, 3]);
 * ```
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (!isJpeg(bytes)) return undefined;
  const tables = new Map<number, Uint8Array>(), markers: number[] = [];
  let frame: Pick<JpegHeader, "frame" | "bits" | "width" | "height" | "components"> | undefined;
  let restartInterval = 0;
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1], length = bytes[at + 2] << 8 | bytes[at + 3];
    if (bytes[at] !== 0xff || length < 2) return undefined;
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    const end = at + 2 + length, body = bytes.subarray(at + 4, end);
    if (end > bytes.length) return undefined;
    markers.push(marker);
    if (marker === SOS) {
      return frame && withScan({ ...frame, markers, tables, restartInterval }, body, end);
    }
    if (marker === DHT && !takeTables(body, tables)) return undefined;
    if (marker === DRI && body.length >= 2) restartInterval = body[0] << 8 | body[1];
    if (marker >= SOF0 && marker <= SOF15 && !NO_FRAME.includes(marker)) {
      const components = componentsOf(body, 6);
      if (frame || components === undefined) return undefined;
      const height = body[1] << 8 | body[2], width = body[3] << 8 | body[4];
      frame = { frame: marker, bits: body[0], width, height, components };
    }
    at = end;
  }
  return undefined;
}

function withScan(
  header: Omit<JpegHeader, "scan" | "dataStart">,
  body: Uint8Array,
  dataStart: number,
): JpegHeader | undefined {
  const count = body[0];
  if (body.length !== 4 + 2 * count) return undefined;
  const scan = Array.from({ length: count }, (_, i): JpegScanComponent => {
    const id = body[1 + 2 * i], numbers = body[2 + 2 * i];
    const component = header.components.find((component) => component.id === id);
    return { component, dc: numbers >> 4, ac: numbers & 15 };
  });
  return { ...header, scan, dataStart };
}
