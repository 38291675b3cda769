/** Rules by which frames' scores become a video's: the mean of the field's tables, and others in use. */
import { logOddsOf, probability } from "./probability.ts";
import { type FrameScore, type VideoScore, videoScores } from "./video_scores.ts";

/** The names of the rules. */
export const VIDEO_RULES = ["mean", "max", "confident", "surestFace"] as const;

/**
 * How frames become a video: `"mean"` of their probabilities (`videoScores`); `"max"`: the surest frame for
 * fake; `"confident"`: `confidentMean`; `"surestFace"`: the mean over frames, of each the face that is surest
 * for fake, as self-blended images' code scores videos in which several faces are seen (its .5 for a video
 * without a face is not in it: what has no score is counted by `coverage`).
 */
export type VideoRule = typeof VIDEO_RULES[number];

/**
 * The mean of the frames that are sure, where they are many, after `confident_strategy` of the winner of the
 * Deepfake Detection Challenge (Selim Seferbekov, MIT, commit 89c6290): of n frames, those above 0.8 where they
 * are more than ⌊n / 2.5⌋ and more than 11; else those below 0.2 where they are more than 0.9 n; else all.
 *
 * @param probabilities Of fake, 0 to 1, one or more frames of a video; it was made for 32.
 * @throws RangeError without any.
 *
 * @example
 * ```ts
 * import { confidentMean } from "lib/evaluation/video_rules.ts";
 * import assert from "node:assert/strict";
 *
 * const sure = new Array(13).fill(0.875), others = new Array(19).fill(0.5);
 * assert.equal(confidentMean([...sure, ...others]), 0.875);
 * assert.equal(confidentMean([0.875, 0.5]), 0.6875); // too few to be sure
 * ```
 */
export function confidentMean(probabilities: ArrayLike<number>): number {
  const all = Array.from(probabilities), { length } = all;
  if (length === 0) throw new RangeError("A video without frames has no score.");
  const fakes = all.filter((p) => p > 0.8), reals = all.filter((p) => p < 0.2);
  const chosen = fakes.length > Math.floor(length / 2.5) && fakes.length > 11
    ? fakes
    : reals.length > 0.9 * length
    ? reals
    : all;
  return chosen.reduce((sum, p) => sum + p, 0) / chosen.length;
}

/** Of each frame of each video the face that is surest for fake; a score without a frame is one of its own. */
function surestFaces(scores: Iterable<FrameScore>): FrameScore[] {
  const videos = new Map<string, Map<number | symbol, FrameScore>>();
  for (const face of scores) {
    const frames = videos.get(face.video) ?? new Map<number | symbol, FrameScore>();
    const frame = face.frame ?? Symbol("a frame of its own"), known = frames.get(frame);
    videos.set(face.video, frames);
    if (known === undefined || face.logOdds > known.logOdds) frames.set(frame, face);
  }
  return [...videos.values()].flatMap((frames) => [...frames.values()]);
}

/**
 * Each video by a rule. By `"confident"` videos that are sure within 2e-16 tie, as the rule is one of
 * probabilities.
 *
 * @returns In the order in which the videos first appear.
 * @throws TypeError and RangeError as `videoScores`.
 *
 * @example
 * ```ts
 * import { videoScoresBy } from "lib/evaluation/video_rules.ts";
 * import assert from "node:assert/strict";
 *
 * const frames = [-1, 3].map((logOdds) => ({ video: "DF/a", label: 1, logOdds }));
 * assert.equal(videoScoresBy("max", frames)[0].logOdds, 3);
 * ```
 */
export function videoScoresBy(rule: VideoRule, frames: Iterable<FrameScore>): VideoScore[] {
  if (rule === "surestFace") return videoScores(surestFaces(frames));
  const byVideo = new Map<string, number[]>();
  const means = videoScores(
    Iterator.from(frames).map((frame) => {
      const own = byVideo.get(frame.video);
      if (own === undefined) byVideo.set(frame.video, [frame.logOdds]);
      else own.push(frame.logOdds);
      return frame;
    }),
  );
  if (rule === "mean") return means;
  return means.map((row) => {
    const own = byVideo.get(row.video)!;
    const logOdds = rule === "max"
      ? own.reduce((most, value) => Math.max(most, value))
      : logOddsOf(confidentMean(own.map(probability)));
    return { ...row, logOdds, score: probability(logOdds) };
  });
}
