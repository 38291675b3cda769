import assert from "node:assert/strict";
import fc from "fast-check";
import type { Point } from "lib/data/faces.ts";
import { convexHull, move } from "lib/data/stand_ins/geometry.ts";
import { fillPolygon } from "lib/data/stand_ins/masks.ts";
import { blur, mix, type Raster, sample, toImage } from "lib/data/stand_ins/raster.ts";
import { warp } from "lib/data/stand_ins/warp.ts";

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

Deno.test("sample interpolates bilinearly and goes on outside", () => {
  const source: Raster = { data: Float32Array.of(0, 10, 20, 30), width: 2, height: 2, channels: 1 };
  const at = (x: number, y: number) => {
    const to = new Float32Array(1);
    sample(source, [x, y], { to, at: 0 });
    return to[0];
  };
  assert.equal(at(0.5, 0.5), 0);
  assert.equal(at(1.5, 1.5), 30);
  assert.equal(at(1, 1), 15);
  assert.equal(at(-9, 9), 20);
});

Deno.test("blur keeps the mean and the shape of a Gaussian", () => {
  const point: Raster = { data: new Float32Array(41 * 41), width: 41, height: 41, channels: 1 };
  point.data[20 * 41 + 20] = 1;
  const { data } = blur(point, 2.5);
  const total = data.reduce((sum, v) => sum + v, 0);
  assert.ok(Math.abs(total - 1) < 1e-5);
  let variance = 0;
  data.forEach((v, i) => variance += v * (i % 41 - 20) ** 2);
  assert.ok(Math.abs(variance - 2.5 ** 2) < 0.15, String(variance)); // cut at three sigma
  assert.deepEqual(blur(point, 0).data, point.data);
  const flat = { data: new Float32Array(27).fill(7), width: 3, height: 3, channels: 3 };
  assert.ok(blur(flat, 4).data.every((v) => Math.abs(v - 7) < 1e-5));
});

Deno.test("mix leaves what the mask hides exactly, and refuses layers of another size", () => {
  const below = ramp(4, 2), above = { ...below, data: below.data.map((v) => v + 100) };
  const mask = { data: Uint8Array.of(0, 0, 255, 51, 0, 255, 0, 0), width: 4, height: 2 };
  const mixed = mix(below, above, mask);
  mixed.data.forEach((v, i) => {
    const wanted = below.data[i] + 100 * mask.data[Math.floor(i / 3)] / 255;
    assert.ok(Math.abs(v - wanted) < 1e-4);
  });
  assert.throws(() => mix(below, ramp(2, 4), mask), TypeError);
  assert.deepEqual([...toImage({ ...below, data: Float32Array.of(-5, 300, 1.6) }).data], [
    0,
    255,
    2,
  ]);
});
