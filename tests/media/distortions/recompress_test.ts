import assert from "node:assert/strict";
import { recompress } from "lib/media/distortions/recompress.ts";

Deno.test("recompress nearly keeps smooth greys at a high quality, and halves chroma's detail at any", async () => {
  const side = 32;
  const picture = (colour: (x: number) => number[]) => ({
    data: Uint8Array.from(
      { length: side * side * 3 },
      (_, i) => colour(Math.floor(i / 3) % side)[i % 3],
    ),
    width: side,
    height: side,
  });
  const worst = async (image: ReturnType<typeof picture>) => {
    const { data, width, height } = await recompress(image, 95);
    assert.deepEqual([width, height], [side, side]);
    return data.reduce((most, value, i) => Math.max(most, Math.abs(value - image.data[i])), 0);
  };
  assert.ok(await worst(picture((x) => [x * 8, x * 8, x * 8])) <= 4);
  assert.ok(await worst(picture((x) => x % 2 === 0 ? [255, 0, 0] : [0, 0, 255])) > 40);
});
