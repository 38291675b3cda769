/** Gaussian blur of bytes as OpenCV does it. The blur that manipulations use is raster.ts's. */
import type { RgbImage } from "../image.ts";

/** Indexes −reach to length − 1 + reach, those outside mirrored at the outermost pixels' centres. */
function mirrored(length: number, reach: number): Int32Array {
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: length + 2 * reach }, (_, i) => {
    const at = Math.abs(i - reach) % period;
    return Math.min(at, period - at) % length; // % length: one pixel is all its surroundings
  });
}

/**
 * Blur with a kernel of side × side pixels; the weight at distance d is exp(−d² / 2σ²), then all are
 * divided by their sum. Outside, the picture goes on mirrored, its outermost pixels not repeated.
 *
 * @param options `side` of the kernel, an odd number of pixels; `sigma`, σ in pixels, above 0.
 */
export function blurGaussian(
  image: RgbImage,
  { side, sigma }: { side: number; sigma: number },
): RgbImage {
  const { data: from, width, height } = image;
  const reach = (side - 1) / 2, stride = width * 3;
  const weights = Float64Array.from(
    { length: side },
    (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = weights.map((weight) => weight / total);

  const columns = mirrored(width, reach), rows = mirrored(height, reach);
  const across = new Float64Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < side; k++) {
          sum += kernel[k] * from[y * stride + columns[x + k] * 3 + c];
        }
        across[to++] = sum;
      }
    }
  }
  const data = new Uint8Array(from.length), line = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    line.fill(0.5); // rounds, as bytes drop the fraction
    for (let k = 0; k < side; k++) {
      const row = rows[y + k] * stride;
      for (let i = 0; i < stride; i++) line[i] += kernel[k] * across[row + i];
    }
    data.set(line, y * stride);
  }
  return { data, width, height };
}
