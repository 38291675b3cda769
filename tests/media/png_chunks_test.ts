/** What lookAtPng says of PNGs of sharp's, whole and with a byte changed. */
import assert from "node:assert/strict";
import { lookAtPng } from "lib/media/png_chunks.ts";
import sharp from "sharp";

const created = { create: { width: 9, height: 5, channels: 3, background: "grey" } } as const;

Deno.test("lookAtPng finds a damaged colour profile, and leaves damaged pixels to the decoder", async () => {
  const whole = new Uint8Array(await sharp(created).withIccProfile("p3").png().toBuffer());
  const place = (chunk: string) => new TextDecoder("latin1").decode(whole).indexOf(chunk);
  assert.deepEqual(lookAtPng(whole), { isAnimated: false, fault: undefined });
  const damaged = whole.slice();
  damaged[place("iCCP") + 30] ^= 1;
  assert.match(lookAtPng(damaged).fault!, /iCCP/);
  const pixels = whole.slice();
  pixels[place("IDAT") + 10] ^= 1;
  assert.equal(lookAtPng(pixels).fault, undefined);
});
