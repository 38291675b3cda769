/**
 * JPEGs that need nothing but decoding: what they hold is upright sRGB already, and whole. Nearly all crops
 * are such; of a photograph from a camera more has to be known.
 */
import { jpegHeader } from "lib/media/jpeg_header.ts";
import { followScan } from "lib/media/jpeg_scan.ts";

/** Width and height of a JPEG in pixels. */
export interface JpegSize {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** Segments that may change what the pixels mean: EXIF and XMP (1), profiles (2), Adobe's transform (14). */
const MEANINGFUL = [0xe1, 0xe2, 0xee];

/**
 * The size of a JPEG whose one scan is whole and not progressive, with three components of 8 bits and
 * neither EXIF, colour profile nor Adobe's segment; undefined for every other file, also for a damaged one.
 */
export function plainJpeg(bytes: Uint8Array): JpegSize | undefined {
  const header = jpegHeader(bytes);
  if (header === undefined || header.components.length !== 3) return undefined;
  if (header.markers.some((marker) => MEANINGFUL.includes(marker))) return undefined;
  const look = followScan(bytes, header);
  if (look === undefined || look.fault !== undefined) return undefined;
  return { width: header.width, height: header.height };
}
