/**
 * The AUC within pairs: how often a fake has a higher score than the very picture that it was made from.
 * What a photograph looks like, its light, sharpness and camera, is the same for both and drops out.
 */
import type { Sample } from "lib/data/samples.ts";
import type { Random } from "lib/random.ts";
import { drawVideos, type Interval, percentileInterval } from "./bootstrap.ts";

/** What a detector said of a picture that may be half of a pair. */
export type PairedScore = Pick<Sample, "path" | "source" | "video" | "label"> & {
  /** Log-odds of fake. */
  readonly logOdds: number;
};

/** Who won a pair. */
export interface PairedWin {
  /** The fake's video, or face. */
  readonly video: string;
  /** 1 where the fake has the higher score, ½ where both have the same, else 0. */
  readonly value: number;
}

/**
 * One entry for each fake whose real source is among the scores, in their order; their mean is the AUC in pairs.
 * Differences of two detectors, or of a picture and its distortion, are taken entry by entry.
 *
 * @throws RangeError when no fake names a source that is among the scores.
 */
export function pairedWins(scores: readonly PairedScore[]): PairedWin[] {
  const reals = new Map(
    scores.filter(({ label }) => label === 0).map(({ path, logOdds }) => [path, logOdds]),
  );
  const wins = scores.flatMap(({ label, source, video, logOdds }): PairedWin[] => {
    const real = label === 1 && source !== undefined ? reals.get(source) : undefined;
    if (real === undefined) return [];
    return [{ video, value: logOdds > real ? 1 : logOdds === real ? 0.5 : 0 }];
  });
  if (wins.length > 0) return wins;
  throw new RangeError(
    `Of ${scores.length} scores none is of a fake whose real source is among them: there is no pair.`,
  );
}

/** How the interval is made. */
export interface PairedAucOptions {
  /** Draws the videos. */
  readonly random: Random;
  /** Times that videos are drawn. Default: 1000. */
  readonly resamples?: number;
}

/**
 * Share of pairs in which the fake has the higher score, equal scores counting half, with its 95 % interval
 * over the fakes' videos. 0.5 is chance.
 *
 * @returns Also how many videos it rests on.
 * @throws RangeError when no fake names a source that is among the scores.
 *
 * @example
 * ```ts
 * import { pairedAuc } from "lib/evaluation/paired_auc.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const real = (path: string, logOdds: number) => ({ path, video: path, label: 0 as const, logOdds });
 * const fake = (source: string, logOdds: number) =>
 *   ({ path: `${source} forged`, source, video: source, label: 1 as const, logOdds });
 * const scores = [real("dark", -9), fake("dark", -8), real("bright", 7), fake("bright", 7)];
 * const { value, videos } = pairedAuc(scores, { random: createRandom(1) });
 * assert.deepEqual([value, videos], [0.75, 2]);
 * ```
 */
export function pairedAuc(
  scores: readonly PairedScore[],
  { random, resamples = 1000 }: PairedAucOptions,
): Interval & { readonly videos: number } {
  const ofVideo = new Map<string, { sum: number; count: number }>();
  for (const { video, value } of pairedWins(scores)) {
    const pairs = ofVideo.get(video) ?? { sum: 0, count: 0 };
    ofVideo.set(video, pairs);
    pairs.sum += value;
    pairs.count++;
  }
  const videos = [...ofVideo.values()];
  const share = (times: ArrayLike<number>) => {
    let sum = 0, count = 0;
    videos.forEach((pairs, i) => (sum += times[i] * pairs.sum, count += times[i] * pairs.count));
    return sum / count;
  };
  const drawn = Array.from({ length: resamples }, () => share(drawVideos(videos.length, random)));
  return {
    value: share(new Uint8Array(videos.length).fill(1)),
    ...percentileInterval(drawn),
    videos: videos.length,
  };
}
