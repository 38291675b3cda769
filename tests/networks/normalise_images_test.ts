import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { OFFICIAL_CODE, PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { readFixture } from "./fixture_formula.ts";

await tf.setBackend("cpu");

const fixture = await readFixture<{
  width: number;
  height: number;
  pixels: number[];
  rgb_chw: number[];
  official_bgr_chw: number[];
}>("normalise_images.json");

const image = (type: "int32" | "float32") =>
  tf.tensor4d(fixture.pixels, [1, fixture.height, fixture.width, 3], type);

/** Values in PyTorch's order of axes. */
const byChannel = (x: tf.Tensor4D) => tf.transpose(x, [0, 3, 1, 2]).dataSync();

function assertNear(actual: ArrayLike<number>, expected: readonly number[]) {
  assert.equal(actual.length, expected.length);
  expected.forEach((x, i) => assert.ok(Math.abs(actual[i] - x) < 2e-6, `${i}: ${actual[i]}, ${x}`));
}

for (const type of ["int32", "float32"] as const) {
  Deno.test(`normaliseImages equals PyTorch's normalisation of ${type} pixels`, () => {
    assertNear(byChannel(normaliseImages(image(type), PAPER)), fixture.rgb_chw);
  });
}

Deno.test("normaliseImages in the order bgr is what the official code feeds its model", () => {
  assertNear(byChannel(normaliseImages(image("int32"), OFFICIAL_CODE)), fixture.official_bgr_chw);
});

Deno.test("normaliseImages refuses images without three channels", () => {
  assert.throws(() => normaliseImages(tf.zeros([1, 4, 4, 4]), PAPER), {
    name: "TypeError",
    message: /\[1,4,4,4\]/,
  });
});
