/** How much an AUC over few videos can say: what other videos of the same kind would have given. */
import { drawBinormal } from "lib/evaluation/binormal.ts";
import { type Interval, percentileInterval } from "lib/evaluation/bootstrap.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import type { Random } from "lib/random.ts";

/** How many videos an AUC is over. */
export interface VideoCounts {
  /** Real ones. */
  readonly reals: number;
  /** Forged ones. */
  readonly fakes: number;
}

/** How often it is tried. */
export interface FewVideosOptions extends VideoCounts {
  /** Draws the scores. */
  readonly random: Random;
  /** Times that the videos are drawn. Default 2000. */
  readonly times?: number;
}

/**
 * The middle 95 % of the AUCs that a detector of this AUC gets on so few videos, each with a normal score.
 *
 * @param auc The detector's, over endlessly many videos.
 * @throws RangeError for an AUC that is not between 0 and 1, or without a real or a forged video.
 *
 * @example
 * ```ts
 * import { createRandom } from "lib/random.ts";
 * import { aucOfFewVideos } from "lib/studies/in_the_wild/few_videos.ts";
 * import assert from "node:assert/strict";
 *
 * const { low, high } = aucOfFewVideos(0.728, { reals: 24, fakes: 24, random: createRandom(1), times: 500 });
 * assert.ok(low < 0.61 && high > 0.84);
 * ```
 */
export function aucOfFewVideos(auc: number, options: FewVideosOptions): Interval {
  const { reals, fakes, random, times = 2000 } = options;
  const drawn = Array.from({ length: times }, () => {
    const { scores, labels } = drawBinormal(auc, { reals, fakes, random });
    return rocAuc(scores, labels);
  });
  return { value: auc, ...percentileInterval(drawn) };
}

/**
 * How often the better of two detectors is ahead on so few videos, each asked of videos of its own: the share
 * of draws in which its AUC is the higher one, equal ones counting half. On the same videos it is more often.
 *
 * @param aucs The better one's, then the other's.
 * @throws RangeError as `aucOfFewVideos`.
 */
export function aheadOnFewVideos(
  [better, other]: readonly [number, number],
  { reals, fakes, random, times = 2000 }: FewVideosOptions,
): number {
  let ahead = 0;
  for (let i = 0; i < times; i++) {
    const [a, b] = [better, other].map((auc) => {
      const { scores, labels } = drawBinormal(auc, { reals, fakes, random });
      return rocAuc(scores, labels);
    });
    ahead += a! > b! ? 1 : a === b ? 0.5 : 0;
  }
  return ahead / times;
}
