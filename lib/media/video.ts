/**
 * Videos as frames: every k-th, or some spread over the whole video, upright and in RGB. Given files are
 * read and nothing else: no network, no playlists. Finding faces is left to detect_faces.ts.
 */
import type { RgbImage } from "./image.ts";
import { VideoDecoder } from "./video_decoder.ts";
import { VideoError } from "./video_error.ts";
import type { VideoFacts } from "./video_facts.ts";

/** One frame of a video. */
export interface VideoFrame {
  /** Its place among all frames of the video that can be decoded, from 0. */
  readonly index: number;
  /** The picture, upright, as large as the video. */
  readonly image: RgbImage;
}

/** Which frames: 0, k, 2k, …, or so many spread evenly from the first to the last. */
export type FrameChoice = { readonly every: number } | { readonly spread: number };

/** How a video is read. */
export interface VideoOptions {
  /** Which frames. Default every fifth. [paper, Implementation Details] */
  readonly choose?: FrameChoice;
  /** Threads of the decoder, 0 for as many as there are processors. Default 2. */
  readonly threads?: number;
  /** Stops reading and ends ffmpeg. */
  readonly signal?: AbortSignal;
  /** Told once, after the last frame, what the whole video was like. */
  readonly onEnd?: (facts: Readonly<VideoFacts>) => void;
}

/**
 * The indices of `wanted` frames spread evenly over `count`: the first and the last are among them, all
 * where there are no more, and of one alone it is the middle.
 *
 * @throws RangeError when wanted is not a positive whole number, or count no whole number from 0.
 *
 * @example
 * ```ts
 * import { spreadFrames } from "lib/media/video.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(spreadFrames(100, 4), [0, 33, 66, 99]);
 * assert.deepEqual(spreadFrames(3, 8), [0, 1, 2]);
 * ```
 */
export function spreadFrames(count: number, wanted: number): number[] {
  checkWhole("The number of frames wanted", wanted, 1);
  checkWhole("The number of frames", count, 0);
  if (wanted >= count) return Array.from({ length: count }, (_, i) => i);
  if (wanted === 1) return [Math.floor((count - 1) / 2)];
  return Array.from({ length: wanted }, (_, i) => Math.floor(i * (count - 1) / (wanted - 1)));
}

function checkWhole(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${what} is a whole number from ${least}, not ${value}.`);
  }
}

/** The same indices as `spreadFrames`, as a condition on n that ffmpeg evaluates. */
function spreadCondition(count: number, wanted: number): string {
  if (wanted >= count) return "1";
  if (wanted === 1) return `eq(n,${Math.floor((count - 1) / 2)})`;
  const [a, b] = [count - 1, wanted - 1];
  return `eq(floor(ceil(n*${b}/${a})*${a}/${b}),n)`;
}

/**
 * What a video is like, found by decoding all of it: nothing that the header claims is believed but
 * rotation and duration.
 *
 * @throws VideoError as `videoFrames` does.
 */
export async function probeVideo(
  path: string,
  options: Pick<VideoOptions, "threads" | "signal"> = {},
): Promise<Readonly<VideoFacts>> {
  await using decoder = await VideoDecoder.start(path, options);
  await decoder.end();
  return decoder.facts;
}

/**
 * Frames of a video one after another. One is in memory at a time; ffmpeg waits while it is worked on,
 * and ends when the loop is left.
 *
 * Rotation flags are applied. Pixels that are not square are not stretched, and a frame that the decoder
 * could mend only in part is given as it is: what was wrong stands in `complaints` of `onEnd`. Frames
 * that are spread cost two decodings, because headers do not always tell how many there are.
 *
 * @param path A file in a common container (MP4, MOV, MKV, WebM, AVI, MPEG, FLV, ASF, OGG, MXF). Any
 * name; it is never taken for an option, a protocol or a pattern.
 * @throws VideoError for a file that is missing, not a file, empty, not readable, no video, without a
 * frame, or whose pictures change their size; its `problem` says which. Frames before the fault may
 * have been given.
 * @throws RangeError when `every` or `spread` is not a positive whole number.
 * @throws Error when there is no ffmpeg; the signal's reason when it aborts.
 *
 * @example
 * ```ts ignore
 * import { videoFrames } from "lib/media/video.ts";
 *
 * for await (const { index, image } of videoFrames("clip.mp4", { choose: { spread: 32 } })) {
 *   // image.data: width · height · 3 values, 0 to 255
 * }
 * ```
 */
export async function* videoFrames(
  path: string,
  options: VideoOptions = {},
): AsyncGenerator<VideoFrame, void, void> {
  const { choose = { every: 5 }, onEnd, ...run } = options;
  const plan = await planOf(path, choose, run);
  await using decoder = await VideoDecoder.start(path, { ...run, select: plan.select });
  const { facts } = decoder;
  let given = 0;
  for await (const data of decoder.pictures()) {
    yield { index: plan.index(given++), image: { data, width: facts.width, height: facts.height } };
  }
  await decoder.end();
  if (given !== plan.count(facts.frames)) {
    throw new VideoError(
      "changes",
      path,
      `${given} pictures came of ${facts.frames} frames, not ${plan.count(facts.frames)} as when ` +
        "it was read before. Wait until the file is whole, and read it again.",
    );
  }
  onEnd?.(facts);
}

/** Which frames come out of ffmpeg. */
interface Plan {
  /** ffmpeg's condition on n, the frame's index. */
  readonly select: string;
  /** The index of the picture that comes out at a place. */
  readonly index: (place: number) => number;
  /** How many pictures come out of so many frames. */
  readonly count: (frames: number) => number;
}

async function planOf(
  path: string,
  choose: FrameChoice,
  run: Pick<VideoOptions, "threads" | "signal">,
): Promise<Plan> {
  if ("every" in choose) {
    const { every } = choose;
    checkWhole("The step between frames", every, 1);
    return {
      select: `not(mod(n,${every}))`,
      index: (place) => place * every,
      count: (frames) => Math.ceil(frames / every),
    };
  }
  checkWhole("The number of frames wanted", choose.spread, 1);
  const { frames } = await probeVideo(path, run);
  const indices = spreadFrames(frames, choose.spread);
  return {
    select: spreadCondition(frames, choose.spread),
    index: (place) => indices[place]!,
    count: (again) => again === frames ? indices.length : NaN,
  };
}
