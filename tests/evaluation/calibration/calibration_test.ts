/** Recalibration against scikit-learn and the definitions. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  calibrated,
  CALIBRATION_KINDS,
  calibrationFrom,
  fitCalibration,
} from "lib/evaluation/calibration/calibration.ts";
import { pooledMeans } from "lib/evaluation/calibration/isotonic.ts";
import { fitPlatt, fitTemperature } from "lib/evaluation/calibration/sigmoid_fit.ts";
import { logLoss } from "lib/evaluation/log_loss.ts";
import { logOddsOf } from "lib/evaluation/probability.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { COMPARISON, near, RUNS, scoredTwice } from "../random_cases.ts";

Deno.test("pooledMeans and isotonic calibration are scikit-learn's isotonic regression", () => {
  for (const [n, { labels, a, isotonic }] of COMPARISON.cases.entries()) {
    pooledMeans(a, labels).fitted.forEach((v, i) =>
      near(v, isotonic.fitted[i], 1e-12, `case ${n}`)
    );
    const calibration = fitCalibration("isotonic", a, labels), least = 1 / (labels.length + 2);
    isotonic.at.forEach((score, i) => {
      const held = Math.min(Math.max(isotonic.predicted[i], least), 1 - least);
      near(calibrated(calibration, score), logOddsOf(held), 1e-9, `case ${n}, ${score}`);
    });
  }
});

Deno.test("fitPlatt is scikit-learn's sigmoid calibration, and fitTemperature SciPy's minimum", () => {
  for (const [n, { labels, a, platt, temperature }] of COMPARISON.cases.entries()) {
    const found = fitPlatt(a, labels);
    near(found.slope, platt.slope, 1e-4, `case ${n}`); // L-BFGS stops at a gradient of 1e-6
    near(found.intercept, platt.intercept, 1e-4, `case ${n}`);
    const { slope } = fitTemperature(a, labels);
    near(slope * temperature.temperature, 1, 1e-5, `case ${n}`);
    assert.ok(logLoss(a.map((x) => slope * x), labels) <= temperature.loss + 1e-13);
  }
});

Deno.test("pooledMeans is the least squares among all rising step functions", () => {
  fc.assert(
    fc.property(scoredTwice, ({ labels, a }) => {
      // The min-max formula: f(x) = max over u <= x of min over v >= x of the mean between them.
      const { fitted } = pooledMeans(a, labels);
      const distinct = [...new Set(a)].sort((x, y) => x - y);
      const mean = (u: number, v: number) => {
        const own = labels.filter((_, i) => a[i] >= u && a[i] <= v);
        return own.reduce((sum, label) => sum + label, 0) / own.length;
      };
      a.forEach((x, i) => {
        const below = distinct.filter((u) => u <= x), above = distinct.filter((v) => v >= x);
        const expected = Math.max(...below.map((u) => Math.min(...above.map((v) => mean(u, v)))));
        near(fitted[i], expected, 1e-12);
      });
    }),
    RUNS,
  );
});

Deno.test("sigmoids are where the loss is flat: the means that were said are those that were seen", () => {
  fc.assert(
    fc.property(scoredTwice, ({ labels, a }) => {
      const p = (z: number) => 1 / (1 + Math.exp(-z));
      const fakes = labels.filter((label) => label === 1).length, reals = labels.length - fakes;
      const target = (label: number) => label === 1 ? (fakes + 1) / (fakes + 2) : 1 / (reals + 2);
      const { slope, intercept } = fitPlatt(a, labels);
      const off = a.map((x, i) => p(slope * x + intercept) - target(labels[i]));
      near(off.reduce((sum, d) => sum + d, 0), 0, 1e-6);
      near(off.reduce((sum, d, i) => sum + d * a[i], 0), 0, 1e-6);
      try {
        const { slope } = fitTemperature(a, labels);
        assert.ok(slope > 0);
        near(a.reduce((sum, x, i) => sum + x * (p(slope * x) - labels[i]), 0), 0, 1e-6);
      } catch (error) {
        const right = a.map((x, i) => labels[i] === 1 ? x : -x);
        assert.ok(error instanceof RangeError);
        assert.ok(right.every((x) => x >= 0) || right.reduce((sum, x) => sum + x, 0) < 1e-9);
      }
    }),
    RUNS,
  );
});

Deno.test("calibrated keeps the order, and a record comes back from JSON as it was", () => {
  for (const { labels, a } of COMPARISON.cases) {
    for (const kind of CALIBRATION_KINDS) {
      const calibration = fitCalibration(kind, a, labels);
      const scores = a.map((score) => calibrated(calibration, score));
      if (kind === "isotonic") assert.ok(rocAuc(scores, labels) >= rocAuc(a, labels) - 1e-12);
      else near(rocAuc(scores, labels), rocAuc(a, labels), 1e-12);
      assert.ok(logLoss(scores, labels) <= logLoss(a, labels) + 0.02);
      assert.deepEqual(calibrationFrom(JSON.parse(JSON.stringify(calibration))), calibration);
    }
  }
});

Deno.test("calibrationFrom refuses what is none, and fits say what there is not", () => {
  for (
    const [record, words] of [
      ["x", /it is no record/],
      [{ kind: "beta" }, /kind is "beta"/],
      [{ kind: "temperature", temperature: 0 }, /not above 0/],
      [{ kind: "platt", slope: 1 }, /slope or intercept/],
      [{ kind: "isotonic", samples: 3, blocks: [] }, /blocks/],
      [{ kind: "isotonic", samples: 3, blocks: [{ low: 1, high: 2 }] }, /blocks/],
    ] as const
  ) assert.throws(() => calibrationFrom(record), words);
  assert.throws(() => fitTemperature([-1, 2], [0, 1]), /on the wrong side/);
  assert.throws(() => fitTemperature([1, -2], [0, 1]), /no better than their opposite/);
  assert.throws(() => fitPlatt([1, 2], [1, 1]), /no real sample/);
});
