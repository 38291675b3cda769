import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import { fillHull } from "lib/forgeries/blending/hull_raster.ts";
import { deformSmoothly, splineThrough } from "lib/forgeries/blending/spline_grid.ts";
import { drawInconsistency, inconsistentFaces } from "lib/forgeries/inconsistent.ts";
import { drawnFace } from "../faces/drawn_face.ts";
import spline from "../fixtures/spline_grid.json" with { type: "json" };
import { fill } from "../networks/fixture_formula.ts";
import { picture, pixels, sum } from "./blending/formula_pictures.ts";

const SIDE = 80;
const crop = (name: string, opening: number) => ({
  image: picture(name, SIDE),
  landmarks: drawnFace(opening).map(([x, y]): [number, number] => [x * SIDE / 100, y * SIDE / 100]),
});
const [target, donor] = [crop("i2g.a", 2), crop("i2g.b", 3)];

Deno.test("splineThrough is SciPy's cubic spline with mirrored ends", () => {
  for (const { points, width, height, ...wanted } of spline.cases) {
    const values = Float64Array.from(fill("spline.grid", points * points));
    const out = splineThrough(values, points, { width, height });
    assert.ok(Math.abs(sum(out) - wanted.sum) < 1e-9 * width * height);
    assert.ok(Math.abs(Math.sqrt(sum(out.map((v) => v * v))) - wanted.norm) < 1e-9);
    wanted.values.forEach((value, x) => {
      assert.ok(Math.abs(out[wanted.row * width + x] - value) < 1e-12, `${x}`);
    });
    assert.ok(Math.abs(out[0] - values[0]) < 1e-12, "it goes through the corner");
  }
});

Deno.test("deformSmoothly by a grid that moves as one shifts the mask", () => {
  const mask = { data: new Uint8Array(400), width: 20, height: 20 };
  fillHull(mask, [[5, 5], [12, 5], [12, 14], [5, 14]]);
  const shifts = new Float64Array(32).fill(3, 0, 16).fill(-2, 16);
  const moved = deformSmoothly(mask, { points: 4, shifts });
  mask.data.forEach((value, i) => {
    const x = i % 20, y = Math.floor(i / 20);
    if (x + 2 < 20 && y >= 3) assert.ok(Math.abs(moved[i - 60 + 2] - value / 255) < 1e-6);
  });
});

Deno.test("inconsistentFaces changes only what its mask shows, from one part to the whole face", async () => {
  const random = createRandom(3, "inconsistent test");
  const kinds = { whole: 0, parts: 0 };
  for (let i = 0; i < 16; i++) {
    const drawn = { ...drawInconsistency(random, { width: SIDE }), quality: undefined };
    const { real, fake, mask } = (await inconsistentFaces(target, donor, drawn))!;
    assert.deepEqual(real, target.image);
    mask.data.forEach((value, pixel) => {
      if (value > 0) return;
      for (let c = 0; c < 3; c++) assert.equal(fake.data[3 * pixel + c], real.data[3 * pixel + c]);
    });
    assert.ok(pixels(mask) > 0 && fake.data.some((value, j) => value !== real.data[j]));
    kinds[drawn.parts ? "parts" : "whole"]++;
    assert.ok(!drawn.parts || (drawn.parts.length >= 1 && drawn.parts.length <= 7));
    assert.equal(drawn.blur, 11); // 35 of 256 pixels
  }
  assert.ok(kinds.whole > 2 && kinds.parts > 2, JSON.stringify(kinds));
  const none = { ...drawInconsistency(random, { width: SIDE }), parts: [] };
  assert.equal(await inconsistentFaces(target, donor, none), undefined);
});
