/**
 * Filling convex hulls pixel by pixel as OpenCV's `fillConvexPoly` does, boundary included, in whole
 * numbers. The soft polygons of the stand-ins are manipulation_masks.ts's.
 */
import type { Point } from "lib/faces/face.ts";
import type { Mask } from "lib/media/image.ts";
import { convexHull } from "../stand_ins/landmark_geometry.ts";

/** Sets the pixels of a line of 8-connected steps, walked from its left end; those outside are left out. */
function drawLine({ data, width, height }: Mask, a: Point, b: Point): void {
  const [[x0, y0], [x1, y1]] = a[0] <= b[0] ? [a, b] : [b, a];
  const dx = x1 - x0, dy = Math.abs(y1 - y0), down = y1 >= y0 ? 1 : -1;
  const flat = dx >= dy, long = flat ? dx : dy, short = flat ? dy : dx;
  for (let i = 0, x = x0, y = y0, rest = long - 2 * short; i <= long; i++) {
    if (x >= 0 && x < width && y >= 0 && y < height) data[y * width + x] = 255;
    if (rest < 0) {
      rest += 2 * long;
      if (flat) y += down;
      else x++;
    }
    rest -= 2 * short;
    if (flat) x++;
    else y += down;
  }
}

/** Fixed point: 16 bits after the point. */
const ONE = 65536, HALF = 32768;

/**
 * Set all pixels of the points' convex hull to 255, those on its boundary too. What lies outside of the
 * mask is left out.
 *
 * On whole points the pixels are those of `cv2.fillConvexPoly(mask, cv2.convexHull(points), 255)` of
 * OpenCV 5.0: each edge as a line of 8-connected steps from its left end, and between them rows whose
 * ends are rounded in fixed point with 16 bits.
 *
 * @param mask Is drawn into.
 * @param points Columns and rows of pixels; fractions are cut off downwards, so that in coordinates whose
 * pixel centres are at halves a point becomes the pixel that it lies in. One or two draw a dot or a line.
 *
 * @example A triangle
 * ```ts
 * import { fillHull } from "lib/forgeries/blending/hull_raster.ts";
 * import assert from "node:assert/strict";
 *
 * const mask = { data: new Uint8Array(9), width: 3, height: 3 };
 * fillHull(mask, [[0, 0], [2, 0], [0, 2]]);
 * assert.deepEqual([...mask.data], [255, 255, 255, 255, 255, 0, 255, 0, 0]);
 * ```
 */
export function fillHull(mask: Mask, points: readonly Point[]): void {
  const whole = points.map(([x, y]): Point => [Math.floor(x), Math.floor(y)]);
  // Points on one line make a chain that goes there and back; two points the same one.
  const corners = whole.length < 3 ? whole : convexHull(whole);
  const ring = corners.length > 0 ? corners : whole.slice(0, 1);
  ring.forEach((corner, i) => drawLine(mask, corner, ring[(i + 1) % ring.length]));

  const { data, width, height } = mask;
  const rows = ring.map(([, y]) => y);
  const top = Math.max(0, Math.min(...rows)), bottom = Math.min(height, Math.max(...rows));
  for (let y = top; y < bottom; y++) {
    let left = Infinity, right = -Infinity;
    for (let i = 0; i < ring.length; i++) {
      const a = ring[i], b = ring[(i + 1) % ring.length];
      const [[xa, ya], [xb, yb]] = a[1] <= b[1] ? [a, b] : [b, a];
      if (ya > y || yb <= y) continue;
      const slope = Math.trunc((2 * ONE * (xb - xa) + (yb - ya)) / (2 * (yb - ya)));
      const x = xa * ONE + slope * (y - ya);
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
    const first = Math.max(0, Math.floor((left + HALF) / ONE));
    const past = Math.min(width, Math.floor((right + HALF) / ONE) + 1);
    if (past > first) data.fill(255, y * width + first, y * width + past);
  }
}
