import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { OFFICIAL_CODE, PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { MINUS_ONE_TO_ONE, normaliseImages } from "lib/networks/normalise_images.ts";
import { readFixture } from "./fixture_formula.ts";

await tf.setBackend("cpu");

const { normalisation: paper } = PAPER.detector.input;
const { normalisation: official } = OFFICIAL_CODE.detector.input;

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
    assertNear(byChannel(normaliseImages(image(type), paper)), fixture.rgb_chw);
  });
}

Deno.test("normaliseImages in the order bgr is what the official code feeds its model", () => {
  assertNear(byChannel(normaliseImages(image("int32"), official)), fixture.official_bgr_chw);
});

Deno.test("normaliseImages refuses images without three channels", () => {
  assert.throws(() => normaliseImages(tf.zeros([1, 4, 4, 4]), paper), {
    name: "TypeError",
    message: /\[1,4,4,4\]/,
  });
});

Deno.test("normaliseImages by MINUS_ONE_TO_ONE is x / 127.5 − 1, in the order rgb", () => {
  const normalised = normaliseImages(image("int32"), MINUS_ONE_TO_ONE);
  assertNear(normalised.dataSync(), fixture.pixels.map((x) => x / 127.5 - 1));
  const ends = tf.tensor4d([0, 255, 0], [1, 1, 1, 3]);
  assert.deepEqual([...normaliseImages(ends, MINUS_ONE_TO_ONE).dataSync()], [-1, 1, -1]);
});

Deno.test("normaliseImages in the order bgr turns colours before red's mean is taken, whatever the scale", () => {
  const bgr = { ...MINUS_ONE_TO_ONE, mean: [0, 0.5, 1], channelOrder: "bgr" } as const;
  const pixel = tf.tensor4d([255, 51, 0], [1, 1, 1, 3]); // red 1, green 0.2, blue 0
  assertNear(normaliseImages(pixel, bgr).dataSync(), [0, -0.6, 0]); // blue − 0, green − 0.5, red − 1
});
