/** A map's overlay, pixel by pixel. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { mapOverlay } from "lib/figures/map_colours.ts";

Deno.test("mapOverlay is clear where nothing is positive, strongest at the maximum, and one scale for all", async () => {
  const png = await mapOverlay([[-1, 0], [1, 2]], { maximum: 2, side: 64 });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [64, 64, 4]);
  const at = (x: number, y: number) => [...data.subarray((y * 64 + x) * 4, (y * 64 + x) * 4 + 4)];
  assert.equal(at(0, 0)[3], 0);
  assert.equal(at(63, 0)[3], 0);
  assert.deepEqual(at(63, 63), [240, 249, 33, Math.round(0.82 * 255)]);
  const half = at(0, 63), alone = await mapOverlay([[1]], { maximum: 2, side: 1 });
  assert.deepEqual([...await sharp(alone).raw().toBuffer()], half);
  // A third of the way from the stop at 0.4 to the one at 0.7.
  assert.deepEqual(half, [205, 79, 116, 163]);
});
