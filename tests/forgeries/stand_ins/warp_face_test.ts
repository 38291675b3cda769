import assert from "node:assert/strict";
import fc from "fast-check";
import type { Point } from "lib/faces/face.ts";
import { convexHull, move } from "lib/forgeries/stand_ins/landmark_geometry.ts";
import { fillPolygon } from "lib/forgeries/stand_ins/manipulation_masks.ts";
import type { Raster } from "lib/media/raster.ts";
import { warp } from "lib/forgeries/stand_ins/warp_face.ts";

/** R grows to the right, G downwards, B along the diagonal: any affine map of it can be foretold. */
function ramp(width: number, height: number): Raster {
  const data = new Float32Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = i % width + 0.5, y = Math.floor(i / width) + 0.5;
    data.set([x, y, x + y], i * 3);
  }
  return { data, width, height, channels: 3 };
}
const frame = (w: number, h: number): Point[] => [[0, 0], [w, 0], [w, h], [0, h]];
const inside = fc.array(
  fc.tuple(
    fc.double({ min: 1, max: 31, noNaN: true }),
    fc.double({ min: 1, max: 23, noNaN: true }),
  ),
  { maxLength: 30 },
);

Deno.test("warp onto itself changes nothing, whatever the points", () => {
  fc.assert(
    fc.property(inside, (points) => {
      const all = [...frame(32, 24), ...points], source = ramp(32, 24);
      const { raster, distance } = warp(source, { from: all, to: all });
      raster.data.forEach((v, i) => assert.ok(Math.abs(v - source.data[i]) < 1e-4));
      assert.ok(distance.every((d) => d >= 0 && d < 1e-6));
    }),
    { numRuns: 30 },
  );
});

Deno.test("warp by a similarity equals sampling by its inverse", () => {
  const source = ramp(40, 40);
  const turn = { a: 0.8, b: 0.3, tx: 3, ty: -6 };
  const from = [...frame(40, 40), [20, 11], [9, 30]] as Point[];
  const { raster, distance } = warp(source, { from, to: move(from, turn) });
  const square = turn.a ** 2 + turn.b ** 2;
  let seen = 0;
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 40; x++) {
      if (distance[y * 40 + x] < 0) continue;
      const u = x + 0.5 - turn.tx, v = y + 0.5 - turn.ty;
      const there = [(turn.a * u + turn.b * v) / square, (turn.a * v - turn.b * u) / square];
      if (there.some((t) => t < 0.5 || t > 39.5)) continue; // the edge goes on there
      seen++;
      const at = (y * 40 + x) * 3;
      assert.ok(Math.abs(raster.data[at] - there[0]) < 1e-3);
      assert.ok(Math.abs(raster.data[at + 1] - there[1]) < 1e-3);
      const came = Math.hypot(there[0] - x - 0.5, there[1] - y - 0.5);
      assert.ok(Math.abs(distance[y * 40 + x] - came) < 1e-3);
    }
  }
  assert.ok(seen > 600);
});

Deno.test("warp covers exactly the convex hull of its points", () => {
  const to: Point[] = [[3.2, 4.1], [28.7, 2.3], [25.1, 21.9], [6.4, 17.2], [15, 12]];
  const { distance } = warp(ramp(32, 24), { from: to, to });
  const hull = fillPolygon(convexHull(to), { width: 32, height: 24 });
  hull.data.forEach((value, i) => assert.equal(distance[i] >= 0, value === 255, `pixel ${i}`));
});

Deno.test("warp refuses lists of different length and points on a line", () => {
  const source = ramp(4, 4);
  assert.throws(() => warp(source, { from: frame(4, 4), to: frame(4, 4).slice(1) }), RangeError);
  const line: Point[] = [[0, 0], [1, 1], [2, 2]];
  assert.throws(() => warp(source, { from: line, to: line }), RangeError);
});

Deno.test("warp makes a result of another size than its source", () => {
  const from = frame(32, 24), to = from.map(([x, y]): Point => [x / 2, y / 2]);
  const { raster } = warp(ramp(32, 24), { from, to, size: { width: 16, height: 12 } });
  assert.deepEqual([raster.width, raster.height, raster.data.length], [16, 12, 16 * 12 * 3]);
  assert.ok(Math.abs(raster.data[0] - 1) < 1e-4 && Math.abs(raster.data.at(-3)! - 31) < 1e-4);
});
