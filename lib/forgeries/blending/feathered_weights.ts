/** Face X-ray's soft edge: weights that rise from the boundary of a mask's convex hull. */
import type { Point } from "lib/faces/face.ts";
import type { Mask } from "lib/media/image.ts";
import { convexHull } from "../stand_ins/landmark_geometry.ts";

/** The first and the last set pixel of each row: among them are all corners of the hull. */
function rowEnds({ data, width, height }: Mask): Point[] {
  const ends: Point[] = [];
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const left = row.findIndex((value) => value !== 0);
    if (left >= 0) ends.push([left, y], [row.findLastIndex((value) => value !== 0), y]);
  }
  return ends;
}

/**
 * Weights from 0 at the boundary of the mask's convex hull to 1 inside, 0 outside of the mask.
 *
 * The weight is the distance to the hull over `share` of the mask's longer extent (last minus first row or
 * column), 1 at most. Where the mask is concave its inner edge stays hard, as in the official code.
 *
 * @param share Default 0.2.
 * @returns The weights, and how wide the edge is in pixels.
 */
export function featheredWeights(
  mask: Mask,
  share = 0.2,
): { weights: Float64Array; feather: number } {
  const { data, width, height } = mask;
  const weights = new Float64Array(data.length), ends = rowEnds(mask);
  if (ends.length === 0) return { weights, feather: 0 };
  const extent = (axis: 0 | 1) =>
    Math.max(...ends.map((p) => p[axis])) - Math.min(...ends.map((p) => p[axis]));
  const feather = share * Math.max(extent(0), extent(1));
  const hull = convexHull(ends);
  if (hull.length < 3) return { weights, feather }; // a line is all boundary
  // Inside of a convex polygon the nearest boundary is on the nearest of its edges' lines.
  const lines = Float64Array.from(hull.flatMap(([x, y], i) => {
    const [u, v] = hull[(i + 1) % hull.length], long = Math.hypot(u - x, v - y);
    const nx = -(v - y) / long, ny = (u - x) / long;
    return [nx, ny, -(nx * x + ny * y)];
  }));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (data[at] === 0) continue;
      let distance = Infinity;
      for (let e = 0; e < lines.length; e += 3) {
        const d = lines[e] * x + lines[e + 1] * y + lines[e + 2];
        if (d < distance) distance = d;
      }
      weights[at] = Math.min(1, Math.max(0, distance) / feather);
    }
  }
  return { weights, feather };
}
