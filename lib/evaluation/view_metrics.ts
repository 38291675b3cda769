/** Metrics of the same videos with their scores taken in several ways: recalibrated, or by other rules. */
import type { Random } from "lib/random.ts";
import { percentileInterval } from "./bootstrap.ts";
import { pairedResamples, toTheEnd } from "./comparison/paired_bootstrap.ts";
import type { MetricRow } from "./metric_table.ts";
import { METRICS } from "./metrics.ts";
import type { MetricName } from "./resampled_metrics.ts";
import { measure } from "./scored.ts";
import { VIDEO_RULES, videoScoresBy } from "./video_rules.ts";
import type { FrameScore, VideoScore } from "./video_scores.ts";

/** One way to take the videos' scores: their log-odds, and the metrics that are asked of them by what name. */
export interface VideoView {
  /** Log-odds, one a video. */
  readonly logOdds: Float64Array;
  /** Metrics with the names of their rows. */
  readonly metrics: Readonly<Partial<Record<MetricName, string>>>;
}

/** A metric of a view. */
export type ViewMetric = Pick<MetricRow, "metric" | "value" | "low" | "high" | "reason">;

/** The metrics of all views, each with its interval by video where there is one; all views have the same draws. */
export function viewMetrics(
  views: readonly VideoView[],
  { videos, random, resamples }: {
    videos: readonly VideoScore[];
    random: Random;
    resamples: number;
  },
): ViewMetric[] {
  const labels = Uint8Array.from(videos, ({ label }) => label);
  const asked = [...new Set(views.flatMap(({ metrics }) => Object.keys(metrics)))] as MetricName[];
  const drawn = resamples < 2 || views.length === 0
    ? { value: null, reason: null }
    : measure(() => {
      const names = videos.map(({ video }) => video);
      const paired = {
        names: views.map((_, i) => `${i}`),
        samples: names,
        videos: names,
        methods: names,
        labels,
        logOdds: views.map(({ logOdds }) => logOdds),
      };
      return toTheEnd(pairedResamples(paired, { random, resamples, metrics: asked }));
    });
  return views.flatMap(({ logOdds, metrics }, i) =>
    Object.entries(metrics).map(([name, metric]) => {
      const { value, reason } = measure(() => METRICS[name as MetricName](logOdds, labels));
      const resampled = drawn.value?.[i][name as MetricName]?.resampled;
      const { low = null, high = null } = resampled ? percentileInterval(resampled) : {};
      return { metric, value, low, high, reason: reason ?? drawn.reason };
    })
  );
}

/**
 * AUC and log loss (by which the Deepfake Detection Challenge was judged) of videos by the rules other than the
 * mean (`VIDEO_RULES`), all fakes against all reals; those of the surest face of each frame only where some
 * frame has several.
 *
 * @param frames The predictions.
 * @param options `resamples`: 0 for no intervals.
 * @returns Nothing where every video is a single frame: all rules are one then.
 * @throws TypeError for a video with two labels.
 */
export function videoRuleMetrics(
  frames: Iterable<FrameScore>,
  options: { random: Random; resamples: number },
): MetricRow[] {
  const byRule = VIDEO_RULES.filter((rule) => rule !== "mean")
    .map((rule) => ({ rule, videos: videoScoresBy(rule, frames) }));
  const { videos } = byRule[0];
  if (videos.every(({ frames }) => frames === 1)) return [];
  const ofFaces = byRule.findIndex(({ rule }) => rule === "surestFace");
  if (byRule[ofFaces].videos.every(({ frames }, i) => frames === videos[i].frames)) {
    byRule.splice(ofFaces, 1);
  }
  const views = byRule.map(({ rule, videos }) => ({
    logOdds: Float64Array.from(videos, ({ logOdds }) => logOdds),
    metrics: { AUC: `AUC (${rule} of frames)`, "log loss": `log loss (${rule} of frames)` },
  }));
  return viewMetrics(views, { videos, ...options })
    .map((row) => ({ method: "all", level: "video", samples: videos.length, ...row }));
}
