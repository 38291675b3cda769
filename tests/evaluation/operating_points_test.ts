/** Thresholds, rates at few false alarms and rules for videos, against scikit-learn, pROC and definitions. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { balancedAccuracy } from "lib/evaluation/accuracy.ts";
import { logLoss } from "lib/evaluation/log_loss.ts";
import { partialAuc, truePositiveRateAt } from "lib/evaluation/partial_auc.ts";
import { logOddsOf, probability } from "lib/evaluation/probability.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { byFallingScore } from "lib/evaluation/scored.ts";
import { chooseThreshold } from "lib/evaluation/threshold.ts";
import {
  agreeingMean,
  confidentMean,
  sharpenedMean,
  VIDEO_RULES,
  videoScoresBy,
} from "lib/evaluation/video_rules.ts";
import { videoRuleMetrics } from "lib/evaluation/view_metrics.ts";
import { createRandom } from "lib/random.ts";
import { COMPARISON, near, RUNS, scoredTwice } from "./random_cases.ts";

Deno.test("partialAuc is scikit-learn's and pROC's; truePositiveRateAt and balancedAccuracy scikit-learn's", () => {
  for (const [n, { labels, a, pROC, sklearn }] of COMPARISON.cases.entries()) {
    const what = `case ${n}`;
    for (const [rate, expected] of Object.entries(sklearn.partialAuc)) {
      near(partialAuc(a, labels, { maxFalsePositiveRate: Number(rate) }), expected, 1e-12, what);
    }
    const part = { maxFalsePositiveRate: 0.1, correction: "none" } as const;
    near(partialAuc(a, labels, part), pROC.partial, 1e-12, what);
    near(partialAuc(a, labels, { maxFalsePositiveRate: 0.1 }), pROC.partialCorrected, 1e-12, what);
    for (const [rate, expected] of Object.entries(sklearn.truePositiveRate)) {
      near(truePositiveRateAt(a, labels, Number(rate)), expected, 1e-12, what);
    }
    near(balancedAccuracy(a, labels), sklearn.balancedAccuracy, 1e-12, what);
    const youden = chooseThreshold(a, labels, { kind: "youden" });
    assert.equal(youden.threshold, sklearn.youden.threshold, what);
  }
  assert.throws(() => partialAuc([1, 2], [0, 1], { maxFalsePositiveRate: 0 }), /not above 0/);
});

Deno.test("chooseThreshold does what its rule says, among all thresholds", () => {
  fc.assert(
    fc.property(scoredTwice, fc.constantFrom(0, 0.1, 0.25, 0.5), ({ labels, a }, rate) => {
      const rates = (threshold: number) => {
        const share = (label: number) => {
          const own = a.filter((_, i) => labels[i] === label);
          return own.filter((score) => score >= threshold).length / own.length;
        };
        return { false: share(0), true: share(1) };
      };
      const all = [...new Set(a)].map((threshold) => ({ threshold, ...rates(threshold) }));
      const youden = chooseThreshold(a, labels, { kind: "youden" });
      const best = Math.max(...all.map((at) => at.true - at.false));
      near(youden.truePositiveRate - youden.falsePositiveRate, best, 1e-12);
      near(balancedAccuracy(a, labels, youden), (1 + best) / 2, 1e-12);
      const equal = chooseThreshold(a, labels, { kind: "equalError" });
      const least = Math.min(...all.map((at) => Math.abs(at.false - (1 - at.true))));
      near(Math.abs(equal.falsePositiveRate - (1 - equal.truePositiveRate)), least, 1e-12);
      const kept = all.filter((at) => at.false <= rate);
      const rule = { kind: "falsePositiveRate", rate } as const;
      if (kept.length === 0) assert.throws(() => chooseThreshold(a, labels, rule), /highest score/);
      else {
        const { threshold, truePositiveRate } = chooseThreshold(a, labels, rule);
        assert.equal(threshold, Math.min(...kept.map((at) => at.threshold)));
        if (rate > 0) assert.equal(truePositiveRate, truePositiveRateAt(a, labels, rate));
      }
      // The area under the curve as a sum of thin rectangles, up to the rate.
      if (rate > 0) {
        const points = [{ false: 0, true: 0 }, ...all.sort((x, y) => y.threshold - x.threshold)];
        let area = 0;
        points.slice(1).forEach((to, i) => {
          const from = points[i], width = Math.min(rate, to.false) - Math.min(rate, from.false);
          const slope = to.false > from.false ? (to.true - from.true) / (to.false - from.false) : 0;
          area += width * (2 * from.true + slope * width) / 2;
        });
        near(
          partialAuc(a, labels, { maxFalsePositiveRate: rate, correction: "none" }),
          area,
          1e-12,
        );
      }
    }),
    RUNS,
  );
  const rule = { kind: "falsePositiveRate", rate: 1 } as const;
  assert.throws(() => chooseThreshold([1, 2], [0, 1], rule), /not from 0 to below 1/);
});

Deno.test("partialAuc up to all reals is the AUC", () => {
  for (const { labels, a } of COMPARISON.cases) {
    const part = { maxFalsePositiveRate: 1, correction: "none" } as const;
    near(partialAuc(a, labels, part), rocAuc(a, labels), 1e-12);
  }
});

Deno.test("confidentMean is the winner's confident_strategy", async () => {
  const url = new URL("../fixtures/confident_strategy.json", import.meta.url);
  const { cases }: { cases: { probs: number[]; score: number }[] } = JSON.parse(
    await Deno.readTextFile(url),
  );
  assert.ok(cases.length >= 5);
  for (const { probs, score } of cases) near(confidentMean(probs), score, 1e-12);
  assert.throws(() => confidentMean([]), /without frames/);
});

Deno.test("sharpenedMean is NTechLab's score of a video", async () => {
  const url = new URL("../fixtures/dfdc_rules.json", import.meta.url);
  const { video_score }: { video_score: { probs: number[]; score: number }[] } = JSON.parse(
    await Deno.readTextFile(url),
  );
  assert.equal(video_score.length, 4);
  for (const { probs, score } of video_score) near(sharpenedMean(probs), score, 1e-12);
  assert.throws(() => sharpenedMean([]), /without frames/);
});

Deno.test("agreeingMean averages log-odds in fives, and takes what most of these agree on", () => {
  const five = (p: number) => new Array(5).fill(logOddsOf(p));
  const of = (...scores: number[]) => agreeingMean(scores.flatMap(five));
  near(of(0.9, 0.95, 0.9, 0.2), (0.9 + 0.95 + 0.9) / 3, 1e-12); // three of four are above .85
  near(of(0.9, 0.95, 0.2), (0.9 + 0.95 + 0.2) / 3, 1e-12); // two of three are no 70 %
  near(of(0.1, 0.05, 0.1, 0.9), (0.1 + 0.05 + 0.1) / 3, 1e-12);
  near(agreeingMean([...five(0.6), 9, 9, 9, 9]), 0.6, 1e-12); // what is left over is left out
  near(agreeingMean([1, 3]), probability(2), 1e-12); // too few for five
  assert.throws(() => agreeingMean([]), /without frames/);
});

Deno.test("videoScoresBy keeps videos and labels, and each rule its own score", () => {
  const p = [0.9, 0.4, ...new Array(13).fill(0.875), 0.1];
  const frames = p.map((value, i) => ({
    video: i < 2 ? "DF/a" : "DF/b",
    label: 1,
    logOdds: logOddsOf(value),
  }));
  const by = Object.fromEntries(VIDEO_RULES.map((rule) => [rule, videoScoresBy(rule, frames)]));
  for (const rows of Object.values(by)) {
    assert.deepEqual(rows.map(({ video, frames }) => [video, frames]), [["DF/a", 2], ["DF/b", 14]]);
    for (const { logOdds, score } of rows) assert.equal(score, probability(logOdds));
  }
  near(by.mean[0].score, 0.65, 1e-12);
  near(by.max[0].score, 0.9, 1e-12);
  near(by.confident[0].score, 0.65, 1e-12);
  near(by.confident[1].score, 0.875, 1e-12);
});

Deno.test("byFallingScore sorts many as few, ties in the order they came, whatever the sign", () => {
  const random = createRandom(6, "sort");
  for (const spread of [1e-3, 3, 1e300]) {
    const scores = Float64Array.from(
      { length: 5000 },
      (_, i) =>
        i % 7 === 0
          ? 0
          : i % 7 === 1
          ? -0
          : i % 7 === 2
          ? Math.round(random.normal())
          : spread * random.normal(),
    );
    const expected = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
    assert.deepEqual([...byFallingScore(scores)], expected);
    const float32 = Float32Array.from(scores);
    if (spread < 10) {
      const few = [...float32.keys()].sort((a, b) => float32[b] - float32[a] || a - b);
      assert.deepEqual([...byFallingScore(float32)], few);
    }
  }
});

Deno.test("videoRuleMetrics is the AUC of videoScoresBy, with an interval, where videos have several frames", () => {
  const random = createRandom(8),
    frames = Array.from({ length: 600 }, (_, i) => {
      const video = Math.floor(i / 15), label = video % 2;
      return { video: `${video}`, label, logOdds: label + 2 * random.normal() };
    });
  const rows = videoRuleMetrics(frames, { random, resamples: 100 });
  const rules = ["max", "confident", "sharpened", "agreeing"] as const;
  assert.deepEqual(
    rows.map(({ metric }) => metric),
    rules.flatMap((rule) => [`AUC (${rule} of frames)`, `log loss (${rule} of frames)`]),
  );
  for (const [i, rule] of rules.entries()) {
    const videos = videoScoresBy(rule, frames);
    const of = [videos.map((v) => v.logOdds), videos.map((v) => v.label)] as const;
    for (const [k, expected] of [rocAuc(...of), logLoss(...of)].entries()) {
      const { value, low, high, samples } = rows[2 * i + k];
      assert.equal(value, expected);
      assert.ok(low! <= value! && value! <= high! && samples === 40);
    }
  }
  const single = frames.map((frame, i) => ({ ...frame, video: `${i}` }));
  assert.deepEqual(videoRuleMetrics(single, { random, resamples: 100 }), []);
});
