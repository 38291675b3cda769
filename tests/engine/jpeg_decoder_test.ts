import assert from "node:assert/strict";
import sharp from "sharp";
import { libraryInUse, startEngine } from "lib/engine/engine.ts";
import { collectGarbage } from "lib/engine/collect_garbage.ts";
import { openJpegDecoder } from "lib/engine/jpeg_decoder.ts";
import { openNative } from "lib/engine/native_library.ts";
import { createRandom } from "lib/random.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";
const open = () => openJpegDecoder(libraryInUse()!);

async function noiseJpeg(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const random = createRandom(2, "noise", width);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return new Uint8Array(
    await sharp(data, { raw: { width, height, channels: 3 } }).jpeg().toBuffer(),
  );
}

Deno.test("openJpegDecoder decodes as sharp does, many pictures at once", { ignore }, async () => {
  const decoder = open();
  const sizes = [[1, 1], [7, 3], [64, 64], [33, 120], [224, 224]];
  const files = await Promise.all(sizes.map(([w, h]) => noiseJpeg(w, h)));
  const decoded = await Promise.all(files.concat(files).map((file) => decoder.decode(file)));
  for (const [i, picture] of decoded.entries()) {
    const [width, height] = sizes[i % sizes.length];
    assert.deepEqual([picture!.width, picture!.height], [width, height]);
    const expected = await sharp(files[i % sizes.length]).raw().toBuffer();
    assert.deepEqual(picture!.data, new Uint8Array(expected));
  }
});

Deno.test(
  "openJpegDecoder has no answer to bytes that are no whole JPEG, and goes on",
  { ignore },
  async () => {
    const decoder = open(), file = await noiseJpeg(40, 40);
    for (
      const bytes of [file.slice(0, 700), file.slice(0, -2), new Uint8Array(0), new Uint8Array(99)]
    ) {
      assert.equal(await decoder.decode(bytes), undefined, `${bytes.length} bytes`);
    }
    assert.equal((await decoder.decode(file))!.width, 40);
  },
);

Deno.test("openJpegDecoder keeps no memory of what it decoded", { ignore }, async () => {
  const native = openNative(libraryInUse()!);
  const decoder = open(), file = await noiseJpeg(400, 400);
  const decode = async (times: number) => {
    for (let i = 0; i < times; i++) await decoder.decode(file);
    for (let i = 0; i < times; i++) await decoder.decode(file.slice(0, 900));
    collectGarbage(native);
    return Deno.memoryUsage().rss;
  };
  await decode(100);
  const before = await decode(50), after = await decode(300); // 300 pictures are 144 MB
  assert.ok(after - before < 60e6, `grew by ${after - before} bytes`);
});

Deno.test("libraryInUse is the library that threads can open, while the engine runs on it", {
  ignore,
}, () => {
  assert.ok(Deno.statSync(libraryInUse()!).isFile);
});
