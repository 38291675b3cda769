import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import {
  dampHighlights,
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

const masks = { source: mask, model: mask };
const lab = (seed: number, centre: number[], spread: number) =>
  rgbToLab(cloud(seed, centre, spread));
const off = (a: Raster, b: Raster) => {
  const far = a.data.map((v, i) => Math.abs(v - b.data[i]));
  return far.reduce((sum, v) => sum + v) / far.length;
};

Deno.test("rgbToLab and labToRgb leave out what the mask leaves out", () => {
  const rgb = cloud(1, [150, 110, 90], 30), back = labToRgb(rgbToLab(rgb, mask), mask);
  back.data.forEach((v, i) => {
    const wanted = mask.data[Math.floor(i / 3)] > 0 ? rgb.data[i] : 0;
    assert.ok(Math.abs(v - wanted) < 0.01);
  });
});

Deno.test("transferColour gives the model's mean and spread in CIELAB over the masks", () => {
  const source = lab(1, [150, 110, 90], 25), model = lab(2, [110, 120, 150], 20);
  const found = statistics(transferColour(source, model, { masks }), mask);
  const wanted = statistics(model, mask);
  for (const c of [0, 1, 2]) {
    assert.ok(Math.abs(found.mean[c] - wanted.mean[c]) < 0.05);
    assert.ok(Math.abs(found.deviation[c] - wanted.deviation[c]) < 0.05);
  }
});

Deno.test("transferColour onto itself changes nothing, and stretches no noise", () => {
  const model = lab(2, [100, 120, 140], 20);
  assert.ok(off(transferColour(model, model, { masks }), model) < 0.01);
  const dim = lab(1, [80, 90, 100], 1), { deviation } = statistics(dim, mask);
  const found = statistics(transferColour(dim, model, { masks }), mask);
  found.deviation.forEach((d, c) => assert.ok(d <= 1.2 * deviation[c] + 1e-6));
});

Deno.test("transferColour scales contrast with light, so that dark skin shows no black holes", () => {
  const light = lab(1, [220, 180, 160], 30), dark = lab(2, [60, 40, 30], 30);
  const ratio = (statistics(dark, mask).mean[0] + 16) / (statistics(light, mask).mean[0] + 16);
  const found = statistics(transferColour(light, dark, { masks }), mask);
  assert.ok(found.deviation[0] <= 1.2 * ratio * statistics(light, mask).deviation[0] + 1e-6);
});

Deno.test("transferColour keeps grey grey where it is asked to", () => {
  const source = lab(1, [200, 120, 120], 20), model = lab(2, [120, 140, 150], 20);
  source.data.set([80, 0, 0], 0); // a tooth at a place that is not measured
  const tooth = (keepsGrey: boolean) =>
    transferColour(source, model, { masks, keepsGrey }).data.slice(1, 3);
  assert.deepEqual([...tooth(true)], [0, 0]);
  assert.ok(Math.hypot(...tooth(false)) > 20);
});

Deno.test("dampHighlights keeps what is not brighter than the model, and dims and colours the rest", () => {
  const model = lab(2, [120, 110, 100], 20), source = lab(2, [120, 110, 100], 20);
  source.data.set([100, 0, 0], 0);
  const { mean, deviation } = statistics(model, mask), most = mean[0] + 1.5 * deviation[0];
  const { data } = dampHighlights(source, model, mask);
  const wanted = [most + 0.2 * (100 - most), mean[1], mean[2]];
  wanted.forEach((v, c) => assert.ok(Math.abs(data[c] - v) < 1e-3));
  for (let i = 0; i < data.length; i += 3) {
    if (source.data[i] <= most) {
      assert.deepEqual(data.slice(i, i + 3), source.data.slice(i, i + 3));
    }
  }
});

Deno.test("transferShading moves a shadow over, beside the masks too, and no share moves no light", () => {
  const flat = rgbToLab(cloud(1, [130, 130, 130], 0)), half = { ...mask, data: mask.data.slice() };
  half.data.forEach((_, i) => half.data[i] = Math.floor(i / 32) < 24 ? 255 : 0);
  const where = { ...mask, data: mask.data.map(() => 255) };
  const data = flat.data.map((v, i) => i % 3 ? v : v - 20 * (Math.floor(i / 3) % 32) / 32);
  const shaded = { ...flat, data };
  const options = { masks: { source: where, model: half }, where, sigma: 4, share: 1 };
  assert.ok(off(transferShading(flat, shaded, options), shaded) < 0.5);
  assert.ok(off(transferShading(shaded, flat, { ...options, share: 0 }), shaded) < 0.01);
  const nowhere = { ...mask, data: mask.data.map(() => 0) };
  assert.deepEqual(transferShading(flat, shaded, { ...options, where: nowhere }), flat);
});

Deno.test("statistics refuses an empty mask", () => {
  const empty = { ...mask, data: new Uint8Array(1024) };
  assert.throws(() => statistics(cloud(1, [1, 1, 1], 0), empty), /not empty/);
});
