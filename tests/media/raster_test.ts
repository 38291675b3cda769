import assert from "node:assert/strict";
import { blur, mix, type Raster, sample, toImage } from "lib/media/raster.ts";

/** R grows to the right, G downwards, B along the diagonal: any affine map of it can be foretold. */
function ramp(width: number, height: number): Raster {
  const data = new Float32Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = i % width + 0.5, y = Math.floor(i / width) + 0.5;
    data.set([x, y, x + y], i * 3);
  }
  return { data, width, height, channels: 3 };
}

Deno.test("sample interpolates bilinearly and goes on outside", () => {
  const source: Raster = { data: Float32Array.of(0, 10, 20, 30), width: 2, height: 2, channels: 1 };
  const at = (x: number, y: number) => {
    const to = new Float32Array(1);
    sample(source, [x, y], { to, at: 0 });
    return to[0];
  };
  assert.equal(at(0.5, 0.5), 0);
  assert.equal(at(1.5, 1.5), 30);
  assert.equal(at(1, 1), 15);
  assert.equal(at(-9, 9), 20);
});

Deno.test("blur keeps the mean and the shape of a Gaussian", () => {
  const point: Raster = { data: new Float32Array(41 * 41), width: 41, height: 41, channels: 1 };
  point.data[20 * 41 + 20] = 1;
  const { data } = blur(point, 2.5);
  const total = data.reduce((sum, v) => sum + v, 0);
  assert.ok(Math.abs(total - 1) < 1e-5);
  let variance = 0;
  data.forEach((v, i) => variance += v * (i % 41 - 20) ** 2);
  assert.ok(Math.abs(variance - 2.5 ** 2) < 0.15, String(variance)); // cut at three sigma
  assert.deepEqual(blur(point, 0).data, point.data);
  const flat = { data: new Float32Array(27).fill(7), width: 3, height: 3, channels: 3 };
  assert.ok(blur(flat, 4).data.every((v) => Math.abs(v - 7) < 1e-5));
});

Deno.test("mix leaves what the mask hides exactly, and refuses layers of another size", () => {
  const below = ramp(4, 2), above = { ...below, data: below.data.map((v) => v + 100) };
  const mask = { data: Uint8Array.of(0, 0, 255, 51, 0, 255, 0, 0), width: 4, height: 2 };
  const mixed = mix(below, above, mask);
  mixed.data.forEach((v, i) => {
    const wanted = below.data[i] + 100 * mask.data[Math.floor(i / 3)] / 255;
    assert.ok(Math.abs(v - wanted) < 1e-4);
  });
  assert.throws(() => mix(below, ramp(2, 4), mask), TypeError);
  assert.deepEqual([...toImage({ ...below, data: Float32Array.of(-5, 300, 1.6) }).data], [
    0,
    255,
    2,
  ]);
});
