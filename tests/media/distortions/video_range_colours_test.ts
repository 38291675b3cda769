import assert from "node:assert/strict";
import fc from "fast-check";
import { changeColours } from "lib/media/distortions/video_range_colours.ts";

const pixel = fc.uint8Array({ minLength: 3, maxLength: 3 });

Deno.test("changeColours that changes nothing gives each colour back, to one level", () => {
  fc.assert(fc.property(pixel, (data) => {
    const back = changeColours({ data, width: 1, height: 1 }, () => {});
    assert.ok(back.data.every((value, i) => Math.abs(value - data[i]) <= 1));
  }));
});

Deno.test("changeColours shows grey a chroma of 128 / 255, and cuts what leaves 0 to 255", () => {
  const grey = { data: new Uint8Array(3).fill(200), width: 1, height: 1 };
  let seen: number[] = [];
  changeColours(grey, (colour) => seen = [...colour]);
  assert.ok(Math.abs(seen[0] - (219 * 200 + 16) / 255) < 1e-9);
  assert.ok(Math.abs(seen[1] - 128 / 255) < 1e-9 && Math.abs(seen[2] - 128 / 255) < 1e-9);
  const shifted = (by: number) => [...changeColours(grey, (colour) => colour[0] += by).data];
  assert.deepEqual([shifted(500), shifted(-500)], [[255, 255, 255], [0, 0, 0]]);
});
