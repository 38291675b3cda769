/** DeLong's method against pROC and the definition, and by video against repeated studies. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  aucCovariance,
  aucDifference,
  aucInterval,
  normalDifference,
} from "lib/evaluation/comparison/auc_covariance.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { createRandom } from "lib/random.ts";
import { COMPARISON, near, RUNS, scoredTwice } from "../random_cases.ts";

Deno.test("aucCovariance, aucInterval and aucDifference are pROC's DeLong", () => {
  for (const [n, { labels, a, b, pROC }] of COMPARISON.cases.entries()) {
    const of = aucCovariance([a, b], labels), what = `case ${n}`;
    near(of.aucs[0], pROC.aucA, 1e-12, what);
    near(of.aucs[1], pROC.aucB, 1e-12, what);
    near(of.covariance[0][0], pROC.varA, 1e-12, what);
    near(of.covariance[1][1], pROC.varB, 1e-12, what);
    near(of.covariance[0][1], pROC.cov, 1e-12, what);
    const { low, high } = aucInterval(of, 0);
    near(low, pROC.lowA, 1e-10, what);
    near(high, pROC.highA, 1e-10, what);
    const tested = aucDifference(of, [0, 1]);
    near(tested.p, pROC.p, 1e-10, what);
    near(tested.low, pROC.low, 1e-10, what);
    near(tested.high, pROC.high, 1e-10, what);
  }
});

Deno.test("aucCovariance is its definition, pair by pair, by sample and by video", () => {
  const wins = (fake: number, real: number) => fake > real ? 1 : fake === real ? 0.5 : 0;
  fc.assert(
    fc.property(scoredTwice, ({ labels, a, b, videos }) => {
      const ids = labels.map((_, i) => `${i}`);
      for (const clusters of [ids, videos]) {
        const of = aucCovariance([a, b], labels, clusters === ids ? {} : { videos });
        const fakes = labels.flatMap((label, i) => label === 1 ? [i] : []);
        const reals = labels.flatMap((label, i) => label === 0 ? [i] : []);
        const centred = [a, b].map((s, k) => {
          near(of.aucs[k], rocAuc(s, labels), 1e-12);
          const sums = new Map<string, { fake: number; real: number }>();
          for (const i of labels.keys()) {
            const [mine, others] = labels[i] === 1 ? [fakes, reals] : [reals, fakes];
            const share = others.reduce(
              (sum, j) => sum + (labels[i] === 1 ? wins(s[i], s[j]) : wins(s[j], s[i])),
              0,
            ) / others.length;
            const sum = sums.get(clusters[i]) ?? { fake: 0, real: 0 };
            sums.set(clusters[i], sum);
            sum[labels[i] === 1 ? "fake" : "real"] += (share - of.aucs[k]) / mine.length;
          }
          return [...sums.values()];
        });
        const count = (label: number) =>
          new Set(clusters.filter((_, i) => labels[i] === label)).size;
        const [r, f] = [count(0), count(1)];
        const expected = centred[0].reduce((sum, x, i) => {
          const y = centred[1][i];
          return sum + f / (f - 1) * x.fake * y.fake + r / (r - 1) * x.real * y.real;
        }, 0);
        near(of.covariance[0][1], expected, 1e-12);
        assert.equal(of.covariance[0][1], of.covariance[1][0]);
      }
    }),
    RUNS,
  );
});

Deno.test("aucDifference by video holds the truth in about 95 of 100 studies, and by frame it does not", () => {
  const random = createRandom(3, "clusters");
  let byVideo = 0, byFrame = 0;
  for (let study = 0; study < 300; study++) {
    const labels: number[] = [], videos: string[] = [], a: number[] = [], b: number[] = [];
    for (let v = 0; v < 60; v++) {
      const [label, shared, ownA, ownB] = [v % 2, ...[0, 0, 0].map(() => random.normal())];
      for (let frame = 0; frame < 8; frame++) {
        labels.push(label);
        videos.push(`${v}`);
        a.push(label + shared + 0.5 * ownA + 0.2 * random.normal());
        b.push(label + shared + 0.5 * ownB + 0.2 * random.normal());
      }
    }
    const holds = ({ low, high }: { low: number; high: number }) => low <= 0 && 0 <= high;
    if (holds(aucDifference(aucCovariance([a, b], labels, { videos }), [0, 1]))) byVideo++;
    if (holds(aucDifference(aucCovariance([a, b], labels), [0, 1]))) byFrame++;
  }
  assert.ok(byVideo >= 273 && byVideo <= 295, `${byVideo} of 300 by video`);
  assert.ok(byFrame < 210, `${byFrame} of 300 by frame`);
});

Deno.test("aucCovariance says what is undefined", () => {
  assert.throws(() => aucCovariance([[1, 2, 3]], [0, 1, 1]), /single sample/);
  assert.throws(
    () => aucCovariance([[1, 2, 3, 4]], [0, 0, 1, 1], { videos: ["a", "a", "b", "c"] }),
    /single video/,
  );
  assert.throws(() => aucCovariance([[1, 2]], [0, 1], { videos: ["a"] }), /1 videos but 2 labels/);
  const perfect = [1, 2, 3, 4], constant = [0, 0, 0, 0], labels = [0, 0, 1, 1];
  const of = aucCovariance([perfect, constant, perfect], labels);
  assert.throws(() => aucDifference(of, [0, 1]), /does not vary/);
  assert.deepEqual(aucDifference(of, [0, 2]), { difference: 0, low: 0, high: 0, p: 1 });
  assert.equal(
    normalDifference({ difference: 1.959963984540054, deviation: 1 }).low.toFixed(9),
    "0.000000000",
  );
});
