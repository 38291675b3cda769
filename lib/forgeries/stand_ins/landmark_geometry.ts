/**
 * Plane geometry of landmarks: hulls, triangles, alignment. Pixels are warp.ts's matter.
 *
 * Coordinates are in pixels from the picture's top left corner; the centre of the first pixel is
 * (0.5, 0.5).
 */
import Delaunator from "delaunator";
import type { Point } from "lib/faces/face.ts";

/** The mean of some points. */
export function centreOf(points: readonly Point[]): Point {
  return [
    points.reduce((sum, [x]) => sum + x, 0) / points.length,
    points.reduce((sum, [, y]) => sum + y, 0) / points.length,
  ];
}

/** The points moved away from a centre (factor above 1) or towards it (below 1). */
export function scaleAbout(points: readonly Point[], [cx, cy]: Point, factor: number): Point[] {
  return points.map(([x, y]): Point => [cx + (x - cx) * factor, cy + (y - cy) * factor]);
}

/** The way from a to b: 0 is a, 1 is b. Both have the same number of points. */
export function between(a: readonly Point[], b: readonly Point[], share: number): Point[] {
  return a.map(([x, y], i): Point => [x + (b[i][0] - x) * share, y + (b[i][1] - y) * share]);
}

/** Twice the signed area of a triangle; positive when a, b, c go clockwise on the screen. */
export function cross(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** Area of a polygon in square pixels, whichever way round (shoelace formula). */
export function area(corners: readonly Point[]): number {
  const twice = corners.reduce((sum, [x, y], i) => {
    const [u, v] = corners[(i + 1) % corners.length];
    return sum + x * v - u * y;
  }, 0);
  return Math.abs(twice) / 2;
}

/**
 * The convex hull, clockwise on the screen, without points on its edges (Andrew's monotone chain).
 *
 * @throws RangeError for fewer than three points.
 */
export function convexHull(points: readonly Point[]): Point[] {
  if (points.length < 3) throw new RangeError(`A hull needs 3 points, not ${points.length}.`);
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (ordered: readonly Point[]): Point[] => {
    const side: Point[] = [];
    for (const point of ordered) {
      while (side.length > 1 && cross(side.at(-2)!, side.at(-1)!, point) <= 0) side.pop();
      side.push(point);
    }
    return side.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

/**
 * The Delaunay triangles of some points, as triples of their indices. They cover the convex hull.
 *
 * @throws RangeError when the points lie on one line.
 */
export function triangulate(points: readonly Point[]): Uint32Array {
  const { triangles } = Delaunator.from(points.map(([x, y]): [number, number] => [x, y]));
  if (triangles.length === 0) throw new RangeError("Points on one line make no triangles.");
  return triangles;
}

/**
 * How far a move turns triangles over: the largest area, in square pixels, of a Delaunay triangle of
 * `from` that faces the other way in `to`; 0 when the mesh does not fold.
 */
export function foldedArea(from: readonly Point[], to: readonly Point[]): number {
  const triangles = triangulate(from);
  let most = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = triangles.subarray(t, t + 3);
    const before = cross(from[i], from[j], from[k]), after = cross(to[i], to[j], to[k]);
    if (before * after < 0) most = Math.max(most, Math.abs(after) / 2);
  }
  return most;
}

/** A turn, one scale and a shift: (x, y) → (a x − b y + tx, b x + a y + ty). */
export interface Similarity {
  /** Scale · cos of the angle. */
  readonly a: number;
  /** Scale · sin of the angle. */
  readonly b: number;
  /** Shift to the right, pixels. */
  readonly tx: number;
  /** Shift downwards, pixels. */
  readonly ty: number;
}

/** The similarity that takes `from` closest to `onto` in the least-squares sense; never a mirror image. */
export function align(from: readonly Point[], onto: readonly Point[]): Similarity {
  const [fx, fy] = centreOf(from), [ox, oy] = centreOf(onto);
  let along = 0, across = 0, square = 0;
  from.forEach(([x, y], i) => {
    const [u, v] = [x - fx, y - fy], [s, t] = [onto[i][0] - ox, onto[i][1] - oy];
    along += u * s + v * t;
    across += u * t - v * s;
    square += u * u + v * v;
  });
  const a = along / square, b = across / square;
  return { a, b, tx: ox - a * fx + b * fy, ty: oy - b * fx - a * fy };
}

/** The points after a similarity. */
export function move(points: readonly Point[], { a, b, tx, ty }: Similarity): Point[] {
  return points.map(([x, y]): Point => [a * x - b * y + tx, b * x + a * y + ty]);
}

/**
 * How unlike two faces are in shape and pose: the root mean square distance of their landmarks after
 * alignment, as a share of the second face's size (the spread of its landmarks).
 */
export function shapeDistance(from: readonly Point[], onto: readonly Point[]): number {
  const moved = move(from, align(from, onto));
  const [cx, cy] = centreOf(onto);
  let miss = 0, spread = 0;
  onto.forEach(([x, y], i) => {
    miss += (moved[i][0] - x) ** 2 + (moved[i][1] - y) ** 2;
    spread += (x - cx) ** 2 + (y - cy) ** 2;
  });
  return Math.sqrt(miss / spread);
}
