import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_PARTS } from "lib/faces/landmark_numbers.ts";
import {
  carryExpression,
  expressionDistance,
  faceScale,
  lipsKeepSize,
  mouthRegion,
  surroundings,
  withForehead,
} from "lib/forgeries/stand_ins/face_shape.ts";
import { area, move } from "lib/forgeries/stand_ins/landmark_geometry.ts";
import { drawnFace } from "../../faces/drawn_face.ts";

const inner = (points: readonly Point[]) => points.slice(...LANDMARK_PARTS.innerLips);

Deno.test("carryExpression at strength 0 changes nothing, and takes no expression from a twin", () => {
  const face = drawnFace(2), other = drawnFace(6);
  const parts = ["outerLips", "leftEye", "rightEye", "brows"] as const;
  assert.deepEqual(carryExpression(face, other, { parts, strength: 0 }), face);
  const twin = move(face, { a: 1.2, b: 0.4, tx: 30, ty: -8 });
  assert.ok(expressionDistance(face, twin) < 1e-9);
  assert.ok(expressionDistance(face, other) > 0.01);
});

Deno.test("carryExpression opens the mouth as the donor's is, at the target's place, chin following", () => {
  const shut = drawnFace(0.5), open = move(drawnFace(6), { a: 2, b: 0.3, tx: 5, ty: 9 });
  const result = carryExpression(shut, open, { parts: ["outerLips"], strength: 1 });
  const wanted = area(inner(drawnFace(6)));
  assert.ok(Math.abs(area(inner(result)) - wanted) < 0.05 * wanted);
  assert.ok(result[8][1] > shut[8][1] + 1, "the chin goes down");
  for (let i = 17; i < 48; i++) assert.deepEqual(result[i], shut[i]);
});

Deno.test("withForehead adds points above the brows, and regions grow as told", () => {
  const face = drawnFace(2);
  const all = withForehead(face);
  assert.equal(all.length, 78);
  for (let i = 0; i < 10; i++) assert.ok(all[68 + i][1] < face[17 + i][1]);
  const ratio = area(surroundings(face, 1.5)) / area(surroundings(face, 1));
  assert.ok(Math.abs(ratio - 2.25) < 1e-9);
  const rows = mouthRegion(face).map(([, y]) => y);
  assert.ok(Math.min(...rows) >= 57 && Math.max(...rows) <= 90, "between nose and chin");
});

Deno.test("lipsKeepSize refuses lips far wider, narrower, higher or lower, and faceScale is a length", () => {
  const face = drawnFace(3), lips = face.slice(48);
  const middle = [0, 1].map((axis) => lips.reduce((sum, p) => sum + p[axis], 0) / lips.length);
  const scaled = (across: number, down: number) =>
    face.map(([x, y], i): Point =>
      i < 48 ? [x, y] : [middle[0] + (x - middle[0]) * across, middle[1] + (y - middle[1]) * down]
    );
  for (const [across, down] of [[1, 1], [1.2, 1], [0.85, 1], [1, 1.6], [1, 0.7]]) {
    assert.ok(lipsKeepSize(face, scaled(across, down)), `${across}, ${down}`);
  }
  for (const [across, down] of [[1.3, 1], [0.75, 1], [1, 1.8], [1, 0.5]]) {
    assert.ok(!lipsKeepSize(face, scaled(across, down)), `${across}, ${down}`);
  }
  const twice = face.map(([x, y]): Point => [2 * x, 2 * y]);
  assert.ok(Math.abs(faceScale(twice) - 2 * faceScale(face)) < 1e-9);
});
