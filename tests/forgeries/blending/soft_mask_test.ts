import assert from "node:assert/strict";
import type { Point } from "lib/faces/face.ts";
import { warpImage, warpMask } from "lib/forgeries/blending/affine_warp.ts";
import { blend, weightsMask } from "lib/forgeries/blending/blend.ts";
import { createRandom } from "lib/random.ts";
import { deformMask, displacement, noiseSize } from "lib/forgeries/blending/elastic_deform.ts";
import { faceHullMask } from "lib/forgeries/blending/face_hulls.ts";
import { opencvKernel, scipyKernel } from "lib/forgeries/blending/gaussian_kernel.ts";
import { softMask } from "lib/forgeries/blending/soft_mask.ts";
import first from "../../fixtures/blending.json" with { type: "json" };
import more from "../../fixtures/blending_more.json" with { type: "json" };
import { fill, summaryError } from "../../networks/fixture_formula.ts";
import { fromRuns, picture, pixels, smooth, sum, summary } from "./formula_pictures.ts";

const SIZE = { width: 64, height: 64 };
const hull = faceHullMask("facehull", first.landmarks68 as unknown as Point[], SIZE);
const other = fromRuns(more.hull_raster.mask_hulls_b_facehull_rle, 64);

Deno.test("kernels are OpenCV's and SciPy's", () => {
  for (const [name, { kernel }] of Object.entries(first.gauss_kernels)) {
    const [, side, sigma] = /^k(\d+)_sigma(\d+)$/.exec(name)!;
    const off = opencvKernel(Number(side), Number(sigma)).map((w, i) => Math.abs(w - kernel[i]));
    assert.ok(Math.max(...off) < 1e-12, name);
  }
  const seven = scipyKernel(7), { kernel_radius, kernel_centre, kernel_edge } = more.elastic;
  assert.equal(seven.length, 2 * kernel_radius + 1);
  assert.ok(
    Math.abs(seven[28] - kernel_centre) < 1e-12 && Math.abs(seven[0] - kernel_edge) < 1e-12,
  );
});

Deno.test("warpImage is OpenCV's affine warp but for a level in a few pixels, warpMask exactly", () => {
  for (const c of more.affine.cases) {
    const affine = {
      translate: c.translate_percent as [number, number],
      scale: c.scale as [number, number],
    };
    const warped = warpImage(picture("sbi.img", 64), affine);
    const { sum: total, px } = summary(warped, 20);
    assert.deepEqual(px, c.image.px);
    // The oracle's own difference from exact bilinear values is in so many places, one level each.
    assert.ok(Math.abs(total - c.image.sum) <= c.float_bilinear_diff_count);
    assert.deepEqual(warpMask(other, affine), fromRuns(c.mask_rle, 64));
  }
});

Deno.test("displacement and deformMask are albumentations' elastic transform", () => {
  const { elastic } = more, options = { alpha: 50, sigma: 7, step: 1 };
  const [dx, dy] = ["dx", "dy"].map((name) =>
    displacement({ data: fill(`sbi.${name}`, 4096), ...SIZE }, options, SIZE)
  );
  assert.ok(summaryError(dx, elastic.dx) < 1e-5 && summaryError(dy, elastic.dy) < 1e-5);
  elastic.dx_row20.forEach((value, i) => {
    assert.ok(Math.abs(dx[20 * 64 + i * 8] - value) < 1e-5);
    assert.ok(Math.abs(dy[20 * 64 + i * 8] - elastic.dy_row20[i]) < 1e-5);
  });
  const before = fromRuns(more.affine.cases[0].mask_rle, 64);
  assert.deepEqual(deformMask(before, { dx, dy }), fromRuns(elastic.mask_rle, 64));
});

Deno.test("displacement of coarse noise has the covariance that noise for each pixel gives", () => {
  const size = { width: 130, height: 129 }, options = { alpha: 50, sigma: 7, step: 4 };
  const { width, height } = noiseSize(size, options), random = createRandom(4, "coarse noise");
  assert.deepEqual([width, height], [34, 33]);
  const sums = new Map([[0, 0], [5, 0], [10, 0], [15, 0]]), fields = 60;
  let count = 0;
  for (let field = 0; field < fields; field++) {
    const data = Float32Array.from({ length: width * height }, () => 2 * random.uniform() - 1);
    const moved = displacement({ data, width, height }, options, size);
    for (let y = 28; y < 100; y += 3) {
      for (let x = 28; x < 85; x += 3, count++) {
        const at = (y * size.width) + x;
        for (const [lag, sum] of sums) sums.set(lag, sum + moved[at] * moved[at + lag]);
      }
    }
  }
  // Uniform noise has variance 1/3; a Gaussian of it α²/3 · exp(−lag² / 4σ²) / 4πσ².
  for (const [lag, sum] of sums) {
    const wanted = 50 ** 2 / 3 / (4 * Math.PI * 49) * Math.exp(-(lag ** 2) / (4 * 49));
    assert.ok(Math.abs(sum / count - wanted) < 0.1 * 1.353, `${lag}: ${sum / count}, ${wanted}`);
  }
});

Deno.test("softMask is SBI's blend mask with pinned draws", () => {
  for (const c of first.sbi_blend_mask.cases) {
    const { size_h, size_w, kernel1, kernel2, sigma2 } = c;
    const weights = softMask(hull, {
      height: size_h,
      width: size_w,
      shrink: kernel1,
      side: kernel2,
      sigma: sigma2,
    });
    // The oracle ran in single precision, where its threshold drops a few more pixels.
    c.row30.forEach((value, x) => {
      assert.ok(Math.abs(weights[30 * 64 + x] - value) < 1e-5, `${x}: ${weights[30 * 64 + x]}`);
    });
    assert.ok(Math.abs(sum(weights) / c.sum - 1) < 1e-3, `${sum(weights)} for ${c.sum}`);
  }
});

Deno.test("softMask gives every intermediate of the whole chain in double precision", () => {
  const m = more.blend_mask, mask = fromRuns(more.elastic.mask_rle, 64);
  const weights = softMask(mask, {
    height: m.size_h,
    width: m.size_w,
    shrink: m.kernel1,
    side: m.kernel2,
    sigma: m.sigma2,
  });
  assert.ok(summaryError(weights, m.final) < 1e-6);
  assert.ok(Math.abs(sum(weights) - m.final.sum) < 1e-3, `${sum(weights)}`);
  m.final_row20.forEach((value, i) => assert.ok(Math.abs(weights[20 * 64 + 4 * i] - value) < 1e-6));
});

Deno.test("softMask is never empty where the mask is not", () => {
  const thin = { data: new Uint8Array(4096), ...SIZE };
  thin.data.fill(255, 30 * 64 + 10, 30 * 64 + 50);
  const weights = softMask(thin, { height: 192, width: 200, shrink: 25, side: 5, sigma: 5 });
  assert.ok(weights.some((value) => value > 0.1));
  const none = softMask({ ...thin, data: new Uint8Array(4096) }, {
    height: 192,
    width: 200,
    shrink: 5,
    side: 5,
    sigma: 5,
  });
  assert.ok(none.every((value) => value === 0));
});

Deno.test("blend is SBI's dynamic blend, and weightsMask is 0 only where nothing changes", () => {
  const c = first.sbi_blend_mask.cases[0], wanted = first.sbi_dynamic_blend;
  const soft = softMask(hull, {
    height: c.size_h,
    width: c.size_w,
    shrink: c.kernel1,
    side: c.kernel2,
    sigma: c.sigma2,
  });
  const weights = soft.map((value) => 0.5 * value);
  const [source, target] = [smooth("src", 64), smooth("dst", 64)];
  const blended = blend(target, source, weights);
  assert.ok(
    Math.abs(sum(blended.data) / wanted.blended_uint8_sum - 1) < 1e-5,
    `${sum(blended.data)}`,
  );
  wanted.row30.forEach((pixel, i) => {
    const at = (30 * 64 + 8 * i) * 3;
    assert.deepEqual([...blended.data.subarray(at, at + 3)], pixel.map(Math.floor));
  });
  const mask = weightsMask(weights, SIZE);
  mask.data.forEach((value, i) => assert.equal(value === 0, weights[i] === 0));
  assert.equal(Math.max(...mask.data), 128);
  assert.ok(pixels(mask) > 0);
});
