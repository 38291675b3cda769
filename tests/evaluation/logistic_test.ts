import assert from "node:assert/strict";
import fc from "fast-check";
import { balancedLogLoss, fitLogistic, logOdds } from "lib/evaluation/logistic.ts";
import { createRandom } from "lib/random.ts";

/** Samples of two overlapping clouds; the second class is rarer. */
function clouds(seed: number, width: number) {
  const random = createRandom(seed, "clouds");
  const labels = Array.from({ length: 150 }, (_, i) => i % 3 === 0 ? 1 : 0);
  const features = labels.map((label) =>
    Array.from({ length: width }, (_, j) => 10 * j + (j + 1) * random.normal() + label)
  );
  return { features, labels };
}

Deno.test("fitLogistic finds the optimum: every small change of the head costs more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 5 }), (seed, width) => {
      const { features, labels } = clouds(seed, width);
      const head = fitLogistic(features, labels, { ridge: 1e-9 });
      const loss = ({ weights, bias }: typeof head) =>
        balancedLogLoss(features.map((row) => logOdds({ weights, bias }, row)), labels);
      const best = loss(head);
      assert.ok(best < Math.LN2);
      for (let j = -1; j < width; j++) {
        for (const change of [-1e-3, 1e-3]) {
          const weights = head.weights.map((w, k) => k === j ? w + change : w);
          const bias = j < 0 ? head.bias + change : head.bias;
          assert.ok(loss({ weights, bias }) >= best - 1e-9);
        }
      }
    }),
    { numRuns: 20, seed: 1 },
  );
});

Deno.test("fitLogistic recovers Platt's scale and shift of known log-odds", () => {
  const random = createRandom(4, "platt");
  const odds = Array.from({ length: 20_000 }, () => 3 * random.normal());
  const labels = odds.map((value) => random.uniform() < 1 / (1 + Math.exp(-value)) ? 1 : 0);
  const { weights, bias } = fitLogistic(odds.map((value) => [value / 4 + 1]), labels, {
    ridge: 1e-6,
  });
  assert.ok(Math.abs(weights[0] - 4) < 0.2, `${weights}`);
  assert.ok(Math.abs(bias + 4) < 0.25, `${bias}`);
});

Deno.test("fitLogistic stays finite on separable classes and idle features", () => {
  const { weights, bias } = fitLogistic([[0, 7], [1, 7], [5, 7], [6, 7]], [0, 0, 1, 1]);
  assert.ok([...weights, bias].every(Number.isFinite));
  assert.equal(weights[1], 0);
});

Deno.test("balancedLogLoss is log 2 at no knowledge, and weighs classes alike", () => {
  assert.ok(Math.abs(balancedLogLoss([0, 0, 0], [0, 0, 1]) - Math.LN2) < 1e-12);
  const once = balancedLogLoss([1, 2], [0, 1]);
  assert.ok(Math.abs(balancedLogLoss([1, 1, 1, 2], [0, 0, 0, 1]) - once) < 1e-12);
  assert.ok(Number.isFinite(balancedLogLoss([-5000, 5000], [1, 0])));
});

Deno.test("fitLogistic and balancedLogLoss refuse what has no answer", () => {
  assert.throws(() => fitLogistic([], []), /one label a sample, not 0 to 0/);
  assert.throws(() => fitLogistic([[1], [2]], [1, 1]), /both classes, but all 2 are of one/);
  assert.throws(() => fitLogistic([[1], [2]], [0, 1], { ridge: 0 }), /above 0, not 0/);
  assert.throws(() => balancedLogLoss([1], [1]), /both classes/);
});
