import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_PARTS, mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import { drawnFace } from "./drawn_face.ts";

Deno.test("LANDMARK_PARTS hold each of the 68 once", () => {
  const ends = Object.values(LANDMARK_PARTS);
  assert.deepEqual(ends.map(([from]) => from), [0, ...ends.slice(0, -1).map(([, to]) => to)]);
  assert.equal(ends.at(-1)![1], 68);
});

Deno.test("mirrorLandmarks of a symmetric face changes nothing, twice never changes anything", () => {
  const face = drawnFace(2);
  const close = (a: Point[], b: Point[]) =>
    a.forEach(([x, y], i) => assert.ok(Math.hypot(x - b[i][0], y - b[i][1]) < 1e-9, `point ${i}`));
  close(mirrorLandmarks(face, 100), face);
  const any = face.map(([x, y], i): Point => [x + i, y - i * i / 100]);
  close(mirrorLandmarks(mirrorLandmarks(any, 77), 77), any);
});
