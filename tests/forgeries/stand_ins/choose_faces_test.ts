import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { splitFaces } from "lib/forgeries/stand_ins/choose_faces.ts";
import { cropDemoFace, reachOf } from "lib/forgeries/stand_ins/demo_crops.ts";
import { type DemoFace, findDemoFaces } from "lib/forgeries/stand_ins/demo_faces.ts";

let found: Promise<DemoFace[]> | undefined;
const demoFaces = () => found ??= startEngine().then(() => findDemoFaces());

Deno.test("findDemoFaces names 22 faces from left to right, one of them in profile", async () => {
  const faces = await demoFaces();
  assert.equal(faces.length, 22);
  assert.deepEqual(faces.filter(({ profile }) => profile).map(({ id }) => id), ["sample2/0"]);
  for (let i = 1; i < faces.length; i++) {
    const [before, after] = [faces[i - 1], faces[i]];
    if (before.photograph === after.photograph) assert.ok(before.box[0] < after.box[0]);
  }
});

Deno.test("splitFaces parts no unit and no faces that show in each other's crops, for any seed", async () => {
  const faces = await demoFaces();
  for (const margin of [0, 0.15, 0.3]) {
    for (let seed = 0; seed < 40; seed++) {
      const { train, test } = splitFaces(faces, { seed, margin });
      assert.equal(train.length + test.length, 21);
      assert.ok(test.length >= 4 && test.length <= 6, `${test.length} test faces`);
      for (const a of train) {
        for (const b of test) {
          assert.notEqual(a.unit, b.unit);
          if (a.photograph !== b.photograph) continue;
          for (const [one, other] of [[a, b], [b, a]]) {
            const [x0, y0, x1, y1] = reachOf(one, margin), [u0, v0, u1, v1] = other.box;
            assert.ok(x0 >= u1 || u0 >= x1 || y0 >= v1 || v0 >= y1, `${one.id} shows ${other.id}`);
          }
        }
      }
    }
  }
  const other = (seed: number) =>
    splitFaces(faces, { seed, margin: 0.15 }).test.map(({ id }) => id);
  assert.notDeepEqual(other(1), other(2));
});

Deno.test("splitFaces refuses a margin that shows faces in each other's crops everywhere", async () => {
  const faces = await demoFaces();
  assert.throws(() => splitFaces(faces, { seed: 1, margin: 2 }), /margin of 2.*smaller margin/);
});

Deno.test("cropDemoFace keeps landmarks on the face, and the first variant exact", async () => {
  const [face] = await demoFaces();
  const crop = (variant: number, seed = 1) =>
    cropDemoFace(face, { margin: 0.15, size: 100, seed, variant });
  const first = await crop(0), second = await crop(1);
  assert.deepEqual(first, await crop(0, 2));
  assert.notDeepEqual(second.landmarks, first.landmarks);
  for (const { landmarks } of [first, second]) {
    for (const [x, y] of landmarks) assert.ok(x > 0 && x < 100 && y > 0 && y < 100);
  }
});
