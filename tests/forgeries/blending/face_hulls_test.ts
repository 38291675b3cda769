import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { FACE_PARTS, faceHullMask, facePartsMask } from "lib/forgeries/blending/face_hulls.ts";
import { mirrorLandmarks } from "lib/faces/landmark_numbers.ts";
import first from "../../fixtures/blending.json" with { type: "json" };
import more from "../../fixtures/blending_more.json" with { type: "json" };
import { fromRuns, pixels } from "./formula_pictures.ts";

const SIZE = { width: 64, height: 64 };
const KINDS = {
  dfl_full: "dflFull",
  components: "components",
  extended: "extended",
  facehull: "facehull",
} as const;

Deno.test("faceHullMask gives OpenCV's pixels, all four kinds on two faces", () => {
  for (
    const [points, hulls] of [
      [first.landmarks68, first.hulls],
      [first.landmarks68_b, first.hulls_b],
    ] as const
  ) {
    for (const [name, kind] of Object.entries(KINDS) as [keyof typeof KINDS, "facehull"][]) {
      const mask = faceHullMask(kind, points as unknown as Point[], SIZE);
      assert.equal(pixels(mask), hulls[name].pixels, name);
      assert.deepEqual(mask, fromRuns(hulls[name].rle, 64), name);
    }
  }
  const again = faceHullMask("facehull", first.landmarks68_b as unknown as Point[], SIZE);
  assert.deepEqual(again, fromRuns(more.hull_raster.mask_hulls_b_facehull_rle, 64));
});

Deno.test("facePartsMask of all parts is the extended mask, of none is empty, of some lies inside", () => {
  const points = first.landmarks68_b as unknown as Point[];
  const all = Array.from({ length: FACE_PARTS }, (_, i) => i);
  const extended = faceHullMask("extended", points, SIZE);
  assert.deepEqual(facePartsMask(all, points, SIZE), extended);
  assert.equal(pixels(facePartsMask([], points, SIZE)), 0);
  for (const part of all) {
    const mask = facePartsMask([part], points, SIZE);
    assert.ok(pixels(mask) > 0 && mask.data.every((v, i) => v === 0 || extended.data[i] === 255));
  }
});

Deno.test("landmarks are mirrored as SBI mirrors them", () => {
  const numbered = Array.from({ length: 68 }, (_, i): Point => [0, i]);
  assert.deepEqual(
    mirrorLandmarks(numbered, 64).map(([, i]) => i),
    first.flip_landmark_index81.slice(0, 68),
  );
});
