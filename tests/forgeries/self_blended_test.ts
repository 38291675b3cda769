import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import { drawSelfBlend, selfBlend, selfBlended } from "lib/forgeries/self_blended.ts";
import { windowAround } from "lib/forgeries/blending/reframe.ts";
import { drawnFace } from "../faces/drawn_face.ts";
import first from "../fixtures/blending.json" with { type: "json" };
import { picture } from "./blending/formula_pictures.ts";

const SIDE = 72;
const face = {
  image: picture("self blended", SIDE),
  landmarks: drawnFace(2).map(([x, y]): [number, number] => [x * SIDE / 100, y * SIDE / 100]),
};
const boxed = { ...face, box: [10, 6, 60, 66] as const };

Deno.test("windowAround cuts as SBI's crop_face", () => {
  const { image_hw: [height, width], landmark_extent, bbox, cases } = first.sbi_crop_face;
  const box = bbox.flat() as [number, number, number, number];
  const margins = [
    { of: landmark_extent as [number, number, number, number], by: [4 / 8, 2 / 2, 4 / 8, 2 / 5] },
    { of: box, by: [0.5 / 4, 0.5 / 4, 0.5 / 4, 0.5 / 4] },
    { of: box, by: [1, 0.5, 1, 0.5] },
  ] as const;
  cases.forEach(({ crop_shape: [high, wide], bbox: [[left, top]] }, i) => {
    const window = windowAround(margins[i].of, margins[i].by, { width, height });
    assert.deepEqual([window.bottom - window.top, window.right - window.left], [high, wide]);
    assert.deepEqual([box[0] - window.left, box[1] - window.top], [left, top]);
  });
});

Deno.test("selfBlend changes nothing where the mask is 0, and does what was drawn", async () => {
  const random = createRandom(5, "self blended test");
  const seen = { source: 0, target: 0, changed: 0 };
  for (let i = 0; i < 12; i++) {
    const drawn = drawSelfBlend(random, face.image);
    for (const target of [face, boxed]) {
      const { real, fake, mask } = await selfBlend(target, { ...drawn, quality: undefined });
      mask.data.forEach((value, pixel) => {
        if (value > 0) return;
        for (let c = 0; c < 3; c++) {
          assert.equal(fake.data[3 * pixel + c], real.data[3 * pixel + c], `${i}`);
        }
      });
      assert.ok(mask.data.some((value) => value > 0));
      if (fake.data.some((value, j) => value !== real.data[j])) seen.changed++;
      assert.ok(Math.max(...mask.data) <= Math.max(1, Math.round(255 * drawn.ratio)));
    }
    // What is laid over is changed, not the real picture, and the other way round.
    const { real } = await selfBlend(face, { ...drawn, quality: undefined, after: {} });
    assert.equal(bytes(real.data) === bytes(face.image.data), drawn.changes === "source");
    seen[drawn.changes]++;
  }
  assert.ok(seen.source > 1 && seen.target > 1 && seen.changed === 24, JSON.stringify(seen));
});

const bytes = (data: Uint8Array) => data.join();

Deno.test("drawSelfBlend draws within the published ranges, each kind about as often as it should", () => {
  const random = createRandom(1, "ranges"), count = 400;
  const many = Array.from(
    { length: count },
    () => drawSelfBlend(random, { width: 1, height: 1 }),
  );
  const share = (is: (drawn: typeof many[number]) => boolean) => many.filter(is).length / count;
  const near = (value: number, wanted: number) =>
    assert.ok(Math.abs(value - wanted) < 4 * Math.sqrt(wanted * (1 - wanted) / count), `${value}`);
  near(share(({ hull }) => hull === "extended"), 0.25);
  near(share(({ forehead }) => forehead), 0.75);
  near(share(({ changes }) => changes === "source"), 0.5);
  near(share(({ detail }) => "coarser" in detail), 0.5);
  near(share(({ colours }) => colours.rgb !== undefined), 0.3);
  near(share(({ after }) => after.hsv !== undefined), 0.3);
  near(share(({ after }) => after.light !== undefined), 0.3);
  near(share(({ quality }) => quality !== undefined), 0.5);
  near(share(({ ratio }) => ratio === 1), 0.5);
  for (const { colours, affine, softness, quality = 40, margins } of many) {
    assert.ok(colours.hsv && colours.light && Math.abs(colours.light.brightness) <= 0.1);
    assert.ok(colours.light.contrast >= 0.9 && colours.light.contrast <= 1.1);
    assert.ok(Math.abs(affine.translate[0]) <= 0.03 && Math.abs(affine.translate[1]) <= 0.015);
    assert.ok(affine.scale.every((s) => s >= 0.95 && s <= 1 / 0.95));
    const { width, height, shrink, side, sigma } = softness;
    assert.ok([width, height].every((s) => s >= 192 && s <= 256));
    assert.ok([shrink, side].every((k) => k % 2 === 1 && k >= 5 && k <= 25));
    assert.ok(sigma >= 5 && sigma <= 45 && quality >= 40 && quality <= 100);
    assert.ok(margins.every((m) => m >= 0.05 && m <= 0.2));
  }
});

Deno.test("SBI follows from its seed and leaves its input as it was", async () => {
  const before = boxed.image.data.slice();
  const make = (seed: number) => selfBlended.forge(boxed, { random: createRandom(seed) });
  assert.deepEqual(await make(3), await make(3));
  assert.notDeepEqual((await make(4)).fake, (await make(3)).fake);
  assert.deepEqual(boxed.image.data, before);
});
