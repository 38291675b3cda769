import assert from "node:assert/strict";
import fc from "fast-check";
import {
  distort,
  type Distortion,
  DISTORTION_KINDS,
  DISTORTIONS,
  parseDistortion,
} from "lib/media/distortions.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { createRandom } from "lib/random.ts";
import opencv from "../fixtures/distortions.json" with { type: "json" };

const LEVELS = [1, 2, 3, 4, 5] as const;

const flat = (value: number, side: number): RgbImage => ({
  data: new Uint8Array(side * side * 3).fill(value),
  width: side,
  height: side,
});

/** The picture distorted, with draws that are the same each time. */
const distorted = (image: RgbImage, { kind, level }: Distortion): Promise<RgbImage> =>
  distort(image, { kind, level }, createRandom(3, "distortions test"));

const meanDifference = (a: RgbImage, b: RgbImage): number =>
  a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]), 0) / a.data.length;

/** Whole numbers from 1 to 40 at both sides, and any bytes. */
const pictures = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain(([width, height]) =>
    fc.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ data, width, height }))
  );

/**
 * Largest difference from OpenCV that is allowed, in grey levels. OpenCV blurs with
 * fractions of 8 bits: one level.
 */
const BOUNDS: Record<string, number> = { CS: 1, CC: 0, GB: 1, JPEG: 0 };

for (const { width, height, rgb, distorted: wanted } of opencv.pictures) {
  Deno.test(`distort gives what OpenCV gives of ${width} × ${height} pixels`, async () => {
    const image = { data: Uint8Array.fromBase64(rgb), width, height };
    for (const [text, pixels] of Object.entries(wanted)) {
      const { data } = await distorted(image, parseDistortion(text));
      const off = Uint8Array.fromBase64(pixels).map((value, i) => Math.abs(value - data[i]));
      const most = off.reduce((a, b) => Math.max(a, b), 0);
      assert.ok(most <= BOUNDS[text.split(":")[0]], `${text} is off by ${most}`);
      const mean = off.reduce((a, b) => a + b, 0) / off.length;
      assert.ok(mean < 0.3, `${text} is off by ${mean} on average`);
    }
  });
}

Deno.test("distort gives of one colour what the official formulas give by hand", async () => {
  const image = { data: Uint8Array.of(240, 120, 10), width: 1, height: 1 };
  const cases: [text: string, rgb: number[]][] = [
    ["CS:1", [182, 134, 90]],
    ["CS:5", [143, 143, 143]],
    ["CC:1", [204, 102, 8]],
    ["CC:5", [84, 42, 3]],
  ];
  for (const [text, rgb] of cases) {
    assert.deepEqual([...(await distorted(image, parseDistortion(text))).data], rgb, text);
  }
});

Deno.test("distort adds noise of the variance that the level says to luminance and chroma", async () => {
  const { data } = await distorted(flat(128, 300), { kind: "GNC", level: 1 });
  const count = data.length / 3;
  const components = Array.from({ length: count }, (_, i) => {
    const [r, g, b] = data.subarray(i * 3, i * 3 + 3);
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    return [y, 0.564 * (b - y), 0.713 * (r - y)];
  });
  // √p · 255 on what is 219 or 224 to 255 of a grey level; bytes drop half a level on average.
  const noise = Math.sqrt(0.001) * 255;
  const expected = [[127.5, noise * 255 / 219], [0, noise * 255 / 224], [0, noise * 255 / 224]];
  for (const [c, [mean, deviation]] of expected.entries()) {
    const values = components.map((component) => component[c]);
    const found = values.reduce((sum, value) => sum + value, 0) / count;
    const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - found) ** 2, 0) / count);
    assert.ok(Math.abs(found - mean) < 5 * deviation / Math.sqrt(count), `${c}: mean ${found}`);
    assert.ok(
      Math.abs(spread - deviation) < 5 * deviation / Math.sqrt(2 * count),
      `${c}: deviation ${spread}, not ${deviation}`,
    );
  }
});

Deno.test("distort covers whole blocks of 8 × 8 from 256 pixels on, and touches nothing else", async () => {
  const level5 = { kind: "BW", level: 5 } as const;
  const small = flat(7, 224);
  assert.deepEqual(await distorted(small, level5), small);

  const { data, width } = await distorted(flat(7, 256), level5);
  const covered = (x: number, y: number) =>
    [0, 1, 2].every((c) => data[(y * width + x) * 3 + c] === 128);
  const places = Array.from({ length: 256 * 256 }, (_, i): [number, number] => [
    i % 256,
    Math.floor(i / 256),
  ]);
  const grey = places.filter(([x, y]) => covered(x, y));
  // 80 blocks; of 256² pixels, some are covered twice.
  assert.ok(grey.length <= 80 * 64 && grey.length > 70 * 64, String(grey.length));
  assert.equal(data.filter((value) => value === 7).length, (256 * 256 - grey.length) * 3);
  assert.ok(grey.every(([x, y]) => x < 255 && y < 255), "the last column and row stay");
  // Each covered pixel is in a block that is covered whole.
  const corner = ([x, y]: [number, number]) =>
    x <= 248 && y <= 248 &&
    Array.from({ length: 64 }, (_, i) => i).every((i) => covered(x + i % 8, y + Math.floor(i / 8)));
  const inBlocks = new Set(
    places.filter(corner).flatMap(([x, y]) =>
      Array.from({ length: 64 }, (_, i) => (y + Math.floor(i / 8)) * 256 + x + i % 8)
    ),
  );
  assert.equal(inBlocks.size, grey.length);
});

Deno.test("distort changes a photograph more the higher the level, whatever the kind", async () => {
  const image = await readImage(demoPhotographs()[0], { size: { width: 300, height: 260 } });
  for (const kind of DISTORTION_KINDS) {
    const differences: number[] = [];
    for (const level of LEVELS) {
      differences.push(meanDifference(image, await distorted(image, { kind, level })));
    }
    assert.ok(
      differences.every((d, i) => d > (differences[i - 1] ?? 0)),
      `${kind}: ${differences.map((d) => d.toFixed(2)).join(", ")}`,
    );
  }
});

Deno.test("distort leaves its input alone, keeps the size, and repeats itself", async () => {
  for (const kind of DISTORTION_KINDS) {
    await fc.assert(
      fc.asyncProperty(pictures, fc.constantFrom(...LEVELS), async (image, level) => {
        const before = image.data.slice();
        const first = await distorted(image, { kind, level });
        assert.deepEqual(image.data, before);
        assert.notEqual(first.data.buffer, image.data.buffer);
        assert.deepEqual([first.width, first.height], [image.width, image.height]);
        assert.equal(first.data.length, image.data.length);
        assert.deepEqual(await distorted(image, { kind, level }), first);
      }),
      { numRuns: 20 },
    );
  }
});

Deno.test("distort draws for blocks and noise alone", async () => {
  for (const kind of DISTORTION_KINDS) {
    const random = createRandom(3, "draws"), before = random.state();
    await distort(flat(100, 256), { kind, level: 1 }, random);
    const drew = JSON.stringify(random.state()) !== JSON.stringify(before);
    assert.equal(drew, kind === "BW" || kind === "GNC", kind);
  }
});

Deno.test("distort refuses levels that there are not, and data of another shape", async () => {
  const broken = { kind: "CS", level: 6 } as unknown as Distortion;
  await assert.rejects(distorted(flat(1, 4), broken), RangeError);
  const mask = { data: new Uint8Array(16), width: 4, height: 4 };
  await assert.rejects(distorted(mask, { kind: "CC", level: 1 }), /48 values \(RGB\), not 16/);
});

Deno.test("parseDistortion reads every kind and level, and says what there is of anything else", () => {
  for (const kind of DISTORTION_KINDS) {
    assert.equal(DISTORTIONS[kind].parameters.length, 5);
    for (const level of LEVELS) {
      assert.deepEqual(parseDistortion(`${kind}:${level}`), { kind, level });
    }
  }
  for (const text of ["", "CS", "CS:0", "CS:6", "CS:2.5", "cs:3", "XX:1", "CS:3 ", "CS:3:1"]) {
    assert.throws(() => parseDistortion(text), {
      name: "RangeError",
      message: /KIND:LEVEL, not ".*CS \(colour saturation\), .*JQ \(.*levels are 1 .* to 5/,
    });
  }
});
