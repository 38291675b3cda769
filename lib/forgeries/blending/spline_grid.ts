/** I2G's deformation of a mask: a coarse grid of random displacements, and a cubic spline through it. */
import type { Random } from "lib/random.ts";
import type { Mask } from "lib/media/image.ts";
import { borderIndex } from "./separable_filter.ts";

/** How far the points of a square grid over the picture are moved; the outermost are at its corners. */
export interface DisplacementGrid {
  /** Points on each side, 4 or more. */
  readonly points: number;
  /** Of each point, row by row, in pixels: downwards for all, then to the right for all. */
  readonly shifts: Float64Array;
}

/** Draw a grid whose points are moved normally. */
export function drawDisplacements(
  random: Random,
  { points, sigma }: { points: number; sigma: number },
): DisplacementGrid {
  const shifts = new Float64Array(2 * points * points);
  for (let i = 0; i < shifts.length; i++) shifts[i] = sigma * random.normal();
  return { points, shifts };
}

/**
 * The cubic B-spline's coefficients for values on a line, mirrored at both ends: those for which
 * (before + 4 here + after) / 6 is the value everywhere. Gauss' elimination of the three diagonals.
 */
function coefficients(values: Float64Array): Float64Array {
  const n = values.length, above = new Float64Array(n), right = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // The mirrored neighbour counts twice at the ends.
    const before = i === 0 ? 0 : i === n - 1 ? 2 : 1, after = i === 0 ? 2 : i === n - 1 ? 0 : 1;
    const pivot = 4 - (i > 0 ? before * above[i - 1] : 0);
    above[i] = after / pivot;
    right[i] = (6 * values[i] - (i > 0 ? before * right[i - 1] : 0)) / pivot;
  }
  for (let i = n - 2; i >= 0; i--) right[i] -= above[i] * right[i + 1];
  return right;
}

/** For each place of a line of `length`: its cell's first coefficient, and the four weights. */
function weightsAlong(
  length: number,
  points: number,
): { first: Int32Array; weights: Float64Array } {
  const first = new Int32Array(length), weights = new Float64Array(4 * length);
  for (let i = 0; i < length; i++) {
    const at = length > 1 ? i * (points - 1) / (length - 1) : 0,
      cell = Math.min(points - 2, Math.floor(at));
    const t = at - cell, s = 1 - t;
    first[i] = cell - 1;
    weights.set([
      s * s * s / 6,
      (4 - 6 * t * t + 3 * t * t * t) / 6,
      (4 - 6 * s * s + 3 * s * s * s) / 6,
      t * t * t / 6,
    ], 4 * i);
  }
  return { first, weights };
}

/**
 * The spline through a grid's values for each pixel, as `scipy.ndimage.map_coordinates(order=3,
 * mode="mirror")` on the grid.
 */
export function splineThrough(
  values: Float64Array,
  points: number,
  { width, height }: { width: number; height: number },
): Float64Array {
  const net = new Float64Array(points * points);
  for (let row = 0; row < points; row++) {
    net.set(coefficients(values.slice(row * points, (row + 1) * points)), row * points);
  }
  for (let column = 0; column < points; column++) {
    const line = Float64Array.from({ length: points }, (_, row) => net[row * points + column]);
    coefficients(line).forEach((value, row) => net[row * points + column] = value);
  }
  const across = weightsAlong(width, points), down = weightsAlong(height, points);
  const to = new Float64Array(width * height), line = new Float64Array(points);
  for (let y = 0, at = 0; y < height; y++) {
    line.fill(0);
    for (let k = 0; k < 4; k++) {
      const row = borderIndex(down.first[y] + k, points, "reflect101") * points;
      for (let c = 0; c < points; c++) line[c] += down.weights[4 * y + k] * net[row + c];
    }
    for (let x = 0; x < width; x++, at++) {
      for (let k = 0; k < 4; k++) {
        const column = borderIndex(across.first[x] + k, points, "reflect101");
        to[at] += across.weights[4 * x + k] * line[column];
      }
    }
  }
  return to;
}

/**
 * The mask with each pixel taken from where its displacement points to, bilinearly; 0 outside. (The
 * package that I2G's code uses interpolates the mask by a spline too; the blur that follows leaves nothing
 * of the difference.)
 *
 * @returns Weights from 0 to 1.
 */
export function deformSmoothly(
  { data: from, width, height }: Mask,
  { points, shifts }: DisplacementGrid,
): Float32Array {
  const half = points * points, size = { width, height };
  const dy = splineThrough(shifts.slice(0, half), points, size);
  const dx = splineThrough(shifts.slice(half), points, size);
  const value = (x: number, y: number) =>
    x >= 0 && x < width && y >= 0 && y < height ? from[y * width + x] : 0;
  const to = new Float32Array(from.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const u = x + dx[at], v = y + dy[at], left = Math.floor(u), top = Math.floor(v);
      const above = value(left, top) + (u - left) * (value(left + 1, top) - value(left, top));
      const below = value(left, top + 1) +
        (u - left) * (value(left + 1, top + 1) - value(left, top + 1));
      to[at] = (above + (v - top) * (below - above)) / 255;
    }
  }
  return to;
}
