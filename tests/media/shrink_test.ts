import assert from "node:assert/strict";
import sharp from "sharp";
import { resizePixels } from "lib/media/resize_pixels.ts";
import { canShrink, shrink, type Size } from "lib/media/shrink.ts";
import { createRandom } from "lib/random.ts";

const random = createRandom(1, "shrink");

/** Noise, nothing but the two extremes, or little contrast. */
function somePixels({ width, height }: Size, channels = 3): Uint8Array {
  const kind = random.integer(3);
  return new Uint8Array(width * height * channels).map(() =>
    [random.integer(256), 255 * random.integer(2), 120 + random.integer(9)][kind]
  );
}

async function bySharp(
  data: Uint8Array,
  { from, to, channels = 3 }: { from: Size; to: Size; channels?: 1 | 3 },
): Promise<Uint8Array> {
  const pixels = sharp(data, { raw: { ...from, channels } })
    .resize(to.width, to.height, { fit: "fill", kernel: "lanczos3" });
  if (channels === 1) pixels.toColourspace("b-w");
  return new Uint8Array(await pixels.raw().toBuffer());
}

/** Fails at the first pixel that is another one. */
function assertAlike(found: Uint8Array, wanted: Uint8Array, what: string): void {
  assert.equal(found.length, wanted.length, what);
  const at = found.findIndex((value, i) => value !== wanted[i]);
  assert.equal(at, -1, `${what}: ${found[at]} in place of ${wanted[at]} at ${at}`);
}

async function assertSharps(from: Size, to: Size): Promise<void> {
  const what = `${from.width} × ${from.height} → ${to.width} × ${to.height}`;
  assert.ok(canShrink(from, to), what);
  const data = somePixels(from);
  assertAlike(shrink(data, { from, to }), await bySharp(data, { from, to }), what);
}

Deno.test("shrink gives sharp's pixels, bit for bit, at any sizes and contents", async () => {
  const side = () => 1 + random.integer(90);
  for (let k = 0; k < 150; k++) {
    const to = { width: side(), height: side() };
    const longer = (length: number) => length + random.integer(3 * length);
    await assertSharps({ width: longer(to.width), height: longer(to.height) }, to);
  }
});

Deno.test("shrink gives sharp's pixels at the least shrinking, at the most, and of lines", async () => {
  for (
    const [from, to] of [[225, 224], [256, 224], [383, 96], [3, 1], [7, 2], [380, 224], [300, 299]]
  ) {
    await assertSharps({ width: from, height: from }, { width: to, height: to });
  }
  await assertSharps({ width: 256, height: 200 }, { width: 224, height: 200 });
  await assertSharps({ width: 200, height: 256 }, { width: 200, height: 224 });
  await assertSharps({ width: 1_360, height: 3 }, { width: 1_359, height: 1 });
  await assertSharps({ width: 3, height: 40_000 }, { width: 1, height: 39_999 });
});

Deno.test("shrink gives sharp's pixels where rounding decides between two places", async () => {
  for (const [from, to] of [[386, 384], [394, 384], [398, 384], [406, 384], [198, 192]]) {
    await assertSharps({ width: 5, height: from }, { width: 5, height: to });
    await assertSharps({ width: from, height: 5 }, { width: to, height: 5 });
  }
});

Deno.test("shrink's pixels stay when the next picture is shrunk", () => {
  const sizes = { from: { width: 9, height: 9 }, to: { width: 5, height: 5 } };
  const first = shrink(new Uint8Array(243).fill(7), sizes);
  shrink(new Uint8Array(243).fill(250), sizes);
  assert.deepEqual([...new Set(first)], [7]);
});

Deno.test("canShrink leaves growing, a quarter or less, and large pictures to sharp", () => {
  const square = (side: number) => ({ width: side, height: side });
  const can = (from: number, to: number) => canShrink(square(from), square(to));
  assert.deepEqual([can(64, 64), can(63, 16), can(384, 383)], [true, true, true]);
  assert.deepEqual([can(64, 65), can(64, 16), can(385, 383)], [false, false, false]);
  assert.ok(!canShrink({ width: 64, height: 30 }, square(32)));
  assert.ok(!canShrink({ width: 1_361, height: 3 }, { width: 1_360, height: 2 }));
});

Deno.test("resizePixels gives sharp's pixels, whoever makes them, of pictures and masks", async () => {
  for (const [width, height] of [[30, 40], [90, 80], [70, 20], [9, 9], [48, 64]]) {
    for (const channels of [3, 1] as const) {
      const from = { width: 48, height: 64 }, to = { width, height };
      const data = somePixels(from, channels);
      const found = await resizePixels(data, { from: { ...from, channels }, to });
      const what = `${channels} channels, ${width} × ${height}`;
      assertAlike(found, await bySharp(data, { from, to, channels }), what);
    }
  }
});
