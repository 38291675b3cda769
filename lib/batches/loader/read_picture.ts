/**
 * Pictures for training, as `readImage` reads them to the last bit, but sooner: training reads small JPEGs
 * by the million, and of sharp's time for one of them two thirds are not decoding.
 */
import type { DecodedJpeg, JpegDecoder } from "lib/engine/jpeg_decoder.ts";
import { resizeImage } from "lib/media/crop.ts";
import { decodeImage, type RgbImage } from "lib/media/image.ts";
import { readImageBytes } from "lib/media/image_bytes.ts";
import { plainJpeg } from "./plain_jpeg.ts";

/** Plain JPEGs that are larger, in pixels, are left to sharp, which knows the limits. */
const MAX_PIXELS = 1 << 24;

/** The pixels of a plain JPEG; undefined where `readImage` has to see to the file. */
async function decodePlain(
  bytes: Uint8Array<ArrayBuffer>,
  decoder: JpegDecoder | undefined,
): Promise<DecodedJpeg | undefined> {
  const size = decoder && plainJpeg(bytes);
  if (!size || size.width * size.height > MAX_PIXELS) return undefined;
  return await decoder.decode(bytes);
}

/**
 * A picture at the size asked for.
 *
 * @param options `size`: side of the result in pixels; left out: as in the file. `decoder`: for plain JPEGs;
 * without it sharp decodes them too.
 * @throws ImageError as `readImage` does.
 */
export async function readPicture(
  path: string,
  { size, decoder }: { size?: number; decoder: JpegDecoder | undefined },
): Promise<RgbImage> {
  const bytes = await readImageBytes(path);
  const square = size === undefined ? undefined : { width: size, height: size };
  const plain = await decodePlain(bytes, decoder);
  if (!plain) return await decodeImage(bytes, path, square ? { size: square } : {});
  const fits = !square || plain.width === size && plain.height === size;
  return fits ? plain : await resizeImage(plain, square);
}
