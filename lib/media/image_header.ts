/**
 * Whether a file's header promises a picture that can be read right: a known format, values and colours
 * that mean what we take them for, a size that fits into memory, one picture and not several.
 */
import sharp, { type Metadata } from "sharp";
import { fileFormat, HEIC } from "./file_format.ts";
import { damagedImage, ImageError } from "./image_error.ts";
import { lookAtPng } from "./png_chunks.ts";

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

/** What is refused though it could be read. */
export interface HeaderLimits {
  /** Largest number of pixels that is decoded. */
  readonly maxPixels: number;
  /** What to do with animations and files of several pages. */
  readonly animation: "refuse" | "firstFrame";
}

/**
 * The header of a file's bytes, once it promises a picture that can be read right.
 *
 * @param path For error messages.
 * @throws ImageError for what is not a picture, of an unsupported kind, damaged, too large or animated.
 */
export async function checkHeader(
  bytes: Uint8Array,
  path: string,
  { maxPixels, animation }: HeaderLimits,
): Promise<Metadata> {
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
  if (png?.fault !== undefined) throw damagedImage(path, png.fault);
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
