import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import type { Point } from "lib/faces/face.ts";
import { turnImage, undone, uprightTurn } from "lib/forgeries/blending/turned_face.ts";
import { drawFaceWarping, faceWarping, warpFace } from "lib/forgeries/face_warping.ts";
import { move } from "lib/forgeries/stand_ins/landmark_geometry.ts";
import { drawnFace } from "../faces/drawn_face.ts";
import { picture } from "./blending/formula_pictures.ts";

const SIDE = 90;
const landmarks = drawnFace(2).map(([x, y]): Point => [x * SIDE / 100, y * SIDE / 100]);
const target = { image: picture("fwa", SIDE), landmarks };

Deno.test("uprightTurn takes a turned face back, and undone is its inverse", () => {
  for (const angle of [-0.6, 0.2, 1]) {
    const [a, b] = [Math.cos(angle), Math.sin(angle)];
    const turned = move(landmarks, { a, b, tx: 20, ty: -5 });
    const turn = uprightTurn(turned);
    assert.ok(Math.abs(Math.atan2(turn.b, turn.a) + angle) < 1e-9);
    assert.ok(Math.abs(Math.hypot(turn.a, turn.b) - 1) < 1e-12);
    const back = move(move(turned, turn), undone(turn));
    back.forEach(([x, y], i) => {
      assert.ok(Math.abs(x - turned[i][0]) < 1e-9 && Math.abs(y - turned[i][1]) < 1e-9);
    });
  }
});

Deno.test("turnImage by a quarter moves pixels exactly, and by nothing not at all", () => {
  const { image } = target, half = SIDE / 2;
  assert.deepEqual(turnImage(image, { a: 1, b: 0, tx: 0, ty: 0 }), image);
  // x' = half − (y − half), y' = half + (x − half)
  const quarter = turnImage(image, { a: 0, b: 1, tx: 2 * half, ty: 0 });
  for (const [x, y] of [[0, 0], [10, 70], [89, 3]]) {
    const from = (y * SIDE + x) * 3, to = (x * SIDE + SIDE - 1 - y) * 3;
    assert.deepEqual([...quarter.data.subarray(to, to + 3)], [
      ...image.data.subarray(from, from + 3),
    ]);
  }
});

Deno.test("warpFace makes the face coarser inside a hard mask and leaves the rest", async () => {
  const random = createRandom(6, "face warping test");
  /** Mean difference of neighbours in a row, where both are masked. */
  const detail = (data: Uint8Array, mask: Uint8Array) => {
    let total = 0, count = 0;
    for (let i = 1; i < mask.length; i++) {
      if (mask[i] === 0 || mask[i - 1] === 0 || i % SIDE === 0) continue;
      total += Math.abs(data[3 * i] - data[3 * i - 3]);
      count++;
    }
    return total / count;
  };
  const hulls = new Set<string>();
  for (let i = 0; i < 16; i++) {
    const drawn = { ...drawFaceWarping(random), colours: {}, quality: undefined };
    const { real, fake, mask } = (await warpFace(target, drawn))!;
    assert.deepEqual(real, target.image);
    assert.ok(mask.data.every((value) => value === 0 || value === 255));
    mask.data.forEach((value, pixel) => {
      if (value > 0) return;
      for (let c = 0; c < 3; c++) assert.equal(fake.data[3 * pixel + c], real.data[3 * pixel + c]);
    });
    assert.ok(detail(fake.data, mask.data) < 0.8 * detail(real.data, mask.data), `${drawn.scale}`);
    hulls.add(drawn.hull);
    assert.ok(drawn.scale >= 0.2 && drawn.scale <= 0.8);
  }
  assert.ok(hulls.size >= 4);
  const make = () => faceWarping.forge(target, { random: createRandom(8) });
  assert.deepEqual(await make(), await make());
});
