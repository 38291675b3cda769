import assert from "node:assert/strict";
import { brightnessContrast, shiftRgb } from "lib/forgeries/blending/eight_bit_colour.ts";
import { shiftHsv } from "lib/forgeries/blending/eight_bit_hsv.ts";
import { coarsen, sharpen } from "lib/forgeries/blending/sharpness.ts";
import more from "../../fixtures/blending_more.json" with { type: "json" };
import { picture, summary } from "./formula_pictures.ts";

const image = picture("sbi.img", 64);
type Three = [number, number, number];

Deno.test("the fixtures' picture is made again", () => {
  assert.deepEqual(summary(image, 20), more.img);
});

Deno.test("shiftRgb, brightnessContrast, sharpen and coarsen give albumentations' bytes", () => {
  const { rgb_shift, brightness_contrast, downscale } = more.colour;
  for (const { shift, out } of rgb_shift) {
    assert.deepEqual(summary(shiftRgb(image, shift as Three), 20), out);
  }
  for (const { alpha, beta, out } of brightness_contrast) {
    const changed = brightnessContrast(image, { contrast: alpha, brightness: beta });
    assert.deepEqual(summary(changed, 20), out);
  }
  for (const { alpha, lightness, out } of more.colour.sharpen) {
    assert.deepEqual(summary(sharpen(image, { alpha, lightness }), 20), out);
  }
  for (const { ratio, out } of downscale) assert.deepEqual(summary(coarsen(image, ratio), 20), out);
});

Deno.test("shiftHsv gives albumentations' bytes, and the mark of the way there and back", () => {
  for (const { shift, out } of more.colour.hsv) {
    assert.deepEqual(summary(shiftHsv(image, shift as Three), 20), out);
  }
  const { rgb, back } = more.colour.hsv_table;
  const colours = { data: Uint8Array.from(rgb.flat()), width: rgb.length, height: 1 };
  // The oracle had one colour a row. OpenCV rounds there and cuts off in its wide loop, as in pictures.
  shiftHsv(colours, [0, 0, 0]).data.forEach((value, i) => {
    assert.ok([0, 1].includes(back.flat()[i] - value), `${i}: ${value} for ${back.flat()[i]}`);
  });
  const steps = Array.from({ length: 86 }, (_, i) => i * 3);
  const all = steps.flatMap((r) => steps.flatMap((g) => steps.flatMap((b) => [r, g, b])));
  const grid = { data: new Uint8Array(all), width: 86 * 86, height: 86 };
  const { max, mean, changed_fraction, with_shift } = more.colour.hsv_roundtrip_on_grid_step3;
  const cases = [{ shift: [0, 0, 0], max, mean, share: changed_fraction }, ...with_shift];
  // The last pixels of the oracle's one row were rounded too: below 1e-5 of the mean.
  for (const { shift, max, mean, ...rest } of cases) {
    const { data } = shiftHsv(grid, shift as Three);
    let most = 0, total = 0, changed = 0;
    for (let i = 0; i < data.length; i += 3) {
      let here = 0;
      for (let c = 0; c < 3; c++) {
        const off = Math.abs(data[i + c] - grid.data[i + c]);
        here += off;
        if (off > most) most = off;
      }
      total += here;
      if (here > 0) changed++;
    }
    assert.equal(most, max);
    assert.ok(Math.abs(total / data.length - mean) < 1e-5, `${shift}: ${total / data.length}`);
    if ("share" in rest) assert.ok(Math.abs(changed * 3 / data.length - rest.share) < 1e-5);
  }
});
