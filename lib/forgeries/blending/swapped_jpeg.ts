/** The JPEG step of the generators of blended fakes, with their peculiarity. */
import { recompress } from "lib/media/distortions/recompress.ts";
import type { RgbImage } from "lib/media/image.ts";

/** The picture with red and blue exchanged. */
function swapRedAndBlue({ data: from, width, height }: RgbImage): RgbImage {
  const data = new Uint8Array(from.length);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = from[i + 2];
    data[i + 1] = from[i + 1];
    data[i + 2] = from[i];
  }
  return { data, width, height };
}

/**
 * Encode as JPEG and decode again with red and blue exchanged: generators hand RGB to an encoder that
 * expects BGR, so that luminance is made with the weights of red and blue exchanged.
 *
 * @param quality 1 to 100.
 */
export async function recompressSwapped(image: RgbImage, quality: number): Promise<RgbImage> {
  return swapRedAndBlue(await recompress(swapRedAndBlue(image), quality));
}
