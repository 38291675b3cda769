import assert from "node:assert/strict";
import fc from "fast-check";
import { createRandom } from "lib/random.ts";
import { divergenceOfOdds, divergences } from "lib/studies/planted_clues/head_calibration.ts";

Deno.test("divergenceOfOdds is the Kullback-Leibler divergence by its definition", () => {
  const odds = fc.double({ min: -20, max: 20, noNaN: true });
  fc.assert(
    fc.property(odds, odds, (a, b) => {
      const p = 1 / (1 + Math.exp(-a)), q = 1 / (1 + Math.exp(-b));
      const P = 1 / (1 + Math.exp(a)), Q = 1 / (1 + Math.exp(b));
      const expected = p * Math.log(p / q) + P * Math.log(P / Q);
      assert.ok(Math.abs(divergenceOfOdds(a, b) - expected) < 1e-9 * Math.max(1, expected));
    }),
    { seed: 1 },
  );
  assert.ok(Number.isFinite(divergenceOfOdds(-900, 900)));
});

/** Pictures whose joint head is right about its own uncertainty. */
function pictures(leaveOneOut: (joint: number) => number[]) {
  const random = createRandom(8, "calibration");
  const joints = Array.from({ length: 4000 }, () => 2 * random.normal());
  const labels = joints.map((odds) => random.uniform() < 1 / (1 + Math.exp(-odds)) ? 1 : 0);
  const outputs = joints.map((joint) => ({
    global: joint,
    joint,
    leaveOneOut: leaveOneOut(joint),
    features: [],
  }));
  return { outputs, labels };
}

Deno.test("divergences vanish on recalibration where heads only became too sure, or turned round", () => {
  const { outputs, labels } = pictures((joint) => [5 * joint + 1, -2 * joint]);
  const { raw, calibrated } = divergences(outputs, labels)!;
  assert.ok(raw > 1, `${raw}`);
  assert.ok(calibrated < 0.02, `${calibrated}`);
});

Deno.test("divergences stay where a head truly knows less", () => {
  const random = createRandom(9, "noise");
  const { outputs, labels } = pictures((joint) => [joint + 4 * random.normal()]);
  const { calibrated } = divergences(outputs, labels)!;
  assert.ok(calibrated > 0.15, `${calibrated}`);
});

Deno.test("divergences do not exist for one block", () => {
  const { outputs, labels } = pictures(() => []);
  assert.equal(divergences(outputs, labels), undefined);
});
