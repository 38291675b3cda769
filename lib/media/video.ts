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
 * rotation, duration and the meaning of colours. Light is not measured, and `toneMapping` not told.
 *
 * @throws VideoError as `videoFrames` does.
 */
export async function probeVideo(
  path: string,
  options: Pick<VideoOptions, "signal"> = {},
): Promise<Readonly<VideoFacts>> {
  await using decoder = await VideoDecoder.start(path, options);
  await decoder.end();
  return decoder.facts;
}

/**
 * Frames of a video one after another. One is in memory at a time; ffmpeg waits while it is worked on,
 * and ends when the loop is left.
 *
 * Rotation flags are applied; pixels that are not square are not stretched. Colours are converted to sRGB:
 * matrix and range as the file says, and high dynamic range (PQ, HLG) as tone_mapping.ts tells. Of several
 * video streams the one marked as default is read; a cover picture of sound is none. Frames that are spread
 * cost two decodings, because headers do not always tell how many there are.
 *
 * **Damage.** A frame is left out when ffmpeg reports damage in it or near it, or when it may build on such a
 * frame: frame_damage.ts has the rule. Indices count all frames, so that the others keep theirs; `onEnd`
 * tells which were damaged, and what was said, in `damaged` and `complaints`. What a decoder does not
 * notice cannot be told: a few wrong bytes in HEVC, VP8, VP9 or Motion JPEG often decode as another picture.
 *
 * @param path A file in a common container (MP4, MOV, MKV, WebM, AVI, MPEG, FLV, ASF, OGG, MXF). Any
 * name; it is never taken for an option, a protocol or a pattern.
 * @throws VideoError for a file that is missing, not a file, empty, not readable, no video, without a
 * frame, of unsupported colours, without a chosen frame that is whole, or whose pictures change their size;
 * its `problem` says which. All whole frames before a change have been given.
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
  const held: VideoFrame[] = []; // until it is known whether they are damaged
  let pictures = 0, given = 0;
  for await (const data of decoder.pictures()) {
    const { width, height } = facts;
    held.push({ index: plan.index(pictures++), image: { data, width, height } });
    while (held.length > 0 && decoder.isSettled(held[0].index)) {
      const frame = held.shift()!;
      if (!decoder.isWhole(frame.index)) continue;
      given++;
      yield frame;
    }
  }
  await decoder.listenToEnd();
  for (const frame of held.filter(({ index }) => decoder.isWhole(index))) {
    given++;
    yield frame;
  }
  await decoder.end();
  if (pictures !== plan.count(facts.frames)) {
    throw new VideoError(
      "changes",
      path,
      `${pictures} pictures came of ${facts.frames} frames, not ${
        plan.count(facts.frames)
      } as when ` +
        "it was read before. Wait until the file is whole, and read it again.",
    );
  }
  if (given === 0) {
    throw new VideoError(
      "damaged",
      path,
      `of its chosen frames (${pictures}) none is whole: ${
        damageIn(facts)
      }. Copy or download it again.`,
    );
  }
  onEnd?.(facts);
}

/** Numbers in order as ranges: "0–4, 7". */
function ranges(numbers: readonly number[]): string {
  const pairs: [number, number][] = [];
  for (const number of numbers) {
    const last = pairs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else pairs.push([number, number]);
  }
  const shown = pairs.slice(0, 10).map(([a, b]) => a === b ? `${a}` : `${a}–${b}`).join(", ");
  return pairs.length > 10 ? `${shown}, …` : shown;
}

/**
 * What ffmpeg said of damage, and which frames it is about, as words for a report; undefined of a video that
 * is whole.
 *
 * @param facts Of the whole video, from `probeVideo` or `onEnd`.
 */
export function damageIn(
  { frames, damaged, complaints }: Readonly<VideoFacts>,
): string | undefined {
  if (complaints.length === 0 && damaged.length === 0) return undefined;
  const which = damaged.length === 0
    ? "no decoded frame is damaged"
    : `${damaged.length} of ${frames} frames are damaged or may build on damaged ones ` +
      `(${ranges(damaged)})`;
  return `${which}; ffmpeg said: ${complaints.join("; ")}`;
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
  run: Pick<VideoOptions, "signal">,
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
