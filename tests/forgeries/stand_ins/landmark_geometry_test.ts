import assert from "node:assert/strict";
import fc from "fast-check";
import type { Point } from "lib/faces/face.ts";
import {
  align,
  area,
  convexHull,
  cross,
  foldedArea,
  move,
  scaleAbout,
  shapeDistance,
  triangulate,
} from "lib/forgeries/stand_ins/landmark_geometry.ts";

const coordinate = fc.integer({ min: -1000, max: 1000 });
const clouds = fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 60 })
  .filter((points) => points.some((p) => cross(points[0], points[1], p) !== 0));
const near = (a: number, b: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a)), `${a} and ${b}`);

Deno.test("convexHull is convex, clockwise, made of the points, and holds them all", () => {
  fc.assert(fc.property(clouds, (points) => {
    const hull = convexHull(points);
    hull.forEach((corner, i) => {
      assert.ok(points.some((p) => p[0] === corner[0] && p[1] === corner[1]));
      const next = hull[(i + 1) % hull.length], after = hull[(i + 2) % hull.length];
      assert.ok(cross(corner, next, after) > 0);
      for (const point of points) assert.ok(cross(corner, next, point) >= 0);
    });
  }));
});

Deno.test("triangulate covers the convex hull exactly, without overlap", () => {
  fc.assert(fc.property(clouds, (points) => {
    const triangles = triangulate(points);
    let sum = 0;
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = triangles.subarray(t, t + 3);
      sum += Math.abs(cross(points[a], points[b], points[c])) / 2;
    }
    near(sum, area(convexHull(points)));
  }));
});

Deno.test("triangulate leaves no point inside a triangle's circumcircle", () => {
  const points: Point[] = Array.from({ length: 40 }, (_, i) => [
    (i * 7919) % 101,
    (i * 104729) % 97,
  ]);
  const triangles = triangulate(points);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [...triangles.subarray(t, t + 3)].map((i) => points[i]);
    const d = 2 * cross(a, b, c);
    const [bx, by, cx, cy] = [b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]];
    const ux = (cy * (bx * bx + by * by) - by * (cx * cx + cy * cy)) / d;
    const uy = (bx * (cx * cx + cy * cy) - cx * (bx * bx + by * by)) / d;
    const radius = Math.hypot(ux, uy);
    for (const [x, y] of points) {
      assert.ok(Math.hypot(x - a[0] - ux, y - a[1] - uy) >= radius * (1 - 1e-6));
    }
  }
});

Deno.test("triangulate and convexHull refuse points that span nothing", () => {
  assert.throws(() => triangulate([[0, 0], [1, 1], [2, 2]]), RangeError);
  assert.throws(() => convexHull([[0, 0], [1, 1]]), RangeError);
});

Deno.test("align recovers a similarity and never mirrors", () => {
  const number = fc.double({ min: -5, max: 5, noNaN: true });
  fc.assert(fc.property(clouds, number, number, number, number, (points, a, b, tx, ty) => {
    fc.pre(Math.hypot(a, b) > 0.1);
    const found = align(points, move(points, { a, b, tx, ty }));
    near(found.a, a, 1e-6);
    near(found.b, b, 1e-6);
    near(shapeDistance(points, move(points, { a, b, tx, ty })), 0, 1e-6);
  }));
  const letter: Point[] = [[0, 0], [1, 0], [0, 3]];
  assert.ok(shapeDistance(letter, letter.map(([x, y]): Point => [-x, y])) > 0.1);
});

Deno.test("area and scaleAbout agree: lengths twice as long, area four times as large", () => {
  const square: Point[] = [[1, 1], [4, 1], [4, 4], [1, 4]];
  assert.equal(area(square), 9);
  assert.equal(area(scaleAbout(square, [2, 2], 2)), 36);
});

Deno.test("foldedArea is 0 for similarities and finds a corner pushed through the other side", () => {
  const square: Point[] = [[0, 0], [4, 0], [4, 4], [0, 4], [1, 2]];
  assert.equal(foldedArea(square, move(square, { a: 0.5, b: 2, tx: 1, ty: 1 })), 0);
  const pushed: Point[] = [...square.slice(0, 4), [-1, 2]];
  assert.equal(foldedArea(square, pushed), 2); // the triangle at the left edge, 4 long and 1 high
});
