import assert from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import { plainJpeg } from "lib/batches/loader/plain_jpeg.ts";

const grey = () => sharp({ create: { width: 13, height: 7, channels: 3, background: "grey" } });
const bytesOf = async (pipeline: Sharp) => new Uint8Array(await pipeline.toBuffer());

Deno.test("plainJpeg tells the size of what decoding alone makes upright sRGB", async () => {
  for (
    const options of [{}, { chromaSubsampling: "4:4:4" }, { quality: 30 }]
  ) {
    const file = await bytesOf(grey().jpeg(options));
    assert.deepEqual(plainJpeg(file), { width: 13, height: 7 }, JSON.stringify(options));
  }
});

Deno.test("plainJpeg knows nothing of files that need more than decoding", async () => {
  const others = {
    "EXIF orientation": grey().withMetadata({ orientation: 6 }).jpeg(),
    "colour profile": grey().withIccProfile("p3").jpeg(),
    CMYK: grey().toColourspace("cmyk").jpeg(),
    "one channel": grey().toColourspace("b-w").jpeg(),
    progressive: grey().jpeg({ progressive: true }),
    PNG: grey().png(),
  };
  for (const [name, pipeline] of Object.entries(others)) {
    assert.equal(plainJpeg(await bytesOf(pipeline)), undefined, name);
  }
});

Deno.test("plainJpeg refuses every beginning of a file that lacks pixels", async () => {
  const file = await bytesOf(grey().jpeg());
  for (let length = 0; length < file.length - 2; length++) {
    assert.equal(plainJpeg(file.slice(0, length)), undefined, `${length} bytes`);
  }
  assert.deepEqual(
    plainJpeg(file.slice(0, -2)),
    { width: 13, height: 7 },
    "all but its last marker",
  );
});
