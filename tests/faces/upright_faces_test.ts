/** Turned photographs and turned faces. */
import assert from "node:assert/strict";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { openFaceDetector } from "lib/faces/detect_faces.ts";
import { detectUpright, type Turn, turnBack, turnImage } from "lib/faces/upright_faces.ts";
import { cropSquare } from "lib/media/crop.ts";
import { readImage } from "lib/media/image.ts";

const SEARCH = { minScore: 0.9, longSide: 960 };

Deno.test("detectUpright finds the same faces in the demo photographs however they are turned", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  for (const [i, path] of demoPhotographs().entries()) {
    const upright = await readImage(path);
    const before = await detectUpright(upright, detector, SEARCH);
    assert.deepEqual([before.turn, before.lying.length], [0, 0], path);
    assert.equal(before.image, upright);
    assert.equal(before.faces.length, [3, 3, 3, 4, 5, 4][i], path);
    // All three turns of one photograph; for time's sake one each of the others.
    for (const turn of (i === 0 ? [90, 180, 270] : [[90, 180, 270][i % 3]]) as Turn[]) {
      const turned = await turnImage(upright, turn);
      const { faces, image, turn: back, lying } = await detectUpright(turned, detector, SEARCH);
      assert.deepEqual([back, lying.length], [360 - turn, 0], `${path} turned by ${turn}`);
      assert.deepEqual(image, upright);
      assert.deepEqual(faces, before.faces);
    }
  }
});

Deno.test("detectUpright goes on in a turn that is settled, and lets pictures without faces be", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  const upright = await readImage(demoPhotographs()[2]);
  const first = 270, turned = await turnImage(upright, 90);
  const settled = await detectUpright(turned, detector, { ...SEARCH, first, isSettled: true });
  assert.deepEqual([settled.turn, settled.faces.length], [270, 3]);
  const wall = cropSquare(upright, { left: 0, top: 0, side: 64 });
  const none = await detectUpright(wall, detector, { ...SEARCH, searchTurned: false });
  assert.deepEqual([none.turn, none.faces, none.lying], [0, [], []]);
});

Deno.test("detectUpright refuses a face that does not stand upright where the others do", async () => {
  await using detector = await openFaceDetector({ threads: 1 });
  const group = await readImage(demoPhotographs()[2]);
  const { faces } = await detectUpright(group, detector, SEARCH);
  // One person's head, turned clockwise in its place.
  const [left, top, right, bottom] = faces[2].box.map(Math.round);
  const side = Math.round(1.6 * (bottom - top));
  const place = {
    left: Math.round((left + right - side) / 2),
    top: Math.round((top + bottom - side) / 2),
  };
  const patch = await turnImage(cropSquare(group, { ...place, side }), 90);
  const data = group.data.slice();
  for (let y = 0; y < side; y++) {
    const from = y * side * 3, to = ((place.top + y) * group.width + place.left) * 3;
    data.set(patch.data.subarray(from, from + side * 3), to);
  }
  const found = await detectUpright({ ...group, data }, detector, SEARCH);
  assert.deepEqual([found.turn, found.faces.length, found.lying.length], [0, 2, 1]);
});

Deno.test("turnBack undoes turnImage for boxes", async () => {
  const image = { data: new Uint8Array(6 * 4 * 3), width: 6, height: 4 };
  image.data[(1 * 6 + 4) * 3] = 200; // one red pixel at (4, 1)
  for (const turn of [0, 90, 180, 270] as const) {
    const turned = await turnImage(image, turn);
    const at = turned.data.indexOf(200) / 3,
      x = at % turned.width,
      y = Math.floor(at / turned.width);
    assert.deepEqual(turnBack([x, y, x + 1, y + 1], turn, turned), [4, 1, 5, 2]);
  }
});
