/** From scores of frames to scores of videos. */

/** What a detector said about one frame. */
export interface FrameScore {
  /** Whole path of the video, relative to the data set's root: folder names alone are not unique. */
  readonly video: string;
  /** 0 real, 1 fake. */
  readonly label: number;
  /** Probability of fake, 0 to 1. */
  readonly score: number;
}

/** A video with the mean score of its frames. */
export interface VideoScore extends FrameScore {
  /** Frames that the mean was taken over. */
  readonly frames: number;
}

/**
 * The mean score of each video's frames, in the order in which the videos first appear.
 *
 * @throws TypeError when frames of one video have different labels: two videos share a path.
 * @throws RangeError when a score is NaN or infinite: its video has no mean.
 *
 * @example The same folder name under two manipulations stays two videos
 * ```ts
 * import { videoScores } from "lib/evaluation/video_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const videos = videoScores([
 *   { video: "Deepfakes/000_003", label: 1, score: 0.5 },
 *   { video: "Deepfakes/000_003", label: 1, score: 1 },
 *   { video: "FaceSwap/000_003", label: 1, score: 0.25 },
 * ]);
 * assert.deepEqual(videos.map(({ score, frames }) => [score, frames]), [[0.75, 2], [0.25, 1]]);
 * ```
 */
export function videoScores(frames: Iterable<FrameScore>): VideoScore[] {
  const videos = new Map<string, { label: number; sum: number; frames: number }>();
  for (const { video, label, score } of frames) {
    if (!Number.isFinite(score)) {
      throw new RangeError(`A frame of ${video} has the score ${score}.`);
    }
    const known = videos.get(video);
    if (!known) videos.set(video, { label, sum: score, frames: 1 });
    else {
      if (known.label !== label) {
        throw new TypeError(
          `Frames of ${video} have the labels ${known.label} and ${label}. ` +
            "Key videos by their whole path.",
        );
      }
      known.sum += score;
      known.frames++;
    }
  }
  return [...videos].map(([video, { label, sum, frames }]) => ({
    video,
    label,
    score: sum / frames,
    frames,
  }));
}
