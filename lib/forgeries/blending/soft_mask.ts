/** SBI's blend mask: a hard mask made smaller by a random square and soft by a random Gaussian. */
import type { Mask } from "lib/media/image.ts";
import { opencvKernel } from "./gaussian_kernel.ts";
import { erode } from "./morphology.ts";
import { filterPlane, type Plane } from "./separable_filter.ts";

/** What decides the softness; drawn anew for each fake. */
export interface Softness {
  /** The size at which the mask is made soft, in pixels, whatever the picture's. */
  readonly width: number;
  /** As `width`. */
  readonly height: number;
  /** Side of the square that the mask shrinks by. */
  readonly shrink: number;
  /** Side of the Gaussian's kernel. */
  readonly side: number;
  /** Its standard deviation in pixels. */
  readonly sigma: number;
}

/** For each place of a new line the two old ones that it lies between, and the second one's share. */
function between(length: number, of: number) {
  const first = new Int32Array(length), second = new Int32Array(length);
  const share = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const at = Math.min(of - 1, Math.max(0, (i + 0.5) * of / length - 0.5));
    first[i] = Math.floor(at);
    second[i] = Math.min(of - 1, first[i] + 1);
    share[i] = at - first[i];
  }
  return { first, second, share };
}

/** Bilinear resizing of numbers, pixel centres at halves, the outermost pixels going on. */
function resizePlane(
  { data: from, width: wide, height: high }: Plane,
  { width, height }: { width: number; height: number },
): { data: Float32Array; width: number; height: number } {
  const columns = between(width, wide), rows = between(height, high);
  const data = new Float32Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const above = rows.first[y] * wide, below = rows.second[y] * wide, down = rows.share[y];
    for (let x = 0; x < width; x++, to++) {
      const a = columns.first[x], b = columns.second[x], across = columns.share[x];
      const upper = from[above + a] + across * (from[above + b] - from[above + a]);
      const lower = from[below + a] + across * (from[below + b] - from[below + a]);
      data[to] = upper + down * (lower - upper);
    }
  }
  return { data, width, height };
}

const largest = (values: Float64Array) => {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
};

/**
 * The pixels that survive the first blur: those that stay 1 under a square kernel once all is divided by
 * the largest value. Where the mask is at least as thick as the square, that is an erosion; where it is
 * thinner everywhere, the pixels are left at which the blur is strongest.
 */
function core(mask: Plane, shrink: number): Mask {
  const { width, height } = mask;
  const full = new Uint8Array(width * height);
  for (let i = 0; i < full.length; i++) full[i] = mask.data[i] >= 255 ? 255 : 0;
  const eroded = erode({ data: full, width, height }, shrink);
  if (eroded.data.includes(255)) return eroded;
  const blurred = filterPlane(mask, opencvKernel(shrink, 0), "reflect101").data;
  const most = largest(blurred);
  for (let i = 0; i < full.length; i++) full[i] = most > 0 && blurred[i] >= most ? 255 : 0;
  return { data: full, width, height };
}

/** The rows and columns that a blur of some reach can touch: from the first set pixel to the last. */
function touched({ data, width, height }: Mask, reach: number) {
  let left = width, right = -1, top = height, bottom = -1;
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width), first = row.indexOf(255);
    if (first < 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, row.lastIndexOf(255));
    top = Math.min(top, y);
    bottom = y;
  }
  const places = (first: number, last: number, length: number) => {
    const from = Math.max(0, first - reach), past = Math.min(length, last + reach + 1);
    return Int32Array.from({ length: Math.max(0, past - from) }, (_, i) => from + i);
  };
  return { columns: places(left, right, width), rows: places(top, bottom, height) };
}

/**
 * The mask as weights from 0 to 1, of the mask's size: resized to the softness' size, shrunk, blurred,
 * divided by its largest value and resized back. All 0 only where the mask is.
 *
 * The official code shrinks by a blur and by setting everything below 1 to 0, which is the erosion by the
 * blur's square; in single precision the two differ in a few pixels.
 *
 * @param mask 0 or 255.
 */
export function softMask(mask: Mask, softness: Softness): Float32Array {
  const inside = core(resizePlane(mask, softness), softness.shrink);
  const { width, height } = inside, kernel = opencvKernel(softness.side, softness.sigma);
  const { columns, rows } = touched(inside, (softness.side - 1) / 2);
  const data = new Float64Array(width * height);
  if (rows.length > 0) {
    const soft = filterPlane(inside, kernel, "reflect101", { columns, rows });
    const most = largest(soft.data);
    for (let y = 0, from = 0; y < rows.length; y++) {
      const at = rows[y] * width + columns[0];
      for (let x = 0; x < columns.length; x++, from++) data[at + x] = soft.data[from] / most;
    }
  }
  return resizePlane({ data, width, height }, mask).data;
}
