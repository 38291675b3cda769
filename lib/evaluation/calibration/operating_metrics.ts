/** How a detector does on new samples with what validation chose: its threshold and its recalibrations. */
import type { Random } from "lib/random.ts";
import { confusionMatrix } from "../accuracy.ts";
import type { MetricRow } from "../metric_table.ts";
import { type FrameScore, type VideoScore, videoScores } from "../video_scores.ts";
import { type VideoView, viewMetrics } from "../view_metrics.ts";
import { calibrated } from "./calibration.ts";
import type { OperatingRecord, ThresholdName } from "./operating_record.ts";
import { expectedCalibrationError, reliability, wilsonInterval } from "./reliability.ts";

/** What is measured, and with what. */
export interface OperatingMetricsOptions {
  /** What validation says; left out: only the calibration error of the scores as they are. */
  readonly record?: OperatingRecord | undefined;
  /** By which rule the threshold was chosen. Default: equal error. */
  readonly rule?: ThresholdName;
  /** Draws the videos. */
  readonly random: Random;
  /** Times that videos are drawn; 0 for no intervals. */
  readonly resamples: number;
}

/** Why a calibration error has no interval. */
const NO_INTERVAL = "Resampling adds to a calibration error: its percentiles would not hold it.";

/** The shares of reals and of fakes that are called fake, with Wilson's intervals: a video decides once. */
function rateRows(
  videos: readonly VideoScore[],
  { threshold, at }: { threshold: number; at: string },
) {
  const counts = confusionMatrix(
    videos.map(({ logOdds }) => logOdds),
    videos.map(({ label }) => label),
    { threshold },
  );
  const rates = [
    ["FPR", counts.falsePositives, counts.trueNegatives, "real"],
    ["TPR", counts.truePositives, counts.falseNegatives, "fake"],
  ] as const;
  return rates.map(([name, called, others, word]) => {
    const trials = called + others, metric = `${name} ${at}`;
    return trials === 0
      ? { metric, value: null, low: null, high: null, reason: `There is no ${word} video.` }
      : {
        metric,
        value: called / trials,
        ...wilsonInterval({ successes: called, trials }),
        reason: null,
      };
  });
}

/**
 * Metrics of videos, all fakes against all reals: rates at the threshold that validation chose, log loss and
 * Brier score of recalibrated scores, with intervals by video; and the expected calibration error (15 bins of
 * equal width) of the scores as they are and recalibrated, without.
 *
 * @param frames The predictions.
 * @returns Nothing for no frames.
 * @throws TypeError for a video with two labels.
 *
 * @example
 * ```ts
 * import { operatingMetrics } from "lib/evaluation/calibration/operating_metrics.ts";
 * import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const frames = [-3, 1, -0.5, 2].map((logOdds, i) => ({ video: `${i}`, label: i % 2, logOdds }));
 * const record = operatingRecord(frames); // of other samples, in earnest
 * const rows = operatingMetrics(frames, { record, random: createRandom(1), resamples: 100 });
 * const { value } = rows.find(({ metric }) => metric === "TPR at validation's equal-error")!;
 * assert.equal(value, 1);
 * ```
 */
export function operatingMetrics(
  frames: Iterable<FrameScore>,
  { record, rule = "equal-error", random, resamples }: OperatingMetricsOptions,
): MetricRow[] {
  const videos = videoScores(frames), kept = record?.video.thresholds[rule];
  if (videos.length === 0) return [];
  const calibrations = record?.video.calibrations ?? [];
  const moved = (by: (logOdds: number) => number) =>
    Float64Array.from(videos, ({ logOdds }) => by(logOdds));
  const at = `at validation's ${rule}`;
  const views: VideoView[] = calibrations.map((calibration) => ({
    logOdds: moved((logOdds) => calibrated(calibration, logOdds)),
    metrics: {
      "log loss": `log loss (${calibration.kind})`,
      "Brier score": `Brier score (${calibration.kind})`,
    },
  }));
  if (kept) {
    // The metric decides at 0.
    const logOdds = moved((value) => value >= kept.threshold ? 1 : -1);
    views.unshift({ logOdds, metrics: { "balanced accuracy": `balanced accuracy ${at}` } });
  }
  const labels = videos.map(({ label }) => label);
  const errors = [undefined, ...calibrations].map((calibration) => ({
    metric: calibration ? `ECE (${calibration.kind})` : "ECE",
    value: expectedCalibrationError(
      reliability(moved((value) => calibration ? calibrated(calibration, value) : value), labels),
    ),
    low: null,
    high: null,
    reason: NO_INTERVAL,
  }));
  return [
    ...viewMetrics(views, { videos, random, resamples }),
    ...kept ? rateRows(videos, { threshold: kept.threshold, at }) : [],
    ...errors,
  ].map((row) => ({ method: "all", level: "video", samples: videos.length, ...row }));
}
