/** Resizing as OpenCV does it by default. Without aliasing it is left to crop.ts. */
import type { RgbImage } from "../image.ts";
import { sample, toImage, toRaster } from "../raster.ts";

/**
 * The picture at another size, each pixel from the four nearest of the picture, whatever the ratio: where
 * it shrinks, pixels between are passed over, so that it aliases. Pixel centres are at halves.
 *
 * @param size Whole pixels, both at least 1.
 */
export function resizeBilinear(
  image: RgbImage,
  { width, height }: { width: number; height: number },
): RgbImage {
  const from = toRaster(image);
  const to = new Float32Array(width * height * 3);
  const across = image.width / width, down = image.height / height;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      sample(from, [(x + 0.5) * across, (y + 0.5) * down], { to, at });
    }
  }
  return toImage({ data: to, width, height, channels: 3 });
}
