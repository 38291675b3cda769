import assert from "node:assert/strict";
import fc from "fast-check";
import type { Point } from "lib/faces/face.ts";
import { fillHull } from "lib/forgeries/blending/hull_raster.ts";
import { pixels } from "./formula_pictures.ts";

const empty = (width: number, height = width) => ({
  data: new Uint8Array(width * height),
  width,
  height,
});

Deno.test("fillHull draws a dot, a line, and nothing outside", () => {
  const dot = empty(5), line = empty(5), away = empty(5);
  fillHull(dot, [[2.9, 3.1], [2.2, 3.9], [2, 3]]);
  assert.deepEqual([pixels(dot), dot.data[3 * 5 + 2]], [1, 255]);
  fillHull(line, [[0, 0], [2, 2], [4, 4]]);
  assert.deepEqual([...line.data.keys()].filter((i) => line.data[i]), [0, 6, 12, 18, 24]);
  fillHull(away, [[7, 7], [9, 7], [9, 12]]);
  assert.equal(pixels(away), 0);
});

Deno.test("fillHull holds every corner, is one run a row, and what is outside changes nothing inside", () => {
  const at = fc.integer({ min: -8, max: 24 });
  fc.assert(fc.property(fc.array(fc.tuple(at, at), { minLength: 3, maxLength: 9 }), (points) => {
    const mask = empty(16), wide = empty(48);
    fillHull(mask, points);
    fillHull(wide, points.map(([x, y]): Point => [x + 16, y + 16]));
    for (const [x, y] of points) assert.equal(wide.data[(y + 16) * 48 + x + 16], 255);
    for (let y = 0; y < 48; y++) {
      const row = wide.data.subarray(y * 48, (y + 1) * 48);
      const first = row.indexOf(255), last = row.lastIndexOf(255);
      assert.ok(first < 0 || row.subarray(first, last + 1).every((value) => value === 255));
    }
    for (let i = 0; i < 256; i++) {
      assert.equal(mask.data[i], wide.data[((i >> 4) + 16) * 48 + (i & 15) + 16]);
    }
  }));
});
