import assert from "node:assert/strict";
import sharp from "sharp";
import { dataUri } from "lib/media/data_uri.ts";

/** A picture whose left half is red and whose right half is blue. */
const halves = {
  data: Uint8Array.from({ length: 40 * 20 * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % 40;
    return (x < 20 ? [255, 0, 0] : [0, 0, 255])[i % 3];
  }),
  width: 40,
  height: 20,
};

async function decode(uri: string) {
  const bytes = Uint8Array.fromBase64(uri.slice("data:image/jpeg;base64,".length));
  return await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
}

Deno.test("dataUri keeps shape and colour order", async () => {
  const { data, info } = await decode(await dataUri(halves, { quality: 95 }));
  assert.deepEqual([info.width, info.height], [40, 20]);
  assert.ok(data[0] > 200 && data[2] < 60, "left is red");
  const right = info.channels * 39;
  assert.ok(data[right] < 60 && data[right + 2] > 200, "right is blue");
});

Deno.test("dataUri shrinks to the longer side and never enlarges", async () => {
  const small = await decode(await dataUri(halves, { side: 10 }));
  assert.deepEqual([small.info.width, small.info.height], [10, 5]);
  const same = await decode(await dataUri(halves, { side: 100 }));
  assert.deepEqual([same.info.width, same.info.height], [40, 20]);
});

Deno.test("dataUri turns grey, and takes a mask", async () => {
  const grey = await decode(await dataUri(halves, { grey: true }));
  const at = (x: number) =>
    [...grey.data.subarray(x * grey.info.channels)].slice(0, grey.info.channels);
  assert.ok(Math.max(...at(5)) - Math.min(...at(5)) < 4);
  const mask = await decode(
    await dataUri({ data: new Uint8Array(64).fill(255), width: 8, height: 8 }),
  );
  assert.ok(mask.data.every((v) => v > 250));
});

Deno.test("dataUri refuses data that does not fill the picture", async () => {
  await assert.rejects(dataUri({ data: new Uint8Array(5), width: 8, height: 8 }), TypeError);
});
