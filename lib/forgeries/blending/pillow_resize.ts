/** Resizing as Pillow does it, in 8 bits: what Face X-ray's generator gives both classes alike. */
import type { RgbImage } from "lib/media/image.ts";

/** Pillow's weights are whole numbers with this many bits after the point. */
const BITS = 22;

/** For each place of the new line: where it begins to take, and its weights. */
function triangles(length: number, from: number): { first: number; weights: Int32Array }[] {
  const scale = from / length, support = Math.max(1, scale);
  return Array.from({ length }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const past = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Float64Array.from(
      { length: past - first },
      (_, k) => Math.max(0, 1 - Math.abs((k + first - centre + 0.5) / support)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      first,
      weights: Int32Array.from(weights, (weight) => Math.trunc(weight / total * 2 ** BITS + 0.5)),
    };
  });
}

const byte = (sum: number) => Math.min(255, Math.max(0, sum >> BITS));

/**
 * The picture at another size with `Image.resize(size, Image.BILINEAR)`: a triangle over all that falls
 * together, first along the rows, then along the columns, each rounded.
 *
 * @param size Whole pixels, both at least 1.
 */
export function resizeTriangle(
  image: RgbImage,
  { width, height }: { width: number; height: number },
): RgbImage {
  const { data: from, height: high } = image, stride = width * 3;
  const across = new Uint8Array(stride * high), data = new Uint8Array(stride * height);
  for (const [x, { first, weights }] of triangles(width, image.width).entries()) {
    for (let y = 0; y < high; y++) {
      let r = 1 << (BITS - 1), g = r, b = r;
      for (let k = 0, at = (y * image.width + first) * 3; k < weights.length; k++, at += 3) {
        r += weights[k] * from[at];
        g += weights[k] * from[at + 1];
        b += weights[k] * from[at + 2];
      }
      const to = y * stride + x * 3;
      across[to] = byte(r);
      across[to + 1] = byte(g);
      across[to + 2] = byte(b);
    }
  }
  for (const [y, { first, weights }] of triangles(height, high).entries()) {
    for (let i = 0; i < stride; i++) {
      let sum = 1 << (BITS - 1);
      for (let k = 0, at = first * stride + i; k < weights.length; k++, at += stride) {
        sum += weights[k] * across[at];
      }
      data[y * stride + i] = byte(sum);
    }
  }
  return { data, width, height };
}

/** For each place of the new line the old one; added up step by step, as Pillow does it. */
function places(length: number, from: number): Int32Array {
  const places = new Int32Array(length), scale = from / length;
  for (let i = 0, at = 0.5 * scale; i < length; i++, at += scale) {
    places[i] = Math.min(from - 1, Math.floor(at));
  }
  return places;
}

/** The picture at another size with `Image.resize(size, Image.NEAREST)`. */
export function resizeNearest(
  { data: from, width: wide, height: high }: RgbImage,
  { width, height }: { width: number; height: number },
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  const columns = places(width, wide), rows = places(height, high);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const at = (rows[y] * wide + columns[x]) * 3;
      data[to] = from[at];
      data[to + 1] = from[at + 1];
      data[to + 2] = from[at + 2];
    }
  }
  return { data, width, height };
}
