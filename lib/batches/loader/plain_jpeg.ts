/**
 * JPEGs that need nothing but decoding: what they hold is upright sRGB already. Nearly all crops are
 * such; of a photograph from a camera more has to be known.
 */

/** Width and height of a JPEG in pixels. */
export interface JpegSize {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/**
 * Frames of Huffman-coded pictures: baseline and extended. Where scans of a progressive one are lost,
 * decoders smooth what is left, each version in its own way.
 */
const FRAMES = [0xc0, 0xc1];
/** Segments that may change what the pixels mean: EXIF and XMP (1), profiles (2), Adobe's transform (14). */
const MEANINGFUL = [0xe1, 0xe2, 0xee];
const START_OF_SCAN = 0xda;

/**
 * The size of a JPEG that is not progressive, with three components of 8 bits and neither EXIF, colour
 * profile nor Adobe's segment; undefined for every other file, also for one whose header is damaged.
 *
 * Follows the structure of ITU-T T.81, annex B.
 */
export function plainJpeg(bytes: Uint8Array): JpegSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  let size: JpegSize | undefined;
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1], length = view.getUint16(at + 2);
    if (bytes[at] !== 0xff || length < 2 || MEANINGFUL.includes(marker)) return undefined;
    if (marker === START_OF_SCAN) return size;
    if (FRAMES.includes(marker)) {
      if (size || at + 10 > bytes.length) return undefined;
      const bits = bytes[at + 4], components = bytes[at + 9];
      if (bits !== 8 || components !== 3) return undefined;
      size = { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    at += 2 + length;
  }
  return undefined;
}
