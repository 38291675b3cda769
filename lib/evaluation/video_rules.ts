/** Rules by which frames' scores become a video's: the mean of the field's tables, and others in use. */
import { logOddsOf, probability } from "./probability.ts";
import { type FrameScore, type VideoScore, videoScores } from "./video_scores.ts";

/** The names of the rules. */
export const VIDEO_RULES = [
  "mean",
  "max",
  "confident",
  "sharpened",
  "agreeing",
  "surestFace",
] as const;

/**
 * How frames become a video: `"mean"` of their probabilities (`videoScores`), which is also that of the
 * challenge's winner WM; `"max"`: the surest frame for fake; `"confident"`: `confidentMean`; `"sharpened"`:
 * `sharpenedMean`; `"agreeing"`: `agreeingMean`; `"surestFace"`: the mean over frames, of each the face that is
 * surest for fake, as self-blended images' code scores videos in which several faces are seen. The .5 that these
 * codes give a video without a face is not in it: what has no score is counted by `coverage`.
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
  return meanOf(chosen);
}

/** The mean of some numbers. */
const meanOf = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/**
 * The mean of frames that are made surer than they are and count the more the surer they are, after `predict.py`
 * of NTechLab in the Deepfake Detection Challenge (Apache-2.0, commit 52095ce): with d = p − ½, the mean of
 * ½ + sign(d) · |d|^0.65, kept within .01 and .99, by the weights |d| + 10⁻⁴. There the frames of all faces and
 * of three models are in one mean.
 *
 * @param probabilities Of fake, 0 to 1, one or more frames of a video.
 * @throws RangeError without any.
 *
 * @example One sure frame outvotes three that are not
 * ```ts
 * import { sharpenedMean } from "lib/evaluation/video_rules.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(sharpenedMean([0.9, 0.5, 0.5, 0.5]) > 0.98);
 * assert.equal(sharpenedMean([0.5]), 0.5);
 * ```
 */
export function sharpenedMean(probabilities: ArrayLike<number>): number {
  const { length } = probabilities;
  if (length === 0) throw new RangeError("A video without frames has no score.");
  let sum = 0, weights = 0;
  for (let i = 0; i < length; i++) {
    const d = probabilities[i] - 0.5, weight = Math.abs(d) + 1e-4;
    const sharpened = 0.5 + Math.sign(d) * Math.abs(d) ** 0.65;
    sum += weight * Math.min(0.99, Math.max(0.01, sharpened));
    weights += weight;
  }
  return sum / weights;
}

/** Frames whose log-odds Eighteen Years Old averages before it makes them probabilities. */
const GROUP = 5;

/**
 * The mean of the groups of frames that agree, where most do, after `get_image_score` of Eighteen Years Old in
 * the Deepfake Detection Challenge (Siyu-C/RobustForensics, MIT, commit 7fe9e44): log-odds are averaged in fives
 * of successive frames; of the fives' probabilities those above .85 count alone where they are more than 70 %,
 * else those below .15 where they are, else all. Frames behind the last whole five are left out; of fewer than
 * five, which the code does not score, all are one group. Its rules over several faces and models are not in it.
 *
 * @param logOdds Of fake, in nats, of one or more frames of a video in their order; it was made for 35.
 * @returns A probability of fake.
 * @throws RangeError without any.
 *
 * @example
 * ```ts
 * import { agreeingMean } from "lib/evaluation/video_rules.ts";
 * import { probability } from "lib/evaluation/probability.ts";
 * import assert from "node:assert/strict";
 *
 * const frames = [...new Array(15).fill(3), ...new Array(5).fill(-3)]; // three fives of four are sure: 75 %
 * assert.equal(agreeingMean(frames), probability(3));
 * assert.equal(agreeingMean([2, -2, 0]), 0.5);
 * ```
 */
export function agreeingMean(logOdds: ArrayLike<number>): number {
  const all = Array.from(logOdds), groups = Math.max(1, Math.floor(all.length / GROUP));
  if (all.length === 0) throw new RangeError("A video without frames has no score.");
  const scores = Array.from(
    { length: groups },
    (_, i) => probability(meanOf(all.slice(i * GROUP, (i + 1) * GROUP))),
  );
  const fakes = scores.filter((p) => p > 0.85), reals = scores.filter((p) => p < 0.15);
  if (fakes.length / groups > 0.7) return meanOf(fakes);
  return meanOf(reals.length / groups > 0.7 ? reals : scores);
}

/** Rules of a video's frames in their order, from log-odds to log-odds. */
const OF_FRAMES: Readonly<
  Record<Exclude<VideoRule, "mean" | "surestFace">, (logOdds: readonly number[]) => number>
> = Object.freeze({
  max: (logOdds) => logOdds.reduce((most, value) => Math.max(most, value)),
  confident: (logOdds) => logOddsOf(confidentMean(logOdds.map(probability))),
  sharpened: (logOdds) => logOddsOf(sharpenedMean(logOdds.map(probability))),
  agreeing: (logOdds) => logOddsOf(agreeingMean(logOdds)),
});

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
 * Each video by a rule. By `"confident"`, `"sharpened"` and `"agreeing"` videos that are sure within 2e-16 tie,
 * as these rules are of probabilities.
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
    const logOdds = OF_FRAMES[rule](byVideo.get(row.video)!);
    return { ...row, logOdds, score: probability(logOdds) };
  });
}
