import assert from "node:assert/strict";
import fc from "fast-check";
import { cropFace, cropSquare, intoCrop, resizeImage, squareAround } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";

/** Every pixel tells its place: R is the column, G the row, B constant. */
function grid(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i % width, Math.floor(i / width), 77], i * 3);
  return { data, width, height };
}

Deno.test("squareAround keeps the centre within half a pixel and adds the margin", () => {
  const number = fc.double({ min: -500, max: 500, noNaN: true });
  const length = fc.double({ min: 1, max: 500, noNaN: true });
  fc.assert(fc.property(number, number, length, length, (x, y, w, h) => {
    const { left, top, side } = squareAround([x, y, x + w, y + h], 0.15);
    assert.ok(Math.abs(side - 1.3 * Math.max(w, h)) <= 0.5 + 1e-9);
    assert.ok(Math.abs(left + side / 2 - (x + w / 2)) <= 0.5 + 1e-9);
    assert.ok(Math.abs(top + side / 2 - (y + h / 2)) <= 0.5 + 1e-9);
    assert.ok([left, top, side].every(Number.isInteger));
  }));
});

Deno.test("squareAround refuses boxes without area and negative margins", () => {
  assert.throws(() => squareAround([5, 0, 5, 9], 0), RangeError);
  assert.throws(() => squareAround([0, 0, NaN, 9], 0), RangeError);
  assert.throws(() => squareAround([0, 0, 9, 9], -0.1), RangeError);
});

Deno.test("cropSquare copies inside and repeats the edge outside", () => {
  const image = grid(20, 10);
  const crop = cropSquare(image, { left: -3, top: 6, side: 8 });
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const at = (y * 8 + x) * 3;
      const wanted = [Math.max(0, x - 3), Math.min(9, y + 6), 77];
      assert.deepEqual([...crop.data.subarray(at, at + 3)], wanted);
    }
  }
});

Deno.test("cropSquare works far outside the picture and refuses a broken side", () => {
  const far = cropSquare(grid(4, 4), { left: 100, top: -100, side: 2 });
  assert.deepEqual([...far.data.subarray(0, 3)], [3, 0, 77]);
  assert.throws(() => cropSquare(grid(4, 4), { left: 0, top: 0, side: 1.5 }), RangeError);
});

Deno.test("resizeImage keeps flat colours, masks' channel count and the mean of a grey ramp", async () => {
  const flat = await resizeImage({ data: new Uint8Array(300).fill(93), width: 10, height: 10 }, {
    width: 7,
    height: 31,
  });
  assert.ok(flat.data.length === 7 * 31 * 3 && flat.data.every((v) => v === 93));
  const mask = await resizeImage({ data: new Uint8Array(100).fill(255), width: 10, height: 10 }, {
    width: 5,
    height: 5,
  });
  assert.equal(mask.data.length, 25);
  const ramp = {
    data: Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3)),
    width: 256,
    height: 1,
  };
  const small = await resizeImage(ramp, { width: 16, height: 1 });
  for (let i = 1; i < 15; i++) assert.ok(Math.abs(small.data[i * 3] - (i * 16 + 7.5)) <= 1);
  await assert.rejects(resizeImage(ramp, { width: 0, height: 4 }), RangeError);
});

Deno.test("cropFace of a box at the corner shows the face's surroundings at the asked size", async () => {
  const crop = await cropFace(grid(100, 80), [0, 0, 40, 40], { margin: 0.25, size: 30 });
  assert.deepEqual([crop.width, crop.height, crop.data.length], [30, 30, 2700]);
  assert.ok(crop.data[0] <= 1 && crop.data[1] <= 1); // the repeated corner
});

Deno.test("intoCrop and cropSquare agree on where a point is", () => {
  const square = { left: -3, top: 2, side: 8 };
  assert.deepEqual(intoCrop([-3, 2], square, 16), [0, 0]);
  assert.deepEqual(intoCrop([5, 10], square, 16), [16, 16]);
});
