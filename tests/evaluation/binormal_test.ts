/** Scores that an AUC could come from, against published values and large samples. */
import assert from "node:assert/strict";
import { drawBinormal, equalErrorOf, separationOf } from "lib/evaluation/binormal.ts";
import { equalErrorRate, rocAuc } from "lib/evaluation/roc.ts";
import { createRandom } from "lib/random.ts";

Deno.test("separationOf is √2·Φ⁻¹ and odd around one half", () => {
  // Python 3.13: sqrt(2) * statistics.NormalDist().inv_cdf of([0.983, 0.728, 0.5])
  for (const [auc, d] of [[0.983, 2.998234137], [0.728, 0.858109948], [0.5, 0]] as const) {
    assert.ok(Math.abs(separationOf(auc) - d) < 1e-7, `${auc}: ${separationOf(auc)}`);
    assert.ok(Math.abs(separationOf(1 - auc) + separationOf(auc)) < 1e-9);
  }
  assert.throws(() => separationOf(1), /between 0 and 1, without the ends/);
});

Deno.test("drawBinormal's samples have the AUC and the equal error rate that are asked for", () => {
  const { scores, labels } = drawBinormal(0.728, {
    ...{ reals: 20_000, fakes: 20_000, random: createRandom(3, "binormal") },
  });
  assert.ok(Math.abs(rocAuc(scores, labels) - 0.728) < 0.01); // four standard errors
  assert.ok(Math.abs(equalErrorRate(scores, labels) - equalErrorOf(0.728)) < 0.012);
  assert.equal(labels.indexOf(1), 20_000);
});
