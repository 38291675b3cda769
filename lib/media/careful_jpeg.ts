/** A JPEG made ready for the decoder, which by itself takes some damaged files for whole ones. */
import { damagedImage } from "./image_error.ts";
import { jpegHeader } from "./jpeg_header.ts";
import { followScan } from "./jpeg_scan.ts";

/** How the decoder is to take a file's bytes. */
export interface Careful {
  /** The file's, or with its lost end put back. */
  readonly bytes: Uint8Array;
  /** What it refuses beside what it cannot decode at all. */
  readonly failOn: "error" | "warning";
}

/**
 * A JPEG as the decoder must be given it, so that it refuses what is damaged and nothing else. It is given
 * an end-of-image marker where the file has lost its own: whether pixels are lost shows in the scan.
 *
 * The decoder only warns where a scan ends early or makes no sense. Most scans are followed here, which
 * finds more than its warnings; they are heeded where that is not possible, in progressive files.
 *
 * @param path For error messages.
 * @throws ImageError for a scan that is damaged.
 */
export function carefulJpeg(bytes: Uint8Array, path: string): Careful {
  const header = jpegHeader(bytes), look = header && followScan(bytes, header);
  if (look?.fault !== undefined) throw damagedImage(path, look.fault);
  const failOn = look ? "error" : "warning";
  if (bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return { bytes, failOn };
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([0xff, 0xd9], bytes.length);
  return { bytes: ended, failOn };
}
