import assert from "node:assert/strict";
import { cross } from "lib/forgeries/stand_ins/landmark_geometry.ts";
import type { Point } from "lib/faces/face.ts";
import {
  covered,
  fillPolygon,
  lesser,
  soften,
  weigh,
} from "lib/forgeries/stand_ins/manipulation_masks.ts";

const triangle: Point[] = [[2.3, 1.1], [28.9, 8.4], [9.7, 29.2]];
const size = { width: 32, height: 32 };

Deno.test("fillPolygon fills the pixels whose centres are inside, also past the borders", () => {
  const check = (corners: Point[]) =>
    fillPolygon(corners, size).data.forEach((value, i) => {
      const here: Point = [i % 32 + 0.5, Math.floor(i / 32) + 0.5];
      const inside = corners.every((c, k) => cross(c, corners[(k + 1) % 3], here) > 0);
      assert.equal(value, inside ? 255 : 0, `pixel ${i}`);
    });
  check(triangle);
  check([[-20.1, -3], [50.3, 7], [12, 60]]);
});

Deno.test("soften stays inside the mask, falls towards its edge and keeps its middle", () => {
  const mask = fillPolygon([[4, 4], [28, 4], [28, 28], [4, 28]], size);
  const soft = soften(mask, 2);
  soft.data.forEach((v, i) => assert.ok(v <= mask.data[i]));
  assert.equal(soft.data[16 * 32 + 16], 255);
  const row = [...soft.data.subarray(16 * 32, 16 * 32 + 17)];
  assert.deepEqual(row, row.toSorted((a, b) => a - b));
  assert.ok(row[4] > 0 && row[4] < 100);
  assert.deepEqual(soften(mask, 0), mask);
});

Deno.test("weigh multiplies and cuts weights to 0 to 1", () => {
  const mask = { data: Uint8Array.of(200, 200, 200), width: 3, height: 1 };
  assert.deepEqual([...weigh(mask, (i) => [-1, 0.5, 7][i]).data], [0, 100, 200]);
});

Deno.test("lesser and covered take away, and never add", () => {
  const mask = { data: Uint8Array.of(200, 10, 90), width: 3, height: 1 };
  const other = { ...mask, data: Uint8Array.of(0, 30, 90) };
  assert.deepEqual([...lesser(mask, other).data], [0, 10, 90]);
  assert.deepEqual([...covered(mask, Float32Array.of(0, -1, 7)).data], [200, 0, 90]);
});
