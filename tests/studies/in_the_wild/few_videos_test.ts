/** What few videos can say, against Hanley and McNeil's formula. */
import assert from "node:assert/strict";
import { aheadOnFewVideos, aucOfFewVideos } from "lib/studies/in_the_wild/few_videos.ts";
import { createRandom } from "lib/random.ts";

Deno.test("aucOfFewVideos is as wide as Hanley and McNeil's standard error says", () => {
  const auc = 0.728, n = 24;
  // Radiology 143 (1982), Eq. 1, with its Q1 and Q2 (negative exponential scores).
  const q1 = auc / (2 - auc), q2 = 2 * auc ** 2 / (1 + auc);
  const variance = (auc * (1 - auc) + (n - 1) * (q1 - auc ** 2) + (n - 1) * (q2 - auc ** 2)) /
    n ** 2;
  const { low, high, value } = aucOfFewVideos(auc, {
    ...{ reals: n, fakes: n, random: createRandom(1, "few"), times: 1000 },
  });
  assert.equal(value, auc);
  const wide = 2 * 1.96 * Math.sqrt(variance);
  assert.ok(Math.abs(high - low - wide) < 0.1 * wide, `${low} to ${high}, formula ${wide}`);
});

Deno.test("aheadOnFewVideos is one half for equal detectors, and grows with the videos", () => {
  const random = createRandom(2, "ahead"), options = { random, times: 200 };
  const equal = aheadOnFewVideos([0.7, 0.7], { reals: 10, fakes: 10, ...options });
  assert.ok(Math.abs(equal - 0.5) < 0.1, `${equal}`);
  const [few, many] = [10, 100].map((n) =>
    aheadOnFewVideos([0.728, 0.579], { reals: n, fakes: n, ...options })
  );
  assert.ok(few! > 0.6 && few! < 0.95 && many! > 0.97, `${few}, ${many}`);
});
