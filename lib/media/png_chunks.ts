/** What a PNG's chunks say that its decoder does not: whether it moves, and whether its colours are whole. */
import { crc32 } from "node:zlib";

const decoder = new TextDecoder("latin1");

/** Chunks that change what pixels mean. Where one is damaged, decoders warn, and decode without it. */
const COLOURS = ["cHRM", "cICP", "gAMA", "iCCP", "sRGB", "sBIT", "tRNS", "eXIf"];

/** What was found before a PNG's first pixels. */
export interface PngLook {
  /** Whether it declares an animation: an acTL chunk. */
  readonly isAnimated: boolean;
  /** What is wrong with a chunk that changes colours, in words; undefined where they are whole. */
  readonly fault: string | undefined;
}

/**
 * Looks at a PNG's chunks up to its first pixels. What is damaged in other chunks the decoder finds.
 *
 * @param bytes The file, from its signature on.
 */
export function lookAtPng(bytes: Uint8Array): PngLook {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let isAnimated = false, fault: string | undefined;
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at), kind = decoder.decode(bytes.subarray(at + 4, at + 8));
    if (kind === "IDAT" || end + 4 > bytes.length) break;
    if (kind === "acTL") isAnimated = true;
    if (COLOURS.includes(kind) && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      fault ??= `the checksum of its ${kind} chunk does not fit`;
    }
    at = end + 4;
  }
  return { isAnimated, fault };
}
