/** What validation says of a detector: chosen, written down, read back, and used on other samples. */
import assert from "node:assert/strict";
import { balancedAccuracy } from "lib/evaluation/accuracy.ts";
import { bootstrapInterval } from "lib/evaluation/bootstrap.ts";
import { calibrated } from "lib/evaluation/calibration/calibration.ts";
import { operatingMetrics } from "lib/evaluation/calibration/operating_metrics.ts";
import {
  operatingRecord,
  operatingRecordFrom,
  samplesLike,
  THRESHOLD_RULES,
} from "lib/evaluation/calibration/operating_record.ts";
import { logLoss } from "lib/evaluation/log_loss.ts";
import { chooseThreshold } from "lib/evaluation/threshold.ts";
import { videoScores } from "lib/evaluation/video_scores.ts";
import { createRandom } from "lib/random.ts";
import { near } from "../random_cases.ts";

/** Frames of a detector that is twice too sure and leans to fake. */
function overSure(seed: number, videos = 300) {
  const random = createRandom(seed, "over sure");
  return Array.from({ length: 2 * videos }, (_, i) => {
    const v = i >> 1, label = v % 2;
    return { video: `${v}`, label, logOdds: 1 + 2 * (2 * (label - 0.5) + random.normal()) };
  });
}

const METRIC_OF = (rows: ReturnType<typeof operatingMetrics>, name: string) =>
  rows.find(({ metric }) => metric === name)!;

Deno.test("operatingRecord has the thresholds of its rules for frames and for videos", () => {
  const frames = overSure(1), record = operatingRecord(frames);
  for (const [level, rows] of [["frame", frames], ["video", videoScores(frames)]] as const) {
    const logOdds = rows.map((row) => row.logOdds), labels = rows.map((row) => row.label);
    for (const [name, rule] of Object.entries(THRESHOLD_RULES)) {
      const kept = record[level].thresholds[name as keyof typeof THRESHOLD_RULES];
      assert.deepEqual(kept, chooseThreshold(logOdds, labels, rule));
    }
    assert.equal(record[level].reals + record[level].fakes, rows.length);
    assert.equal(record[level].reliability.length, 10);
  }
  assert.deepEqual(operatingRecordFrom(JSON.parse(JSON.stringify(record))), record);
  const separable = operatingRecord(
    [-1, 1].map((x, i) => ({ video: `${i}`, label: i, logOdds: x })),
  );
  assert.deepEqual(separable.video.calibrations.map(({ kind }) => kind), ["platt", "isotonic"]);
});

Deno.test("samplesLike finds the validation samples with such a score", () => {
  const { video } = operatingRecord(overSure(2));
  for (const row of video.reliability) {
    assert.equal(samplesLike(video, row.from), row);
    assert.equal(samplesLike(video, row.to), row);
  }
  assert.equal(samplesLike(video, 0), video.reliability[0]);
  assert.equal(samplesLike(video, 1), video.reliability.at(-1));
});

Deno.test("operatingMetrics uses validation's threshold and calibration on other samples", () => {
  const record = operatingRecord(overSure(3)), frames = overSure(4), videos = videoScores(frames);
  const rows = operatingMetrics(frames, {
    record,
    rule: "youden",
    random: createRandom(1),
    resamples: 300,
  });
  const logOdds = videos.map((row) => row.logOdds), labels = videos.map((row) => row.label);
  const { threshold } = record.video.thresholds.youden!;
  const balanced = METRIC_OF(rows, "balanced accuracy at validation's youden");
  near(balanced.value!, balancedAccuracy(logOdds, labels, { threshold }), 1e-12);
  assert.ok(balanced.value! > balancedAccuracy(logOdds, labels)); // it leans to fake
  const [fpr, tpr] = ["FPR", "TPR"].map((name) =>
    METRIC_OF(rows, `${name} at validation's youden`)
  );
  near((tpr.value! + 1 - fpr.value!) / 2, balanced.value!, 1e-12);
  assert.ok(fpr.low! < fpr.value! && fpr.value! < fpr.high!);
  const metric = (s: ArrayLike<number>, l: ArrayLike<number>) =>
    balancedAccuracy(s, l, { threshold });
  const slow = bootstrapInterval(videos, { metric, random: createRandom(2), resamples: 300 });
  near((balanced.high! - balanced.low!) / (slow.high - slow.low), 1, 0.25);
  const raw = logLoss(logOdds, labels), ece = METRIC_OF(rows, "ECE").value!;
  for (const calibration of record.video.calibrations) {
    const { kind } = calibration;
    const expected = logLoss(logOdds.map((x) => calibrated(calibration, x)), labels);
    near(METRIC_OF(rows, `log loss (${kind})`).value!, expected, 1e-12);
    assert.ok(expected < raw && METRIC_OF(rows, `ECE (${kind})`).value! < ece, kind);
  }
  assert.match(METRIC_OF(rows, "ECE").reason!, /Resampling adds/);
});

Deno.test("operatingMetrics of one class, of few videos and of nothing says why there is no number", () => {
  const record = operatingRecord(overSure(3)),
    options = { record, random: createRandom(1), resamples: 50 };
  assert.deepEqual(operatingMetrics([], options), []);
  const fakes = operatingMetrics(overSure(4).filter(({ label }) => label === 1), options);
  assert.match(METRIC_OF(fakes, "FPR at validation's equal-error").reason!, /no real video/);
  assert.match(
    METRIC_OF(fakes, "balanced accuracy at validation's equal-error").reason!,
    /no real sample/,
  );
  const few = operatingMetrics(overSure(4, 2), options);
  const row = METRIC_OF(few, "log loss (platt)");
  assert.ok(row.value !== null && row.low === null && /single video/.test(row.reason!));
  const bare = operatingMetrics(overSure(4), { random: createRandom(1), resamples: 50 });
  assert.deepEqual(bare.map(({ metric }) => metric), ["ECE"]);
});

Deno.test("operatingRecordFrom refuses what is none", () => {
  const record = JSON.parse(JSON.stringify(operatingRecord(overSure(5))));
  const { video } = record;
  for (
    const [changed, words] of [
      [undefined, /no record/],
      [{ ...record, video: undefined }, /video: the numbers of reals/],
      [{ ...record, video: { ...video, thresholds: { best: {} } } }, /thresholds/],
      [{ ...record, video: { ...video, reliability: [] } }, /reliability/],
      [{ ...record, video: { ...video, calibrations: {} } }, /calibrations are no list/],
      [{ ...record, video: { ...video, calibrations: [{ kind: "?" }] } }, /no calibration/],
    ] as const
  ) assert.throws(() => operatingRecordFrom(changed), words);
});
