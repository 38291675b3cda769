/** The pictures and masks of the blending fixtures, from the formulas in their `meta`. */
import type { Mask, RgbImage } from "lib/media/image.ts";

/** What the fixtures keep of a picture: its sum, and six pixels of one row. */
export interface PictureSummary {
  readonly shape: number[];
  readonly sum: number;
  readonly row: number;
  readonly px: number[][];
}

/** `count` bytes of a name. */
function bytes(name: string, count: number): Uint8Array {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return Uint8Array.from({ length: count }, (_, i) => {
    let h = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    return (h ^ (h >>> 16)) >>> 24;
  });
}

/** A picture of ramps that go round at 256. */
export function smooth(name: string, width: number, height = width): RgbImage {
  const b = bytes(name, 9);
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const c = i % 3, x = Math.floor(i / 3) % width, y = Math.floor(i / 3 / width);
    return b[3 * c] + x * (1 + b[3 * c + 1] % 5) + y * (1 + b[3 * c + 2] % 5);
  });
  return { data, width, height };
}

/** Half of such a picture, and noise. */
export function picture(name: string, width: number, height = width): RgbImage {
  const ramps = smooth(name, width, height), noise = bytes(`${name}n`, width * height * 3);
  const data = ramps.data.map((v, i) => Math.min(255, (v >> 1) + (noise[i] >> 3)));
  return { data, width, height };
}

/** A mask from run lengths, the first of zeros. */
export function fromRuns(runs: readonly number[], width: number): Mask {
  const data = new Uint8Array(runs.reduce((a, b) => a + b, 0));
  runs.reduce((at, length, i) => {
    if (i % 2 === 1) data.fill(255, at, at + length);
    return at + length;
  }, 0);
  return { data, width, height: data.length / width };
}

/** The sum of some numbers. */
export const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

/** How many pixels of a mask are set. */
export const pixels = ({ data }: Mask): number => data.filter((value) => value !== 0).length;

/** A picture in the form of the fixtures' summaries. */
export function summary({ data, width, height }: RgbImage, row: number): PictureSummary {
  const px = Array.from({ length: 6 }, (_, i) => {
    const at = (row * width + i * Math.floor(width / 6)) * 3;
    return [...data.subarray(at, at + 3)];
  });
  return { shape: [height, width, 3], sum: sum(data), row, px };
}
