import assert from "node:assert/strict";
import sharp from "sharp";
import { jpegHeader } from "lib/media/jpeg_header.ts";
import { followScan } from "lib/media/jpeg_scan.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { createRandom } from "lib/random.ts";

const photograph = () => sharp(demoPhotographs()[0]).resize(90, 70);
const look = (bytes: Uint8Array) => {
  const header = jpegHeader(bytes);
  return header && followScan(bytes, header);
};
const kinds = {
  plain: () => photograph().jpeg({ quality: 80 }),
  "full chroma": () => photograph().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  "common tables": () => photograph().jpeg({ optimiseCoding: false }),
  grey: () => photograph().toColourspace("b-w").jpeg(),
  CMYK: () => photograph().toColourspace("cmyk").jpeg(),
};

Deno.test("followScan finds scans of every sampling whole, with their last marker or without", async () => {
  for (const [kind, make] of Object.entries(kinds)) {
    const bytes = new Uint8Array(await make().toBuffer());
    assert.deepEqual(look(bytes), { fault: undefined }, kind);
    assert.deepEqual(look(bytes.slice(0, -2)), { fault: undefined }, `${kind}, no end`);
    assert.deepEqual(
      look(Uint8Array.from([...bytes, 1, 2, 3])),
      { fault: undefined },
      `${kind}, more`,
    );
  }
  const progressive = new Uint8Array(await photograph().jpeg({ progressive: true }).toBuffer());
  assert.equal(look(progressive), undefined);
});

Deno.test("followScan finds every end within a scan", async () => {
  for (const [kind, make] of Object.entries(kinds)) {
    const bytes = new Uint8Array(await make().toBuffer()), { dataStart } = jpegHeader(bytes)!;
    for (let at = dataStart; at < bytes.length - 3; at += 7) {
      assert.ok(look(bytes.slice(0, at))?.fault, `${kind} cut at ${at}`);
      const ended = bytes.slice();
      ended.set([0xff, 0xd9], at);
      assert.ok(look(ended)?.fault, `${kind} ended at ${at}`);
    }
  }
});

/** Whether libjpeg itself warns of the file, given an end. */
const libjpegWarns = (bytes: Uint8Array) =>
  sharp(Uint8Array.from([...bytes, 0xff, 0xd9]), { failOn: "warning" }).raw().toBuffer()
    .then(() => false, () => true);

Deno.test("followScan calls no scan whole that libjpeg warns of", async () => {
  const random = createRandom(7, "scan damage");
  let damaged = 0;
  for (const [kind, make] of Object.entries(kinds)) {
    const whole = new Uint8Array(await make().toBuffer()), { dataStart } = jpegHeader(whole)!;
    for (let i = 0; i < 60; i++) {
      const bytes = whole.slice(), at = dataStart + random.integer(whole.length - dataStart - 2);
      if (i % 3 === 0) bytes[at] ^= 1 << random.integer(8);
      else if (i % 3 === 1) bytes.fill(0, at, at + 20);
      else bytes.copyWithin(at, at + 1 + random.integer(9));
      const { fault } = look(bytes) ?? {};
      if (fault) damaged++;
      else assert.equal(await libjpegWarns(bytes), false, `${kind}, damage ${i}`);
    }
  }
  assert.ok(damaged > 80, `${damaged} of 300`);
});
