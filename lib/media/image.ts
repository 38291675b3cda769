/**
 * Pictures in memory, and reading them: any still picture becomes upright 8-bit sRGB, or an error that
 * says why not. Writing is left to write_image.ts, cropping and resizing to crop.ts.
 */
import sharp, { type Metadata, type Sharp } from "sharp";
import { fileFormat, HEIC } from "./file_format.ts";
import { readImageBytes } from "./image_bytes.ts";
import { ImageError } from "./image_error.ts";
import { isJpeg, jpegHeader } from "./jpeg_header.ts";
import { followScan } from "./jpeg_scan.ts";
import { lookAtPng } from "./png_chunks.ts";

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
/** Types of values that are read as they are meant; of the other ones decoders make something else. */
const DEPTHS = ["uchar", "ushort", "float"];
/** Kinds of colours that become sRGB as they should. */
const SPACES = ["srgb", "rgb", "rgb16", "scrgb", "b-w", "grey16", "cmyk"];
const READ = "JPEG, PNG, WebP, GIF, TIFF and AVIF are read, whatever the file's name.";

/** The error for bytes that no decoder knows. */
function notAnImage(bytes: Uint8Array, path: string, cause?: unknown): ImageError {
  const format = fileFormat(bytes);
  if (format === undefined || READ_NAMES.test(format.name)) {
    const what = format === undefined
      ? "its contents are not a picture in a known format"
      : `it begins as ${format.name}, but its header is damaged or of a rare kind`;
    const remedy = format === undefined ? "" : " Copy or extract it again, or save it as PNG.";
    return new ImageError("notAnImage", path, `${what}. ${READ}${remedy}`, cause);
  }
  const problem = format.kind === "picture" ? "unsupported" : "notAnImage";
  return new ImageError(problem, path, `it is ${format.name}. ${format.remedy}`, cause);
}

/** Names of the formats that are read, as `fileFormat` gives them. */
const READ_NAMES = /(JPEG|PNG|GIF|WebP|TIFF|AVIF|HEIF) picture$/;

/** The header, once it promises a picture that can be read right. */
async function checkHeader(
  bytes: Uint8Array,
  path: string,
  options: Required<Pick<ReadOptions, "maxPixels" | "animation">>,
): Promise<Metadata> {
  const { maxPixels, animation } = options;
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw notAnImage(bytes, path, cause);
  }
  const unsupported = (explanation: string) => new ImageError("unsupported", path, explanation);
  const { format = "", compression, depth = "", space = "", channels = 0 } = header;
  if (!FORMATS.includes(format)) throw notAnImage(bytes, path);
  if (format === "heif" && compression !== "av1") {
    const { name, remedy } = HEIC;
    throw unsupported(`it is ${name}. ${remedy}`);
  }
  if (!DEPTHS.includes(depth) || !SPACES.includes(space)) {
    throw unsupported(
      `it holds colours as "${space}" in values of type "${depth}", which are not read. Save it as ` +
        "PNG, or as a TIFF of 8 or 16 bits a value in grey, RGB or CMYK.",
    );
  }
  if (depth === "float" && channels !== 1 && channels !== 3) {
    throw unsupported(
      `it holds ${channels} floating-point values a pixel. Save it with three (RGB), or as PNG.`,
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
  const png = format === "png" ? lookAtPng(bytes) : undefined;
  if (png?.fault !== undefined) throw damaged(path, png.fault);
  const pages = png?.isAnimated ? 2 : header.pages ?? 1;
  if (pages > 1 && animation === "refuse") {
    throw new ImageError(
      "animated",
      path,
      'it holds several frames. Extract them, or pass animation: "firstFrame".',
    );
  }
  return header;
}

/** How sharp resizes: proportions are not kept; shrinking averages what falls together. */
export const RESIZING = { fit: "fill", kernel: "lanczos3" } as const;

/** How the decoder is to take a file's bytes. */
interface Careful {
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
 * @throws ImageError for a scan that is damaged.
 */
function carefulJpeg(bytes: Uint8Array, path: string): Careful {
  const header = jpegHeader(bytes), look = header && followScan(bytes, header);
  if (look?.fault !== undefined) throw damaged(path, look.fault);
  const failOn = look ? "error" : "warning";
  if (bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return { bytes, failOn };
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([0xff, 0xd9], bytes.length);
  return { bytes: ended, failOn };
}

const damaged = (path: string, what: string, cause?: unknown) =>
  new ImageError(
    "damaged",
    path,
    `its pixels cannot be decoded (${what}). The file is damaged or was cut short: copy or extract it ` +
      "again.",
    cause,
  );

/** The decoder's own words, without the lines in which it says the same again. */
const wordsOf = (cause: unknown) => (cause as Error).message.trim().split("\n")[0];

/**
 * Floating-point values as 8 bits: 0 to 1 become 0 to 255. Decoders take them for amounts of light, but
 * programs that work on pictures write the very values of a PNG, divided by 255.
 */
async function fromFloats(pipeline: Sharp, { space, path }: { space: string; path: string }) {
  const { data, info } = await pipeline.pipelineColourspace(space).toColourspace(space)
    .raw({ depth: "float" }).toBuffer({ resolveWithObject: true });
  const values = new Float32Array(new Uint8Array(data).buffer);
  if (!values.every((value) => value >= 0 && value <= 1)) {
    throw new ImageError(
      "unsupported",
      path,
      "it holds floating-point values outside 0 to 1, whose meaning is not known. Save it as PNG, or " +
        "scale its values.",
    );
  }
  const { width, height, channels } = info;
  const image = new Uint8Array(width * height * 3);
  for (let i = 0; i < image.length; i++) {
    image[i] = Math.round(255 * values[channels === 3 ? i : Math.floor(i / 3)]);
  }
  return { data: image, width, height };
}

/**
 * Read a still picture as upright 8-bit sRGB.
 *
 * EXIF orientation is applied. Grey, palette, CMYK and 16-bit pictures are converted, an embedded
 * colour profile is applied, and transparency is laid over `background`. Floating-point TIFFs must hold
 * sRGB or grey from 0 to 1. The file's contents decide its format, not its name. Nothing is decoded whose
 * header promises more than `maxPixels`.
 *
 * A file of which pixels are lost is refused as damaged, as far as its format lets that be known: always
 * in PNG, in JPEG where the codes stop making sense or end early. Without its last two bytes alone a JPEG
 * is whole.
 *
 * @param path Any file name; it is never taken apart for options or patterns.
 * @throws ImageError for a file that is missing, not a file, not readable, empty, not a picture, of an
 * unsupported kind, damaged (also: cut short), too large or animated; its `problem` says which.
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
  // A JPEG's header is looked at below if need be: training reads them by the million.
  const header = isJpeg(bytes) ? undefined : await check();
  const [r, g, b] = background;
  try {
    const careful: Careful = header
      ? { bytes, failOn: header.format === "gif" ? "warning" : "error" }
      : carefulJpeg(bytes, path);
    const pipeline = sharp(careful.bytes, { limitInputPixels: maxPixels, failOn: careful.failOn })
      .autoOrient();
    let image: RgbImage;
    if (header?.depth === "float") {
      image = await fromFloats(pipeline, { space: header.space, path });
    } else {
      const { data, info: { width, height } } = await pipeline.flatten({ background: { r, g, b } })
        .toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
      image = { data: new Uint8Array(data), width, height };
    }
    if (!size || (image.width === size.width && image.height === size.height)) return image;
    const resized = await sharp(image.data, rawOptions(image))
      .resize(size.width, size.height, RESIZING).raw().toBuffer();
    return { data: new Uint8Array(resized), ...size };
  } catch (cause) {
    await check(); // says more, where the header is to blame
    throw cause instanceof ImageError ? cause : damaged(path, wordsOf(cause), cause);
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
