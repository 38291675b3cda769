import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import { blendFaces, drawBlend } from "lib/forgeries/blended.ts";
import { xRay } from "lib/forgeries/blending/x_ray.ts";
import { drawnFace } from "../faces/drawn_face.ts";
import { picture } from "./blending/formula_pictures.ts";

const SIDE = 80;
const crop = (name: string, opening: number) => ({
  image: picture(name, SIDE),
  landmarks: drawnFace(opening).map(([x, y]): [number, number] => [x * SIDE / 100, y * SIDE / 100]),
});
const [target, donor] = [crop("bi.bg", 2), crop("bi.fg", 4)];

Deno.test("blendFaces changes only what the mask shows, and its X-ray is an edge", async () => {
  const random = createRandom(2, "blended test");
  let made = 0;
  for (let i = 0; i < 12; i++) {
    const drawn = drawBlend(random, { width: SIDE });
    const pair = await blendFaces(target, donor, {
      ...drawn,
      quality: undefined,
      coarser: undefined,
    });
    if (!pair) continue;
    made++;
    const { real, fake, mask } = pair;
    mask.data.forEach((value, pixel) => {
      if (value > 0) return;
      for (let c = 0; c < 3; c++) assert.equal(fake.data[3 * pixel + c], real.data[3 * pixel + c]);
    });
    assert.ok(fake.data.some((value, j) => value !== real.data[j]));
    const edge = xRay(mask);
    assert.ok(edge.every((value, j) => value === 0 || mask.data[j] > 0));
    assert.ok(Math.max(...edge) > 0.8);
    const both = await blendFaces(target, donor, drawn);
    assert.deepEqual([both!.real.width, both!.fake.width, both!.mask], [SIDE, SIDE, mask]);
  }
  assert.ok(made >= 8, `${made}`);
});

Deno.test("blendFaces of a face with itself changes nothing but a rounding", async () => {
  const drawn = drawBlend(createRandom(4, "itself"), { width: SIDE });
  for (const match of ["mean", "meanAndDeviation", "reinhard"] as const) {
    const { real, fake } = (await blendFaces(target, target, {
      ...drawn,
      match,
      edge: { kind: "dilate", side: 1 },
    }))!;
    const off = fake.data.map((value, i) => Math.abs(value - real.data[i]));
    assert.ok(Math.max(...off) <= (match === "reinhard" ? 12 : 1), `${match} ${Math.max(...off)}`);
  }
});

Deno.test("drawBlend scales the published lengths with the crop", () => {
  const random = createRandom(1, "ranges");
  const many = Array.from({ length: 300 }, () => drawBlend(random, { width: 317 }));
  const small = Array.from({ length: 300 }, () => drawBlend(random, { width: 64 }));
  assert.ok(many.every(({ side }) => side >= 128 && side <= 317));
  assert.ok(small.every(({ side, edge }) => side >= 26 && side <= 64 && edge.side <= 5));
  const erosions = many.filter(({ edge }) => edge.kind === "erode").map(({ edge }) => edge.side);
  const dilations = many.filter(({ edge }) => edge.kind === "dilate").map(({ edge }) => edge.side);
  assert.deepEqual([...new Set(erosions)].sort((a, b) => a - b), [
    1,
    3,
    5,
    7,
    9,
    11,
    13,
    15,
    17,
    19,
    21,
  ]);
  assert.deepEqual([...new Set(dilations)].sort((a, b) => a - b), [1, 3, 5]);
  assert.ok(many.every(({ grid }) => grid.jitter.length === 2 * grid.rows * grid.columns));
  const qualities = many.flatMap(({ quality }) => quality ?? []);
  assert.ok(Math.min(...qualities) >= 60 && qualities.length > 100 && qualities.length < 200);
});
