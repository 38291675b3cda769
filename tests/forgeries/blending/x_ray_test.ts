import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { recompress } from "lib/media/distortions/recompress.ts";
import type { RgbImage } from "lib/media/image.ts";
import { resizeAntialiased } from "lib/forgeries/blending/antialiased_resize.ts";
import { blend } from "lib/forgeries/blending/blend.ts";
import { matchColours } from "lib/forgeries/blending/colour_match.ts";
import { faceHullMask } from "lib/forgeries/blending/face_hulls.ts";
import { featheredWeights } from "lib/forgeries/blending/feathered_weights.ts";
import { dilate, erode } from "lib/forgeries/blending/morphology.ts";
import { piecewiseAffine } from "lib/forgeries/blending/piecewise_affine.ts";
import { resizeNearest, resizeTriangle } from "lib/forgeries/blending/pillow_resize.ts";
import { xRay } from "lib/forgeries/blending/x_ray.ts";
import first from "../../fixtures/blending.json" with { type: "json" };
import more from "../../fixtures/blending_more.json" with { type: "json" };
import { fill, summaryError } from "../../networks/fixture_formula.ts";
import { fromRuns, picture, pixels, smooth, sum, summary } from "./formula_pictures.ts";

const SIZE = { width: 64, height: 64 };
const hull = faceHullMask("facehull", first.landmarks68 as unknown as Point[], SIZE);
const cut = (data: ArrayLike<number>, side: number): RgbImage => ({
  data: Uint8Array.from(data, Math.floor),
  width: side,
  height: side,
});
const resize = (image: RgbImage, side: number) =>
  resizeAntialiased({ ...image, channels: 3 }, { width: side, height: side });

Deno.test("xRay is 4 m (1 − m)", () => {
  for (const { m, xray } of first.xray) {
    const level = Math.round(m * 255);
    const [value] = xRay({ data: Uint8Array.of(level), width: 1, height: 1 });
    assert.ok(Math.abs(value - 4 * level / 255 * (1 - level / 255)) < 1e-7);
    assert.ok(Math.abs(value - xray) < 4 * 0.5 / 255, `${m}`); // a mask has 8 bits
  }
});

Deno.test("erode and dilate give OpenCV's counts", () => {
  const { erode5, erode21, dilate3, dilate5 } = first.erode_dilate;
  assert.deepEqual(
    [erode(hull, 5), erode(hull, 21), dilate(hull, 3), dilate(hull, 5)].map(pixels),
    [erode5, erode21, dilate3, dilate5],
  );
});

Deno.test("matchColours by the mean is the generator's", () => {
  const wanted = first.bi_color_transfer;
  const mask = { data: new Uint8Array(256), width: 16, height: 16 };
  for (let y = 4; y < 12; y++) mask.data.fill(255, y * 16 + 3, y * 16 + 13);
  const out = matchColours(smooth("fg", 16), smooth("bg", 16), { mask, match: "mean" });
  assert.equal(sum(out.data), wanted.out_sum);
  assert.deepEqual([...out.data.subarray(6 * 48, 7 * 48)], wanted.row6.flat());
});

Deno.test("matchColours by mean and deviation gives the foreground both, where nothing is cut", () => {
  const narrow = (name: string, least: number) => {
    const image = smooth(name, 16);
    return { ...image, data: image.data.map((value) => least + (value >> 2)) };
  };
  const fg = narrow("fg", 60), bg = narrow("bg", 120);
  const mask = { data: new Uint8Array(256).fill(255), width: 16, height: 16 };
  const out = matchColours(fg, bg, { mask, match: "meanAndDeviation" });
  for (const c of [0, 1, 2]) {
    const [is, wanted] = [out, bg].map(({ data }) => {
      const values = [...data].filter((_, i) => i % 3 === c);
      const mean = sum(values) / 256;
      return { mean, deviation: Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / 256) };
    });
    assert.ok(Math.abs(is.mean + 0.5 - wanted.mean) < 0.6, `${is.mean} ${wanted.mean}`); // cut off: −½
    assert.ok(Math.abs(is.deviation - wanted.deviation) < 0.5);
  }
  assert.throws(
    () => matchColours(fg, bg, { mask: { ...mask, data: new Uint8Array(256) }, match: "mean" }),
    /empty mask/,
  );
});

Deno.test("matchColours by Reinhard is OpenCV's 8-bit CIELAB but for two levels", () => {
  const swapped = (name: string) => {
    const { data, ...size } = smooth(name, 12);
    return { ...size, data: data.map((_, i) => data[i - i % 3 + 2 - i % 3]) };
  };
  const mask = { data: new Uint8Array(144).fill(255), width: 12, height: 12 };
  const { data } = matchColours(swapped("tg"), swapped("sr"), { mask, match: "reinhard" });
  const wanted = first.reinhard.clip_true;
  assert.ok(Math.abs(sum(data) / wanted.sum - 1) < 0.003, `${sum(data)}`);
  wanted.row3.flat().forEach((value, i) => {
    const here = data[3 * 36 + i - i % 3 + 2 - i % 3];
    assert.ok(Math.abs(here - value) <= 2, `${i}: ${here} for ${value}`);
  });
});

Deno.test("featheredWeights and the blend are the generator's", () => {
  const { weights, feather } = featheredWeights(hull), wanted = first.bi_blend;
  assert.equal(feather, wanted.feather_px);
  assert.ok(summaryError(Float32Array.from(weights), wanted.weights) < 1e-6);
  assert.ok(Math.abs(sum(weights) - wanted.weights.sum) < 1e-3);
  wanted.weights.row30.forEach((value, x) =>
    assert.ok(Math.abs(weights[30 * 64 + x] - value) < 1e-6)
  );
  const out = blend(smooth("dst", 64), smooth("src", 64), weights);
  // Where rounding leaves a mixture just below a whole number, a level is lost.
  assert.ok(Math.abs(sum(out.data) - wanted.blended_sum) <= 5);
  wanted.blended_row30.forEach((pixel, i) => {
    const at = (30 * 64 + 8 * i) * 3;
    assert.deepEqual([...out.data.subarray(at, at + 3)], pixel);
  });
  const mask = { data: Uint8Array.from(weights, (w) => Math.round(255 * w)), ...SIZE };
  assert.ok(Math.abs(sum(xRay(mask)) / wanted.xray_sum - 1) < 0.002);
});

Deno.test("piecewiseAffine is scikit-image's, and a grid that stays where it is changes nothing", () => {
  for (const c of more.bi.piecewise_affine.cases) {
    const { rows, cols: columns, scale, triangles } = c;
    const jitter = fill("bi.jitter", rows * columns * 2).map((value) => scale * value);
    const out = piecewiseAffine(hull, { rows, columns, jitter, triangles });
    assert.ok(summaryError(Float32Array.from(out), c.out) < 1e-6);
    assert.ok(Math.abs(sum(out) - c.out.sum) < 1e-4, `${sum(out)} for ${c.out.sum}`);
    c.row30.forEach((value, i) => assert.ok(Math.abs(out[30 * 64 + 4 * i] - value) < 1e-6));
    // Rounding leaves some of the oracle's full pixels just below 1; no other pixel is one of them.
    const full = fromRuns(c.ge1_rle, 64);
    out.forEach((value, i) => {
      if (full.data[i] === 255) assert.ok(value > 1 - 1e-9);
    });
  }
  const still = { rows: 3, columns: 4, jitter: new Float64Array(24) };
  // The grid's last points lie at 64; moved ones are kept within 63.
  const out = piecewiseAffine(hull, still);
  assert.ok(Math.abs(sum(out) / pixels(hull) - 1) < 0.05);
});

Deno.test("resizeAntialiased is scikit-image's", () => {
  const wanted = more.bi.resize_down, values = resize(picture("bi.bg", 80), 64);
  assert.ok(summaryError(Float32Array.from(values), wanted.float) < 1e-6);
  wanted.float_row20.flat().forEach((value, i) => {
    const at = (20 * 64 + 8 * Math.floor(i / 3)) * 3 + i % 3;
    assert.ok(Math.abs(values[at] - value) < 1e-9, `${i}: ${values[at]} for ${value}`);
  });
  assert.deepEqual(summary(cut(values, 64), 20).px, wanted.uint8.px);
  assert.ok(Math.abs(sum(cut(values, 64).data) - wanted.uint8.sum) <= 5);
  assert.deepEqual(summary(cut(resize(picture("bi.fg", 80), 64), 64), 20).px, wanted.fg_uint8.px);
});

Deno.test("the whole chain of Face X-ray's generator gives its numbers", async () => {
  const { chain, erode7_rle, erode7_pixels, after } = more.bi;
  const bg = cut(resize(picture("bi.bg", 80), 64), 64);
  const fg = cut(resize(picture("bi.fg", 80), 64), 64);
  const mask = fromRuns(erode7_rle, 64);
  assert.equal(pixels(mask), erode7_pixels);
  const matched = matchColours(fg, bg, { mask, match: "mean" });
  assert.ok(Math.abs(sum(matched.data) - chain.fg_transferred.sum) <= 5);
  const { weights, feather } = featheredWeights(mask);
  assert.ok(Math.abs(feather - chain.feather_px) < 1e-9);
  assert.ok(summaryError(Float32Array.from(weights), chain.weights) < 1e-6);
  const blended = blend(bg, matched, weights);
  assert.deepEqual(summary(blended, 20).px, chain.blended.px);
  assert.ok(Math.abs(sum(blended.data) - chain.blended.sum) <= 5);
  const picture80 = cut(resize(blended, 80), 80);
  assert.deepEqual(summary(picture80, 20).px, chain.picture80.px);
  assert.ok(Math.abs(sum(picture80.data) - chain.picture80.sum) <= 5);
  const mask80 = resizeAntialiased({ data: weights, ...SIZE, channels: 1 }, {
    width: 80,
    height: 80,
  });
  assert.ok(summaryError(Float32Array.from(mask80), chain.mask80) < 1e-6);
  const x = Float32Array.from(mask80, (m) => 4 * m * (1 - m));
  assert.ok(summaryError(x, chain.xray80) < 1e-6);

  // What both classes are given afterwards.
  const side = (n: number) => ({ width: n, height: n });
  const coarse = resizeTriangle(resizeTriangle(picture80, side(50)), side(80));
  assert.deepEqual(summary(coarse, 20).px, after.pil_50_bilinear_back.px);
  assert.ok(Math.abs(sum(coarse.data) - after.pil_50_bilinear_back.sum) <= 5);
  const nearest = resizeTriangle(resizeNearest(picture80, side(50)), side(80));
  assert.deepEqual(summary(nearest, 20).px, after.pil_50_nearest_then_bilinear.px);
  const swap = ({ data, ...size }: RgbImage): RgbImage => ({
    ...size,
    data: data.map((_, i) => data[i - i % 3 + 2 - i % 3]),
  });
  const jpeg = swap(await recompress(swap(coarse), 80));
  assert.deepEqual(summary(jpeg, 20).px, after.jpeg80_of_bilinear.px);
  assert.ok(Math.abs(sum(nearest.data) - after.pil_50_nearest_then_bilinear.sum) <= 5);
  assert.ok(Math.abs(sum(jpeg.data) / after.jpeg80_of_bilinear.sum - 1) < 1e-4);
});
