/** Calibration errors and the Brier score against netcal, scikit-learn, statsmodels and the definitions. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { brierParts, brierScore } from "lib/evaluation/calibration/brier_score.ts";
import { pooledMeans } from "lib/evaluation/calibration/isotonic.ts";
import {
  expectedCalibrationError,
  reliability,
  wilsonInterval,
} from "lib/evaluation/calibration/reliability.ts";
import { probability } from "lib/evaluation/probability.ts";
import { COMPARISON, near, RUNS, scoredTwice } from "../random_cases.ts";

Deno.test("expectedCalibrationError is netcal's, and the rows are scikit-learn's curve", () => {
  let compared = 0;
  for (const [n, { labels, a, ece, curve }] of COMPARISON.cases.entries()) {
    for (const [bins, expected] of Object.entries(ece)) {
      const rows = reliability(a, labels, { bins: Number(bins) });
      near(expectedCalibrationError(rows), expected, 1e-9, `case ${n}, ${bins} bins`);
    }
    if (a.includes(0)) continue; // ½ lies on a border, and scikit-learn puts that into the lower bin
    compared++;
    const rows = reliability(a, labels, { bins: 10 });
    assert.equal(rows.length, curve.share.length);
    rows.forEach(({ share, said }, i) => {
      near(share, curve.share[i], 1e-12, `case ${n}`);
      near(said, curve.said[i], 1e-12, `case ${n}`);
    });
  }
  assert.ok(compared >= 6, `${compared} curves`);
});

Deno.test("reliability puts every sample into one bin, of equal width or of equal mass", () => {
  fc.assert(
    fc.property(scoredTwice, fc.integer({ min: 1, max: 9 }), ({ labels, a }, bins) => {
      const p = a.map(probability);
      const wide = reliability(a, labels, { bins });
      const expected = new Map<number, number[]>();
      p.forEach((value, i) => {
        const bin = Math.min(bins - 1, Math.floor(value * bins));
        expected.set(bin, [...expected.get(bin) ?? [], i]);
      });
      assert.equal(wide.length, expected.size);
      let error = 0;
      for (const own of expected.values()) {
        const mean = (of: (i: number) => number) =>
          own.reduce((sum, i) => sum + of(i), 0) / own.length;
        error += own.length / a.length * Math.abs(mean((i) => labels[i]) - mean((i) => p[i]));
      }
      near(expectedCalibrationError(wide), error, 1e-12);
      const even = reliability(a, labels, { bins, equal: "mass" });
      const count = (rows: typeof even, key: "samples" | "fakes") =>
        rows.reduce((sum, row) => sum + row[key], 0);
      assert.equal(count(even, "samples"), a.length);
      assert.equal(count(even, "fakes"), labels.filter((label) => label === 1).length);
      even.forEach(({ from, to, said }, i) => {
        assert.ok(from <= said + 1e-12 && said <= to + 1e-12);
        assert.ok(i === 0 || even[i - 1].to < from); // ties stay together
      });
      if (new Set(a).size === a.length) {
        assert.ok(
          even.every(({ samples }) => Math.abs(samples - a.length / Math.min(bins, a.length)) <= 1),
        );
      }
    }),
    RUNS,
  );
  assert.throws(() => reliability([1], [1], { bins: 0 }), /bins is 0/);
});

Deno.test("wilsonInterval is statsmodels'", () => {
  for (const [successes, trials, low, high] of COMPARISON.wilson) {
    const found = wilsonInterval({ successes, trials });
    near(found.low, low, 1e-12);
    near(found.high, high, 1e-12);
  }
});

Deno.test("brierScore is scikit-learn's, and brierParts add up to it", () => {
  for (const { labels, a, sklearn } of COMPARISON.cases) {
    near(brierScore(a, labels), sklearn.brier, 1e-12);
  }
  fc.assert(
    fc.property(scoredTwice, ({ labels, a }) => {
      const { score, miscalibration, discrimination, uncertainty } = brierParts(a, labels);
      near(score, miscalibration - discrimination + uncertainty, 1e-12);
      const square = (p: ArrayLike<number>) =>
        labels.reduce((sum, label, i) => sum + (p[i] - label) ** 2, 0) / labels.length;
      const base = labels.reduce((sum, label) => sum + label, 0) / labels.length;
      near(score, square(a.map(probability)), 1e-12);
      near(uncertainty, square(labels.map(() => base)), 1e-12);
      near(score - miscalibration, square(pooledMeans(a, labels).fitted), 1e-12);
      assert.ok(miscalibration >= -1e-12 && discrimination >= -1e-12);
    }),
    RUNS,
  );
});
