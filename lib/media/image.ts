/**
 * Pictures in memory, and reading them: any still picture becomes upright 8-bit sRGB, or an error that
 * says why not. What may be decoded at all is in image_header.ts; writing is left to write_image.ts,
 * cropping and resizing to crop.ts.
 */
import sharp, { type Sharp } from "sharp";
import { type Careful, carefulJpeg } from "./careful_jpeg.ts";
import { readImageBytes } from "./image_bytes.ts";
import { damagedImage, ImageError } from "./image_error.ts";
import { checkHeader } from "./image_header.ts";
import { isJpeg } from "./jpeg_header.ts";
import { resizePixels } from "./resize_pixels.ts";

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
    const { width, height } = image;
    const from = { width, height, channels: 3 } as const;
    return { data: await resizePixels(image.data, { from, to: size }), ...size };
  } catch (cause) {
    await check(); // says more, where the header is to blame
    throw cause instanceof ImageError ? cause : damagedImage(path, wordsOf(cause), cause);
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
