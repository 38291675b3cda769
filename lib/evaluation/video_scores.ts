/** From scores of frames to scores of videos. */
import { sampleLoss } from "./log_loss.ts";
import { probability } from "./probability.ts";

/** What a detector said about one frame. */
export interface FrameScore {
  /** Whole path of the video, relative to the data set's root: folder names alone are not unique. */
  readonly video: string;
  /** 0 real, 1 fake. */
  readonly label: number;
  /** Log-odds of fake, in nats. */
  readonly logOdds: number;
  /** The frame's place in its video, where several faces of one frame are scored. */
  readonly frame?: number;
}

/** A video with the mean of its frames. */
export interface VideoScore extends FrameScore {
  /** Mean of the frames' probabilities of fake, 0 to 1. */
  readonly score: number;
  /** Frames that the mean was taken over. */
  readonly frames: number;
}

/** ln Σ e^x of what was added so far, as the largest x and Σ e^(x − largest). */
interface LogSum {
  largest: number;
  sum: number;
}

function add(to: LogSum, x: number): void {
  if (x > to.largest) {
    to.sum = to.sum * Math.exp(to.largest - x) + 1;
    to.largest = x;
  } else to.sum += Math.exp(x - to.largest);
}

/** A video's frames so far. */
interface Frames {
  readonly label: number;
  /** Its first frame's log-odds. */
  readonly first: number;
  /** Whether all frames had the same log-odds. */
  equal: boolean;
  count: number;
  /** Σ p over frames, and Σ (1 − p), each with its own precision near 0. */
  readonly fake: LogSum;
  readonly real: LogSum;
}

/**
 * Each video by the mean of its frames' probabilities: the protocol of the field's tables and of the
 * official code, not the mean of log-odds, in which one sure frame outvotes all others. The mean is
 * carried as its log-odds, ln Σp − ln Σ(1 − p), with both sums taken in logarithms: of two videos that
 * are sure beyond what a probability can hold the surer one is still ahead.
 *
 * @returns In the order in which the videos first appear.
 * @throws TypeError when frames of one video have different labels: two videos share a path.
 * @throws RangeError when a log-odds is NaN or infinite: its video has no mean.
 *
 * @example The same folder name under two manipulations stays two videos
 * ```ts
 * import { logOddsOf } from "lib/evaluation/probability.ts";
 * import { videoScores } from "lib/evaluation/video_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const videos = videoScores([
 *   { video: "Deepfakes/000_003", label: 1, logOdds: logOddsOf(0.5) },
 *   { video: "Deepfakes/000_003", label: 1, logOdds: logOddsOf(0.9) },
 *   { video: "FaceSwap/000_003", label: 1, logOdds: logOddsOf(0.25) },
 * ]);
 * assert.deepEqual(videos.map(({ score, frames }) => [score.toFixed(6), frames]), [
 *   ["0.700000", 2],
 *   ["0.250000", 1],
 * ]);
 * ```
 */
export function videoScores(frames: Iterable<FrameScore>): VideoScore[] {
  const videos = new Map<string, Frames>();
  for (const { video, label, logOdds } of frames) {
    if (!Number.isFinite(logOdds)) {
      throw new RangeError(`A frame of ${video} has the log-odds ${logOdds}.`);
    }
    const known = videos.get(video) ?? {
      label,
      first: logOdds,
      equal: true,
      count: 0,
      fake: { largest: -Infinity, sum: 0 },
      real: { largest: -Infinity, sum: 0 },
    };
    if (known.count === 0) videos.set(video, known);
    if (known.label !== label) {
      throw new TypeError(
        `Frames of ${video} have the labels ${known.label} and ${label}. ` +
          "Key videos by their whole path.",
      );
    }
    known.count++;
    known.equal &&= logOdds === known.first;
    add(known.fake, -sampleLoss(logOdds, 1)); // ln p
    add(known.real, -sampleLoss(logOdds, 0)); // ln (1 − p)
  }
  const log = ({ largest, sum }: LogSum) => largest + Math.log(sum);
  return [...videos].map(([video, { label, first, equal, count, fake, real }]) => {
    const logOdds = equal ? first : log(fake) - log(real);
    return { video, label, logOdds, score: probability(logOdds), frames: count };
  });
}
