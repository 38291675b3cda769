/**
 * Pictures in memory, and reading them: any still picture becomes upright 8-bit sRGB, or an error that
 * says why not. Writing is left to write_image.ts, cropping and resizing to crop.ts.
 */
import sharp, { type Metadata } from "sharp";
import { readImageBytes } from "./image_bytes.ts";
import { ImageError } from "./image_error.ts";

/** A picture in memory: 8-bit sRGB, rows from the top, three bytes a pixel in the order R, G, B. */
export interface RgbImage {
  /** width · height · 3 values, 0 to 255. */
  readonly data: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** One value a pixel, 0 to 255: where a manipulation changed a picture, or how strongly. */
export interface Mask {
  /** width · height values, 0 to 255. */
  readonly data: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** How `readImage` treats what is not an ordinary photograph, and what it makes of all. */
export interface ReadOptions {
  /** Width and height of the result, 1 or more; default: as in the file. Resized as `resizeImage` does. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Largest number of pixels that is decoded; more are refused from the header alone. Default 100 million. */
  readonly maxPixels?: number;
  /** R, G, B (0 to 255) that shows where the picture is transparent. Default white. */
  readonly background?: readonly [number, number, number];
  /** What to do with animations and files of several pages. Default "refuse". */
  readonly animation?: "refuse" | "firstFrame";
}

const MAX_PIXELS = 100_000_000;
/** Formats that hold pixels. SVG and PDF are programs that draw, and text files can pass for them. */
const FORMATS = ["jpeg", "png", "webp", "gif", "tiff", "heif"];

/** Whether a PNG declares an animation: an acTL chunk before its pixels. The decoder does not say. */
function isAnimatedPng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const acTL = 0x6163544c, idat = 0x49444154;
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = view.getUint32(at + 4);
    if (kind === acTL) return true;
    if (kind === idat) return false;
  }
  return false;
}

/** What the header promises. */
async function checkHeader(
  bytes: Uint8Array,
  path: string,
  options: Required<Pick<ReadOptions, "maxPixels" | "animation">>,
): Promise<void> {
  const { maxPixels, animation } = options;
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new ImageError(
      "notAnImage",
      path,
      `its contents are not a picture in a known format (${(cause as Error).message}). ` +
        "JPEG, PNG, WebP, GIF, TIFF and AVIF are read, whatever the file's name.",
      cause,
    );
  }
  if (!FORMATS.includes(header.format ?? "")) {
    throw new ImageError(
      "notAnImage",
      path,
      `${header.format} holds no pixels of its own. Save it as PNG or JPEG.`,
    );
  }
  if (header.width * header.height > maxPixels) {
    throw new ImageError(
      "tooLarge",
      path,
      `${header.width} × ${header.height} pixels are more than the limit of ${maxPixels}. ` +
        "Make it smaller, or raise maxPixels if there is memory for 3 bytes a pixel.",
    );
  }
  const pages = header.format === "png" && isAnimatedPng(bytes) ? 2 : header.pages ?? 1;
  if (pages > 1 && animation === "refuse") {
    throw new ImageError(
      "animated",
      path,
      'it holds several frames. Extract them, or pass animation: "firstFrame".',
    );
  }
}

/** How sharp resizes: proportions are not kept; shrinking averages what falls together. */
export const RESIZING = { fit: "fill", kernel: "lanczos3" } as const;

/** Whether the bytes begin as a JPEG: always one still picture, whose size the decoder itself limits. */
const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/**
 * Read a still picture as upright 8-bit sRGB.
 *
 * EXIF orientation is applied. Grey, palette, CMYK and 16-bit pictures are converted, an embedded
 * colour profile is applied, and transparency is laid over `background`. The file's contents decide
 * its format, not its name. Nothing is decoded whose header promises more than `maxPixels`.
 *
 * @param path Any file name; it is never taken apart for options or patterns.
 * @throws ImageError for a file that is missing, not a file, not readable, empty, not a picture,
 * damaged (also: cut short), too large or animated; its `problem` says which.
 * @throws RangeError when maxPixels or a side of size is not a positive whole number.
 *
 * @example A photograph that is in the installed packages
 * ```ts
 * import { readImage } from "lib/media/image.ts";
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import assert from "node:assert/strict";
 *
 * const image = await readImage(demoPhotographs()[0]);
 * assert.deepEqual([image.width, image.height], [1920, 1280]);
 * assert.equal(image.data.length, 1920 * 1280 * 3);
 * ```
 */
export async function readImage(path: string, options: ReadOptions = {}): Promise<RgbImage> {
  return decodeImage(await readImageBytes(path), path, options);
}

/**
 * As `readImage`, for a file whose bytes are in memory.
 *
 * @param path For error messages.
 * @throws ImageError and RangeError as `readImage`.
 */
export async function decodeImage(
  bytes: Uint8Array,
  path: string,
  options: ReadOptions = {},
): Promise<RgbImage> {
  const { maxPixels = MAX_PIXELS, background = [255, 255, 255], animation = "refuse" } = options;
  const { size } = options;
  if (!Number.isSafeInteger(maxPixels) || maxPixels < 1) {
    throw new RangeError(`maxPixels is a positive whole number of pixels, not ${maxPixels}.`);
  }
  if (size && ![size.width, size.height].every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new RangeError(
      `A size is two positive whole numbers, not ${size.width} × ${size.height}.`,
    );
  }
  const check = () => checkHeader(bytes, path, { maxPixels, animation });
  if (!isJpeg(bytes)) await check(); // a JPEG's is looked at below if need be: training reads them by the million
  const [r, g, b] = background;
  try {
    // "error" refuses damage and lost ends, but not the harmless warnings many cameras cause.
    const { data, info: { width, height } } = await sharp(bytes, {
      limitInputPixels: maxPixels,
      failOn: "error",
    })
      .autoOrient().flatten({ background: { r, g, b } }).toColourspace("srgb")
      .raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    const image = { data: new Uint8Array(data), width, height };
    if (!size || (width === size.width && height === size.height)) return image;
    const resized = await sharp(image.data, rawOptions(image))
      .resize(size.width, size.height, RESIZING).raw().toBuffer();
    return { data: new Uint8Array(resized), ...size };
  } catch (cause) {
    await check(); // says more, where the header is to blame
    throw new ImageError(
      "damaged",
      path,
      `its pixels cannot be decoded (${(cause as Error).message.trim()}). ` +
        "The file is damaged or was cut short: copy or extract it again.",
      cause,
    );
  }
}

/**
 * Read a mask: the first channel of a picture, one value a pixel.
 *
 * @throws ImageError as `readImage` does.
 */
export async function readMask(path: string, options: ReadOptions = {}): Promise<Mask> {
  const { data, width, height } = await readImage(path, options);
  return { data: data.filter((_, i) => i % 3 === 0), width, height };
}

/**
 * What sharp has to be told to take the picture's data as pixels.
 *
 * @throws TypeError when the data is not width · height · (1 or 3) values.
 */
export function rawOptions(
  { data, width, height }: RgbImage | Mask,
): { raw: { width: number; height: number; channels: 1 | 3 }; limitInputPixels: false } {
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 3) {
    throw new TypeError(
      `A picture of ${width} × ${height} holds ${width * height * 3} values (RGB), a mask ` +
        `${width * height}; this one holds ${data.length}.`,
    );
  }
  return { raw: { width, height, channels }, limitInputPixels: false };
}
