/**
 * Shrinking one side of a picture as libvips does: of which pixels each new one is the sum, and with which
 * weights. The numbers are those of `vips_reduceh` and `vips_reducev` of libvips 8.18 (the one inside sharp)
 * with the Lanczos kernel of three lobes, operation for operation, as a weight that is off by one shows.
 */

/** How each pixel of the shrunk side is made of the pixels before. */
export interface Reduction {
  /** Neighbouring pixels that are summed, an even number; the last weighs nothing. */
  readonly taps: number;
  /** The first of them for each new pixel, 0 or more. */
  readonly starts: Int32Array;
  /** to · taps weights, in units of 1/4096. */
  readonly weights: Int16Array;
}

/** `VIPS_INTERPOLATE_SCALE`: a weight of one. */
const ONE = 4096;
/** `VIPS_TRANSFORM_SCALE`: there are weights for so many places of a pixel between two. */
const PLACES = 64;
/** Rows are made in strips of so many (`vips__fatstrip_height`). */
const STRIP = 16;
/** From here on libvips averages whole pixels first. */
const LIMIT = 4;

/** To the nearest whole number, halves to the even one: `rint` in C. */
function rint(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Weights of `points` pixels, where the new one lies `place` of a pixel behind the middle one. */
function lanczos(points: number, { shrink, place }: { shrink: number; place: number }): number[] {
  const half = place + points / 2 - 1, scale = 1 / shrink;
  const values = Array.from({ length: points }, (_, i) => {
    const x = (i - half) * scale;
    return x >= -3 && x <= 3 ? sinc(x) * sinc(x / 3) : 0;
  });
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => Math.trunc(value / sum * ONE));
}

/** Whether one side of a picture is only shrunk by this kernel; 1 to 1 counts to it. */
export function isReduction(from: number, to: number): boolean {
  return from >= to && from < LIMIT * to;
}

/**
 * What each of `to` pixels is summed of.
 *
 * A picture goes on with its outermost pixels; the weights of those that it does not have are added to
 * theirs.
 *
 * @param from Pixels before.
 * @param options `to`: pixels afterwards, for which `isReduction` holds. `side`: along the width positions
 * are added up from the left, along the height anew in each strip, which shows where rounding decides.
 *
 * @example Halved, each pixel lies between two, which weigh the most
 * ```ts
 * import { reductionOf } from "lib/media/reduction.ts";
 * import assert from "node:assert/strict";
 *
 * const { taps, starts, weights } = reductionOf(40, { to: 20, side: "width" });
 * assert.deepEqual([taps, starts[10]], [14, 15]);
 * assert.deepEqual([...weights.subarray(10 * taps, 11 * taps)],
 *   [15, 61, -139, -272, 555, 1828, 1828, 555, -272, -139, 61, 15, 0, 0]);
 * ```
 */
export function reductionOf(
  from: number,
  { to, side }: { to: number; side: "width" | "height" },
): Reduction {
  const shrink = 1 / (1 / (from / to)); // as handed on from sharp by way of vips_resize
  const points = shrink === 1 ? 1 : 2 * rint(3 * shrink) + 1, taps = points + 1;
  const offset = (1 + (to * shrink - from)) / 2 - 1, before = Math.ceil(points / 2) - 1;
  const starts = new Int32Array(to), weights = new Int16Array(to * taps);
  const known = new Map<number, number[]>();
  let x = 0;
  for (let i = 0; i < to; i++, x += shrink) {
    if (i === 0 || side === "height" && i % STRIP === 0) x = (i + 0.5) * shrink - 0.5 - offset;
    const place = (Math.trunc(x * PLACES * 2) % (PLACES * 2) + 1) >> 1;
    const values = known.get(place) ?? lanczos(points, { shrink, place: place / PLACES });
    known.set(place, values);
    const first = Math.trunc(x) - before;
    starts[i] = Math.max(0, Math.min(first, from - points));
    values.forEach((value, k) => {
      const pixel = Math.max(0, Math.min(from - 1, first + k));
      weights[i * taps + pixel - starts[i]] += value;
    });
  }
  return { taps, starts, weights };
}
