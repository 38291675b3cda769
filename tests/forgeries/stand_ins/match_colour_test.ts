import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import {
  labToRgb,
  rgbToLab,
  statistics,
  transferColour,
  transferShading,
} from "lib/forgeries/stand_ins/match_colour.ts";
import type { Raster } from "lib/media/raster.ts";

const colours = (...rgb: number[]): Raster => ({
  data: Float32Array.from(rgb),
  width: rgb.length / 3,
  height: 1,
  channels: 3,
});
/** Mild colours around a centre, so that nothing is cut. */
function cloud(seed: number, centre: number[], spread: number): Raster {
  const random = createRandom(seed);
  const data = Float32Array.from(
    { length: 32 * 32 * 3 },
    (_, i) => centre[i % 3] + spread * (2 * random.uniform() - 1),
  );
  return { data, width: 32, height: 32, channels: 3 };
}
const mask = {
  data: Uint8Array.from({ length: 1024 }, (_, i) => i % 32 > 7 ? 255 : 0),
  width: 32,
  height: 32,
};

Deno.test("rgbToLab gives the published CIELAB values of sRGB's corners", () => {
  // Lindbloom's calculator, D65.
  const wanted = [
    [[0, 0, 0], [0, 0, 0]],
    [[255, 255, 255], [100, 0, 0]],
    [[255, 0, 0], [53.2408, 80.0925, 67.2032]],
    [[0, 255, 0], [87.7347, -86.1827, 83.1793]],
    [[0, 0, 255], [32.2970, 79.1875, -107.8602]],
  ];
  for (const [rgb, lab] of wanted) {
    const found = rgbToLab(colours(...rgb)).data;
    lab.forEach((v, i) => assert.ok(Math.abs(found[i] - v) < 0.02, `${rgb}: ${[...found]}`));
  }
});

Deno.test("labToRgb undoes rgbToLab", () => {
  const random = createRandom(5);
  const rgb = colours(...Array.from({ length: 300 }, () => 255 * random.uniform()));
  labToRgb(rgbToLab(rgb)).data.forEach((v, i) => assert.ok(Math.abs(v - rgb.data[i]) < 0.01));
});

Deno.test("transferColour gives the model's mean and spread in CIELAB over the mask", () => {
  const source = cloud(1, [150, 110, 90], 30), model = cloud(2, [100, 120, 140], 20);
  const found = statistics(rgbToLab(transferColour(source, model, mask)), mask);
  const wanted = statistics(rgbToLab(model), mask);
  for (const c of [0, 1, 2]) {
    assert.ok(Math.abs(found.mean[c] - wanted.mean[c]) < 0.05);
    assert.ok(Math.abs(found.deviation[c] - wanted.deviation[c]) < 0.05);
  }
});

Deno.test("transferColour onto itself changes nothing, and a flat source stays flat", () => {
  const model = cloud(2, [100, 120, 140], 20);
  transferColour(model, model, mask).data.forEach((v, i) =>
    assert.ok(Math.abs(v - model.data[i]) < 0.01)
  );
  const flat = cloud(1, [80, 90, 100], 0);
  const { deviation } = statistics(transferColour(flat, model, mask), mask);
  assert.ok(deviation.every((d) => d < 0.1));
});

Deno.test("transferShading moves a shadow over, and share 0 changes nothing", () => {
  const flat = cloud(1, [130, 130, 130], 0);
  const shaded = { ...flat, data: flat.data.map((v, i) => v - 60 * (Math.floor(i / 3) % 32) / 32) };
  const options = { mask, sigma: 4, share: 1 };
  const all = { ...mask, data: mask.data.map(() => 255) };
  const result = transferShading(flat, shaded, { ...options, mask: all });
  const off = result.data.map((v, i) => Math.abs(v - shaded.data[i]));
  assert.ok(off.reduce((a, b) => a + b) / off.length < 2);
  transferShading(shaded, flat, { ...options, share: 0 }).data.forEach((v, i) =>
    assert.ok(Math.abs(v - shaded.data[i]) < 0.01)
  );
});

Deno.test("statistics refuses an empty mask", () => {
  const empty = { ...mask, data: new Uint8Array(1024) };
  assert.throws(() => statistics(cloud(1, [1, 1, 1], 0), empty), /not empty/);
});
