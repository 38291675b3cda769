/**
 * The piecewise affine warp: each triangle of the target takes the pixels of the same triangle of the
 * source.
 */
import type { Point } from "lib/faces/face.ts";
import { cross, triangulate } from "./landmark_geometry.ts";
import { type Raster, sample } from "lib/media/raster.ts";

/** A warped picture. */
export interface Warped {
  /** The source's channels; zeros where no triangle is. */
  readonly raster: Raster;
  /** For each pixel how far it came, in pixels; −1 where no triangle is. */
  readonly distance: Float32Array;
}

/**
 * Warp a picture so that the points `from` come to lie on the points `to`.
 *
 * @param source Any channels.
 * @param points `from` in the source, `to` in the result, paired by index; pixels. `size`: the result's,
 * default the source's.
 * @throws RangeError when the lists differ in length, or all points of `to` lie on one line.
 *
 * @example A warp onto itself changes nothing
 * ```ts
 * import { warp } from "lib/forgeries/stand_ins/warp_face.ts";
 * import assert from "node:assert/strict";
 *
 * const source = { data: Float32Array.of(1, 2, 3, 4), width: 2, height: 2, channels: 1 };
 * const corners = [[0, 0], [2, 0], [2, 2], [0, 2]] as const;
 * const { raster } = warp(source, { from: corners, to: corners });
 * assert.deepEqual(raster.data, source.data);
 * ```
 */
export function warp(
  source: Raster,
  points: {
    from: readonly Point[];
    to: readonly Point[];
    size?: { width: number; height: number };
  },
): Warped {
  const { from, to } = points;
  if (from.length !== to.length) {
    throw new RangeError(`A warp needs pairs of points, not ${from.length} and ${to.length}.`);
  }
  const { width, height } = points.size ?? source, { channels } = source;
  const data = new Float32Array(width * height * channels);
  const distance = new Float32Array(width * height).fill(-1);
  const triangles = triangulate(to);
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = triangles.subarray(t, t + 3);
    const [a, b, c] = [to[i], to[j], to[k]];
    const area = cross(a, b, c);
    if (area === 0) continue;
    const range = (axis: 0 | 1, limit: number) => [
      Math.max(0, Math.floor(Math.min(a[axis], b[axis], c[axis]) - 0.5)),
      Math.min(limit - 1, Math.ceil(Math.max(a[axis], b[axis], c[axis]) - 0.5)),
    ];
    const [left, right] = range(0, width), [top, bottom] = range(1, height);
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const here: Point = [x + 0.5, y + 0.5];
        // Barycentric coordinates. A pixel on a shared edge belongs to both: they agree there.
        const p = cross(b, c, here) / area, q = cross(c, a, here) / area, r = 1 - p - q;
        if (p < -1e-9 || q < -1e-9 || r < -1e-9) continue;
        const there: Point = [
          p * from[i][0] + q * from[j][0] + r * from[k][0],
          p * from[i][1] + q * from[j][1] + r * from[k][1],
        ];
        const pixel = y * width + x;
        sample(source, there, { to: data, at: pixel * channels });
        distance[pixel] = Math.hypot(there[0] - here[0], there[1] - here[1]);
      }
    }
  }
  return { raster: { data, width, height, channels }, distance };
}
