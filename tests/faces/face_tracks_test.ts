/** Who is who in successive frames, on made-up boxes and scenes. */
import assert from "node:assert/strict";
import { FaceTracks } from "lib/faces/face_tracks.ts";
import type { Box } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";
import { createRandom } from "lib/random.ts";

/** A picture of random blocks: two seeds are two scenes. With bars, its sides are black. */
function scene(seed: number, { bars = false, light = 1 } = {}): RgbImage {
  const random = createRandom(seed), side = 64, data = new Uint8Array(side * side * 3);
  const blocks = Array.from({ length: 64 }, () => 40 + 150 * random.uniform());
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += 3) {
      const isBlack = bars && (x < 16 || x >= 48);
      data.fill(isBlack ? 0 : light * blocks[(y >> 3) * 8 + (x >> 3)], at, at + 3);
    }
  }
  return { data, width: side, height: side };
}

const LEFT: Box = [0, 0, 20, 20], RIGHT: Box = [40, 0, 60, 20];
const moved = ([a, b, c, d]: Box, by: number): Box => [a + by, b, c + by, d];

Deno.test("FaceTracks follows people who move, and numbers who appears", async () => {
  const tracks = new FaceTracks({ every: 5 }), image = scene(1);
  assert.deepEqual(await tracks.next([LEFT, RIGHT], { frame: 0, image }), [1, 2]);
  assert.deepEqual(await tracks.next([moved(RIGHT, 2), moved(LEFT, 3)], { frame: 5, image }), [
    2,
    1,
  ]);
  const darker = scene(1, { light: 0.7 }); // the same scene in less light is no cut
  const boxes = [moved(LEFT, 6), [0, 40, 20, 60] as const, moved(RIGHT, 4)];
  assert.deepEqual(await tracks.next(boxes, { frame: 10, image: darker }), [1, 3, 2]);
  assert.deepEqual(await tracks.next([moved(LEFT, 20)], { frame: 15, image }), [4]);
});

Deno.test("FaceTracks bridges one frame without the face, and no more", async () => {
  const image = scene(1), tracks = new FaceTracks({ every: 5 });
  await tracks.next([LEFT], { frame: 0, image });
  await tracks.next([], { frame: 5, image });
  assert.deepEqual(await tracks.next([LEFT], { frame: 10, image }), [1]);
  await tracks.next([], { frame: 15, image });
  await tracks.next([], { frame: 20, image });
  assert.deepEqual(await tracks.next([LEFT], { frame: 25, image }), [2]);
  // Frames that were left out as damaged are a gap too.
  assert.deepEqual(await tracks.next([LEFT], { frame: 40, image }), [3]);
});

Deno.test("FaceTracks ends all tracks at a cut, also between black bars", async () => {
  for (const bars of [false, true]) {
    const tracks = new FaceTracks({ every: 5 });
    assert.deepEqual(await tracks.next([LEFT, RIGHT], { frame: 0, image: scene(1, { bars }) }), [
      1,
      2,
    ]);
    assert.deepEqual(await tracks.next([LEFT, RIGHT], { frame: 5, image: scene(2, { bars }) }), [
      3,
      4,
    ]);
    assert.deepEqual(await tracks.next([LEFT, RIGHT], { frame: 10, image: scene(2, { bars }) }), [
      3,
      4,
    ]);
  }
});

Deno.test("FaceTracks gives a place to one face only, the one that lies closest", async () => {
  const image = scene(1), tracks = new FaceTracks({ every: 1 });
  await tracks.next([LEFT], { frame: 0, image });
  assert.deepEqual(await tracks.next([moved(LEFT, 8), moved(LEFT, 1)], { frame: 1, image }), [
    2,
    1,
  ]);
});
