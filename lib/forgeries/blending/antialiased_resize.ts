/** Resizing as scikit-image does it (order 1, anti-aliased): Face X-ray's way to other sizes. */
import { borderIndex } from "./separable_filter.ts";

/** Numbers in rows from the top, the channels of a pixel together. */
export interface Values {
  /** width · height · channels. */
  readonly data: ArrayLike<number>;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Values a pixel. */
  readonly channels: number;
}

/** For each place of a shorter or longer line the weights of the old places that it is made of. */
function mixtures(
  length: number,
  from: number,
): { first: Int32Array; taps: number; weights: Float64Array } {
  const factor = from / length, sigma = Math.max(0, (factor - 1) / 2);
  const reach = Math.floor(4 * sigma + 0.5), taps = 2 * reach + 2;
  const blur = Float64Array.from(
    { length: 2 * reach + 1 },
    (_, i) => sigma > 0 ? Math.exp(-0.5 * ((i - reach) / sigma) ** 2) : 1,
  );
  const total = blur.reduce((sum, weight) => sum + weight, 0);
  const first = new Int32Array(length), weights = new Float64Array(length * taps);
  for (let i = 0; i < length; i++) {
    const at = (i + 0.5) * factor - 0.5, below = Math.floor(at), share = at - below;
    first[i] = below - reach;
    // Linear between two places of the blurred line: each a sum over its surroundings.
    for (let k = 0; k < blur.length; k++) {
      weights[i * taps + k] += (1 - share) * blur[k] / total;
      weights[i * taps + k + 1] += share * blur[k] / total;
    }
  }
  return { first, taps, weights };
}

/**
 * Resize with `skimage.transform.resize(order=1, anti_aliasing=True, preserve_range=True)`: where it
 * shrinks, after a Gaussian of sigma (factor − 1) / 2; outside, values go on mirrored.
 *
 * @param size Whole pixels, both at least 1.
 */
export function resizeAntialiased(
  { data: from, width: wide, height: high, channels }: Values,
  { width, height }: { width: number; height: number },
): Float64Array {
  const columns = mixtures(width, wide), rows = mixtures(height, high);
  const across = new Float64Array(width * high * channels);
  for (let x = 0; x < width; x++) {
    for (let k = 0; k < columns.taps; k++) {
      const weight = columns.weights[x * columns.taps + k];
      if (weight === 0) continue;
      const column = borderIndex(columns.first[x] + k, wide, "reflect101");
      for (let y = 0; y < high; y++) {
        const at = (y * wide + column) * channels, to = (y * width + x) * channels;
        for (let c = 0; c < channels; c++) across[to + c] += weight * from[at + c];
      }
    }
  }
  const stride = width * channels, data = new Float64Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < rows.taps; k++) {
      const weight = rows.weights[y * rows.taps + k];
      if (weight === 0) continue;
      const row = borderIndex(rows.first[y] + k, high, "reflect101") * stride, to = y * stride;
      for (let i = 0; i < stride; i++) data[to + i] += weight * across[row + i];
    }
  }
  return data;
}
