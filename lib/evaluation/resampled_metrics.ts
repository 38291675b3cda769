/**
 * The metrics of a table on a resample, all in one pass: a sample counts as often as its video was drawn,
 * and nothing is copied or sorted anew. On samples that count once they are the metrics of accuracy.ts,
 * average_precision.ts, log_loss.ts and roc.ts, where each is defined; here is only their fast form.
 */
import { sampleLoss } from "./log_loss.ts";
import { byFallingScore } from "./scored.ts";
import type { FrameScore } from "./video_scores.ts";

/** The names that metrics have in tables. */
export type MetricName = "AUC" | "accuracy" | "AP" | "EER" | "log loss";

/** Samples in order of falling log-odds. */
export interface SortedScores {
  /** Log-odds of fake. */
  readonly logOdds: Float64Array;
  /** 0 real, 1 fake. */
  readonly labels: Uint8Array;
  /** The place of each sample's video in a list of videos. */
  readonly videos: Uint32Array;
  /** 1 where the next sample has other log-odds, or there is none: thresholds lie there. */
  readonly ends: Uint8Array;
  /** What each sample adds to the log loss. */
  readonly losses: Float64Array;
}

/**
 * Sorts samples once, for as many resamples as there shall be.
 *
 * @param placeOf Of a video in the list that the weights follow.
 */
export function sortScores(
  rows: readonly FrameScore[],
  placeOf: (video: string) => number,
): SortedScores {
  const order = byFallingScore(rows.map((row) => row.logOdds));
  const logOdds = Float64Array.from(order, (i) => rows[i].logOdds);
  const labels = Uint8Array.from(order, (i) => rows[i].label);
  return {
    logOdds,
    labels,
    videos: Uint32Array.from(order, (i) => placeOf(rows[i].video)),
    ends: Uint8Array.from(logOdds, (value, i) => value === logOdds[i + 1] ? 0 : 1),
    losses: logOdds.map((value, i) => sampleLoss(value, labels[i])),
  };
}

/**
 * The metrics of samples that count `weights[video]` times.
 *
 * @param weights How often each video was drawn, 0 or more.
 * @returns NaN for AUC, AP and EER where a class has no weight, and for all without any.
 */
export function resampledMetrics(
  { logOdds, labels, videos, ends, losses }: SortedScores,
  weights: ArrayLike<number>,
): Record<MetricName, number> {
  let reals = 0, fakes = 0, loss = 0, right = 0;
  for (let i = 0; i < logOdds.length; i++) {
    const weight = weights[videos[i]];
    if (weight === 0) continue;
    if (labels[i] === 1) fakes += weight;
    else reals += weight;
    loss += weight * losses[i];
    if ((logOdds[i] >= 0) === (labels[i] === 1)) right += weight;
  }
  // Down the thresholds: reals and fakes at or above each, and the same at the one before.
  let above = 0, found = 0, aboveBefore = 0, foundBefore = 0;
  let doubledPairs = 0, precision = 0, errorRate = NaN;
  for (let i = 0; i < logOdds.length; i++) {
    const weight = weights[videos[i]];
    if (labels[i] === 1) found += weight;
    else above += weight;
    if (ends[i] === 0 || above + found === aboveBefore + foundBefore) continue;
    doubledPairs += (above - aboveBefore) * (foundBefore + found);
    precision += (found - foundBefore) * (found / (above + found));
    const excess = above / reals + found / fakes - 1;
    if (Number.isNaN(errorRate) && excess >= 0) {
      const before = aboveBefore / reals, excessBefore = before + foundBefore / fakes - 1;
      const share = -excessBefore / (excess - excessBefore);
      errorRate = before + share * (above / reals - before);
    }
    aboveBefore = above;
    foundBefore = found;
  }
  const both = reals > 0 && fakes > 0;
  return {
    AUC: doubledPairs / 2 / (reals * fakes),
    accuracy: right / (reals + fakes),
    AP: both ? precision / fakes : NaN,
    EER: errorRate,
    "log loss": loss / (reals + fakes),
  };
}
