import assert from "node:assert/strict";
import { gaussianEntropy } from "lib/information/gaussian.ts";
import { MEASURED_ELSEWHERE } from "./measured_elsewhere.ts";
import { near } from "./near.ts";

Deno.test("gaussianEntropy agrees with scipy, negative ones included", () => {
  assert(MEASURED_ELSEWHERE.gaussians.some(({ entropyNats }) => entropyNats < 0));
  for (const { covariance, entropyNats } of MEASURED_ELSEWHERE.gaussians) {
    near(gaussianEntropy(covariance, { unit: "nats" }), entropyNats, 1e-11);
  }
});

Deno.test("gaussianEntropy given a correlated variable, in closed form", () => {
  const r = 0.95, expected = Math.log2(2 * Math.PI * Math.E * (1 - r * r)) / 2;
  near(gaussianEntropy([[1, r], [r, 1]], { of: [0], given: [1] }), expected);
});

Deno.test("gaussianEntropy refuses what is no covariance", () => {
  assert.throws(() => gaussianEntropy([[1, 2], [2, 1]]), /not positive definite at row 1/);
  assert.throws(() => gaussianEntropy([[1, 0.1], [0.2, 1]]), /not symmetric at \(1, 0\)/);
  assert.throws(() => gaussianEntropy([[1, 0]]), TypeError);
  assert.throws(() => gaussianEntropy([[1]], { of: [1] }), /no row 1/);
});
