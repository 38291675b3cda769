/** SBI's elastic deformation of a mask: smoothed noise says how far each pixel moves. */
import type { Mask } from "lib/media/image.ts";
import { scipyKernel } from "./gaussian_kernel.ts";
import { borderIndex, filterPlane, type Plane } from "./separable_filter.ts";

/** The places of a line that are worked out; each other one lies between four of them. */
function exactPlaces(length: number): Int32Array {
  const places = Array.from({ length }, (_, i) => i);
  return Int32Array.from(
    places.filter((i) => i % 2 === 0 || i === 1 || i >= length - 2 || length < 8),
  );
}

/**
 * What lies between: (9 (b + c) − (a + d)) / 16 of the nearest four places. Of `count` places each `step`
 * numbers apart, those that were worked out are there already.
 */
function fillBetween(
  values: Float32Array,
  { start, count, step }: { start: number; count: number; step: number },
): void {
  if (count < 8) return;
  for (let place = 3; place < count - 2; place += 2) {
    const at = start + place * step;
    // Beyond the last place lies the last one again.
    const d = start + Math.min(count - 1, place + 3) * step;
    values[at] =
      (9 * (values[at - step] + values[at + step]) - (values[at - 3 * step] + values[d])) /
      16;
  }
}

/**
 * How far pixels move along one axis: noise, smoothed and multiplied.
 *
 * As `alpha * scipy.ndimage.gaussian_filter(noise, sigma)`. What comes out changes so slowly that every
 * second row and column is worked out and those between are interpolated: with SBI's alpha of 50 and sigma
 * of 7, to about a thousandth of a pixel.
 *
 * @param noise From −1 to 1 for each pixel.
 * @param options `alpha`, the factor in pixels; `sigma` of the Gaussian in pixels (up to 4 sigma on each
 * side; outside, values are reflected with the edge pixel repeated).
 */
export function displacement(
  noise: Plane,
  { alpha, sigma }: { alpha: number; sigma: number },
): Float32Array {
  const { width, height } = noise, columns = exactPlaces(width), rows = exactPlaces(height);
  const exact = filterPlane(noise, scipyKernel(sigma), "reflect", { columns, rows }).data;
  const to = new Float32Array(width * height);
  for (let r = 0, from = 0; r < rows.length; r++) {
    const start = rows[r] * width;
    for (let c = 0; c < columns.length; c++, from++) to[start + columns[c]] = alpha * exact[from];
    fillBetween(to, { start, count: width, step: 1 });
  }
  for (let x = 0; x < width; x++) fillBetween(to, { start: x, count: height, step: width });
  return to;
}

/**
 * The mask with each pixel taken from (x + dx, y + dy), the nearest pixel there; outside, the mask goes on
 * mirrored, its outermost pixels not repeated.
 */
export function deformMask(
  mask: Mask,
  { dx, dy }: { dx: Float32Array; dy: Float32Array },
): Mask {
  const { data: from, width, height } = mask;
  const data = new Uint8Array(from.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let column = Math.round(x + dx[at]), row = Math.round(y + dy[at]);
      if (column < 0 || column >= width) column = borderIndex(column, width, "reflect101");
      if (row < 0 || row >= height) row = borderIndex(row, height, "reflect101");
      data[at] = from[row * width + column];
    }
  }
  return { data, width, height };
}
