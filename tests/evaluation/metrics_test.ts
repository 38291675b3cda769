/** Metrics against scikit-learn 1.9.1 and the official code, and against their definitions, computed slowly. */
import assert from "node:assert/strict";
import { accuracy, confusionMatrix } from "lib/evaluation/accuracy.ts";
import { averagePrecision } from "lib/evaluation/average_precision.ts";
import { logLoss } from "lib/evaluation/log_loss.ts";
import { logOddsOf, probability } from "lib/evaluation/probability.ts";
import { equalErrorRate, rocAuc, rocCurve } from "lib/evaluation/roc.ts";
import { videoScores } from "lib/evaluation/video_scores.ts";
import { createRandom, type Random } from "lib/random.ts";

type Outcome = number | { error: string } | { value: unknown; warnings: string[] };
interface RocLists {
  fpr: number[];
  tpr: number[];
  thresholds: (number | "Infinity")[];
}
interface Case {
  name: string;
  labels: number[];
  scores: (number | "NaN")[];
  auc: Outcome;
  "acc_ge_0.5": Outcome;
  ap: Outcome;
  logloss_labels01: Outcome;
  eer: { brentq: number } | { value: unknown } | { error: string };
  roc_curve?: RocLists | { error: string } | { value: unknown };
  video_ids?: string[];
  video?: Record<"auc" | "ap" | "logloss_labels01" | "acc_ge_0.5", number> & {
    ids: string[];
    labels: number[];
    mean_scores: number[];
    eer: { brentq: number };
  };
}
interface OfficialCase {
  name: string;
  labels: number[];
  logits_f32: number[][];
  auc?: number;
  acc_percent: number;
  logloss?: number;
  score_fake?: number[];
}
const fixture: { cases: Case[]; official_metric_classes: OfficialCase[] } = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/metrics_fixtures.json", import.meta.url)),
);

function near(actual: number, expected: number, bound: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= bound, `${what}: ${actual}, not ${expected}`);
}

/** The metrics of probabilities, as scikit-learn takes them. */
const METRICS = {
  auc: rocAuc,
  "acc_ge_0.5": (scores: number[], labels: number[]) =>
    accuracy(scores, labels, { threshold: 0.5 }),
  ap: averagePrecision,
  logloss_labels01: (scores: number[], labels: number[]) => logLoss(scores.map(logOddsOf), labels),
};

Deno.test("metrics agree with scikit-learn, and throw a RangeError where it has no value", () => {
  for (const { name, labels, scores: written, ...expected } of fixture.cases) {
    const scores = written.map(Number);
    for (const key of Object.keys(METRICS) as (keyof typeof METRICS)[]) {
      const what = `${name}, ${key}`;
      const outcome = expected[key];
      const hasNaN = scores.some(Number.isNaN); // scikit-learn's accuracy takes NaN for real
      if (typeof outcome === "number" && !hasNaN) {
        near(METRICS[key](scores, labels), outcome, 1e-12, what);
      } else assert.throws(() => METRICS[key](scores, labels), RangeError, what);
    }
    const { eer } = expected;
    if ("brentq" in eer) near(equalErrorRate(scores, labels), eer.brentq, 1e-9, `${name}, EER`);
    else assert.throws(() => equalErrorRate(scores, labels), RangeError, name);
  }
});

Deno.test("rocCurve has the points and thresholds of scikit-learn", () => {
  let compared = 0;
  for (const { name, labels, scores, roc_curve: expected } of fixture.cases) {
    if (!expected || !("fpr" in expected)) continue;
    const points = rocCurve(scores.map(Number), labels);
    assert.deepEqual(points.map((p) => p.falsePositiveRate), expected.fpr, name);
    assert.deepEqual(points.map((p) => p.truePositiveRate), expected.tpr, name);
    assert.deepEqual(points.map((p) => p.threshold), expected.thresholds.map(Number), name);
    compared++;
  }
  assert.ok(compared >= 6, `only ${compared} curves in the fixture`);
});

Deno.test("videoScores gives the means, and metrics of videos those of scikit-learn", () => {
  for (const { name, labels, scores, video_ids: ids, video } of fixture.cases) {
    if (!ids || !video) continue;
    // The first case has videos with both labels, of which the fixture took the first.
    const first = new Map(ids.map((id, i) => [id, labels[i]]).reverse() as [string, number][]);
    const rows = ids.map((id, i) => ({
      video: id,
      label: first.get(id)!,
      logOdds: logOddsOf(Number(scores[i])),
    }));
    const videos = videoScores(rows);
    assert.deepEqual(videos.map((v) => v.video), video.ids);
    videos.forEach((v, i) => near(v.score, video.mean_scores[i], 1e-12, `${name}, ${v.video}`));
    const [means, kinds] = [videos.map((v) => v.score), videos.map((v) => v.label)];
    const logOdds = videos.map((v) => v.logOdds);
    for (const metric of [rocAuc, averagePrecision, equalErrorRate, accuracy]) {
      const ofScores = metric === accuracy ? METRICS["acc_ge_0.5"] : metric;
      assert.equal(metric(logOdds, kinds), ofScores(means, kinds));
    }
    near(logLoss(logOdds, kinds), video.logloss_labels01, 1e-12, `${name}, log loss of videos`);
    for (const key of Object.keys(METRICS) as (keyof typeof METRICS)[]) {
      near(METRICS[key](means, kinds), video[key], 1e-12, `${name}, videos, ${key}`);
    }
    near(equalErrorRate(means, kinds), video.eer.brentq, 1e-9, `${name}, videos, EER`);
  }
});

Deno.test("metrics agree with the official code's classes", () => {
  for (const { name, labels, logits_f32: logits, ...expected } of fixture.official_metric_classes) {
    const scores = logits.map(([real, fake]) => 1 / (1 + Math.exp(real - fake)));
    expected.score_fake?.forEach((score, i) => near(scores[i], score, 1e-6, `${name}, score ${i}`));
    if (expected.auc !== undefined) near(rocAuc(scores, labels), expected.auc, 1e-12, name);
    const logOdds = logits.map(([real, fake]) => fake - real);
    if (name === "l32") near(logLoss(logOdds, labels), expected.logloss!, 1e-6, name);
    assert.equal(rocAuc(logOdds, labels), rocAuc(scores, labels));
    // The official code calls equal logits real: a threshold just above one half.
    const threshold = 0.5 + Number.EPSILON;
    near(100 * accuracy(scores, labels, { threshold }), expected.acc_percent, 1e-9, name);
  }
});

/** Random scores and labels with both classes; every other case has many ties. */
function randomCase(random: Random): { scores: number[]; labels: number[] } {
  const size = 2 + random.integer(39);
  const levels = random.integer(2) === 0 ? 4 : 2 ** 30;
  const scores = Array.from({ length: size }, () => random.integer(levels + 1) / levels);
  const labels = scores.map((_, i) => i < 2 ? i : random.integer(2));
  return { scores, labels };
}

Deno.test("metrics equal their definitions on 1,000 random cases", () => {
  const random = createRandom(8, "metrics");
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  for (let n = 0; n < 1000; n++) {
    const { scores, labels } = randomCase(random);
    const ofClass = (label: number) => scores.filter((_, i) => labels[i] === label);
    const [reals, fakes] = [ofClass(0), ofClass(1)];

    const pairs = fakes.flatMap((f) => reals.map((r) => f > r ? 1 : f === r ? 0.5 : 0));
    near(rocAuc(scores, labels), mean(pairs), 1e-12, `case ${n}, AUC`);

    const thresholds = [...new Set(scores)].sort((a, b) => b - a);
    const rate = (of: number[], t: number) => of.filter((s) => s >= t).length / of.length;
    let precision = 0;
    thresholds.forEach((t, i) => {
      const gained = rate(fakes, t) - (i === 0 ? 0 : rate(fakes, thresholds[i - 1]));
      const called = scores.filter((s) => s >= t).length;
      precision += gained * fakes.filter((s) => s >= t).length / called;
    });
    near(averagePrecision(scores, labels), precision, 1e-12, `case ${n}, AP`);

    const whole = [[0, 0], ...thresholds.map((t) => [rate(reals, t), rate(fakes, t)])];
    for (const { falsePositiveRate, truePositiveRate } of rocCurve(scores, labels)) {
      assert.ok(whole.some(([x, y]) => x === falsePositiveRate && y === truePositiveRate));
    }
    // The least x at which the whole curve is on or above the falling diagonal, by halving.
    const above = (x: number) => {
      const i = whole.findIndex(([px], k) => px >= x && k > 0);
      const [[x0, y0], [x1, y1]] = [whole[i - 1], whole[i]];
      return (x1 === x0 ? Math.max(y0, y1) : y0 + (y1 - y0) * (x - x0) / (x1 - x0)) >= 1 - x;
    };
    let [low, high] = [0, 1];
    for (let step = 0; step < 50; step++) {
      const middle = (low + high) / 2;
      if (above(middle)) high = middle;
      else low = middle;
    }
    near(equalErrorRate(scores, labels), high, 1e-9, `case ${n}, EER`);

    const losses = scores.map((s, i) => -Math.log(labels[i] === 1 ? s : 1 - s));
    const clipped = losses.map((l) => l === Infinity ? -Math.log(Number.EPSILON) : l);
    near(logLoss(scores.map(logOddsOf), labels), mean(clipped), 1e-9, `case ${n}, log loss`);

    const threshold = thresholds[random.integer(thresholds.length)];
    const right = scores.map((s, i) => Number((s >= threshold) === (labels[i] === 1)));
    near(accuracy(scores, labels, { threshold }), mean(right), 1e-12, `case ${n}, accuracy`);
    const matrix = confusionMatrix(scores, labels, { threshold });
    assert.equal(matrix.truePositives + matrix.falseNegatives, fakes.length);
    assert.equal(matrix.falsePositives, reals.filter((s) => s >= threshold).length);
  }
});

Deno.test("metrics do not change when samples are reordered, and AUC is one less itself with scores turned", () => {
  const random = createRandom(9, "order");
  for (let n = 0; n < 50; n++) {
    const { scores, labels } = randomCase(random);
    const order = random.shuffle(scores.map((_, i) => i));
    const [moved, movedLabels] = [order.map((i) => scores[i]), order.map((i) => labels[i])];
    for (const metric of [rocAuc, averagePrecision, equalErrorRate]) {
      assert.equal(metric(moved, movedLabels), metric(scores, labels));
    }
    near(rocAuc(scores.map((s) => -s), labels), 1 - rocAuc(scores, labels), 1e-12, `case ${n}`);
  }
});

Deno.test("metrics refuse mistakes with a TypeError and say what is undefined with a RangeError", () => {
  for (const metric of [...Object.values(METRICS), equalErrorRate]) {
    assert.throws(() => metric([0.5, 0.5], [1]), /2 scores but 1 labels/);
    assert.throws(() => metric([0.5, 0.5], [1, 2]), /Label 1 is 2/);
    assert.throws(() => metric([], []), /no samples/);
    // Infinity has no log-odds, so log loss never sees it.
    assert.throws(
      () => metric([0.5, Infinity], [0, 1]),
      /Score 1 is Infinity|Infinity is not a prob/,
    );
  }
  assert.throws(() => rocAuc([0.1, 0.2], [0, 0]), /no fake sample, only reals/);
  assert.throws(() => equalErrorRate([0.1, 0.2], [1, 1]), /no real sample, only fakes/);
  assert.throws(() => logLoss([Infinity, 1], [1, 1]), /Score 0 is Infinity/);
  assert.throws(() => logOddsOf(1.3), /1\.3 is not a probability/);
  assert.throws(() => logOddsOf(NaN), RangeError);
});

Deno.test("sure samples are told apart by log-odds where their probabilities tie", () => {
  const labels = [0, 0, 1, 1], logOdds = [18, 40, 41, 90];
  assert.equal(rocAuc(logOdds, labels), 1);
  assert.equal(averagePrecision(logOdds, labels), 1);
  assert.equal(equalErrorRate(logOdds, labels), 0);
  const asFloat32 = logOdds.map((value) => Math.fround(probability(value)));
  assert.equal(rocAuc(asFloat32, labels), 0.5); // all are 1
});

Deno.test("a sure mistake costs its log-odds, however sure", () => {
  assert.equal(logLoss([700], [0]), 700);
  assert.equal(logLoss([-700, -700], [1, 0]), 350);
  near(logLoss([0.3], [0]), Math.log(1 + Math.exp(0.3)), 1e-15, "0.3");
});

Deno.test("videoScores is the mean of probabilities, and sure videos do not tie", () => {
  const rows = (video: string, logOdds: number[]) =>
    logOdds.map((value) => ({ video, label: 1, logOdds: value }));
  const of = (logOdds: number[]) => videoScores(rows("v", logOdds))[0];
  // The mean of probabilities, not of log-odds: one sure frame does not outvote two doubtful ones.
  near(of([-1, -1, 50]).score, (2 / (1 + Math.E) + 1) / 3, 1e-12, "mean");
  const sure = of([40, 50]), surer = of([45, 60]);
  assert.ok(surer.logOdds > sure.logOdds && sure.logOdds > 40, `${sure.logOdds}`);
  // mean(1 − p) = (e⁻⁴⁰ + e⁻⁵⁰) / 2, in which p is no part of the sum.
  near(sure.logOdds, -Math.log((Math.exp(-40) + Math.exp(-50)) / 2), 1e-12, "sure");
  near(
    of([-700, -700.5]).logOdds,
    -700 + Math.log((1 + Math.exp(-0.5)) / 2),
    1e-9,
    "beyond float64",
  );
  assert.equal(of([0.1, 0.1, 0.1]).logOdds, 0.1); // frames that agree keep every digit
  const mirrored = of([-40, -50]);
  assert.equal(mirrored.logOdds, -sure.logOdds);
});
