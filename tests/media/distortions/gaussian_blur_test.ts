import assert from "node:assert/strict";
import { blurGaussian } from "lib/media/distortions/gaussian_blur.ts";

Deno.test("blurGaussian goes on mirrored outside, without the outermost pixel twice", () => {
  const row = (...values: number[]) => ({
    data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
    width: values.length,
    height: 1,
  });
  // Three weights, nearly alike: the first pixel has the second on both sides.
  const { data } = blurGaussian(row(0, 90, 30), { side: 3, sigma: 100 });
  assert.deepEqual([data[0], data[3], data[6]], [60, 40, 70]);
});

Deno.test("blurGaussian keeps flat pictures, those smaller than the kernel too", () => {
  for (const [width, height] of [[1, 1], [2, 1], [1, 9], [3, 4], [30, 20]]) {
    const image = { data: new Uint8Array(width * height * 3).fill(201), width, height };
    assert.deepEqual(blurGaussian(image, { side: 21, sigma: 3.5 }), image);
  }
});
