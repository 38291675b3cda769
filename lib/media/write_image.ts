/**
 * Writing pictures and masks as PNG or JPEG, whole or not at all.
 */
import { extname } from "node:path";
import sharp from "sharp";
import { type Mask, rawOptions, type RgbImage } from "./image.ts";
import { writeWhole } from "lib/io/write_whole.ts";

/** What a picture's file is to be. */
export interface Encoding {
  /** PNG is exact. */
  readonly format: "png" | "jpg";
  /** Quality of a JPEG, 1 to 100. */
  readonly quality: number;
}

/**
 * The bytes of a picture's or a mask's file. JPEGs are without chroma subsampling.
 *
 * @throws TypeError when the data is not width · height · (1 or 3) values.
 * @throws RangeError for a quality out of range.
 */
export async function encodeImage(
  image: RgbImage | Mask,
  { format, quality }: Encoding,
): Promise<Uint8Array> {
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new RangeError(`A JPEG's quality is a whole number from 1 to 100, not ${quality}.`);
  }
  const input = rawOptions(image);
  const pixels = sharp(image.data, input);
  // sharp otherwise makes three channels of one.
  if (input.raw.channels === 1) pixels.toColourspace("b-w");
  return format === "png"
    ? await pixels.png().toBuffer()
    : await pixels.jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
}

/**
 * Write a picture or a mask, whole or not at all.
 *
 * @param path Ends in .png (exact), .jpg or .jpeg (quality below, no chroma subsampling).
 * @param image RGB, or one value a pixel.
 * @param options `quality` of a JPEG, 1 to 100; default 95.
 * @throws TypeError when the data is not width · height · (1 or 3) values.
 * @throws RangeError for another ending or a quality out of range.
 */
export async function writeImage(
  path: string,
  image: RgbImage | Mask,
  { quality = 95 }: { quality?: number } = {},
): Promise<void> {
  const ending = extname(path).toLowerCase();
  if (![".png", ".jpg", ".jpeg"].includes(ending)) {
    throw new RangeError(`Cannot write ${JSON.stringify(path)}: end its name in .png or .jpg.`);
  }
  const format = ending === ".png" ? "png" : "jpg";
  await writeWhole(path, await encodeImage(image, { format, quality }));
}
