/** What a JPEG file leaves of a picture. */
import sharp from "sharp";
import { decodeImage, rawOptions, type RgbImage } from "../image.ts";

/**
 * Encode as JPEG and decode again. Chroma is kept at half the width and height (4:2:0), as cameras and web
 * sites keep it.
 *
 * @param quality 1 to 100.
 */
export async function recompress(image: RgbImage, quality: number): Promise<RgbImage> {
  const jpeg = await sharp(image.data, rawOptions(image))
    .jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();
  return await decodeImage(new Uint8Array(jpeg), "the recompressed picture");
}
