/**
 * What H.264 leaves of pictures, and of videos that are encoded again: the field's seventh distortion, which
 * belongs to clips and not to single frames. The others are in distortions.ts.
 */
import { join } from "node:path";
import type { Distortion } from "./distortions.ts";
import type { RgbImage } from "./image.ts";
import { spreadFrames, type VideoFrame, videoFrames, type VideoOptions } from "./video.ts";
import { writeVideo } from "./write_video.ts";

/**
 * The kind as an entry of tables: DeeperForensics' code and its constant rate factors at levels 1 to 5, with
 * ffmpeg's default encoder and preset (x264, medium). [official `perturbation/`, commit 4f6ecff]
 */
export const VIDEO_COMPRESSION: {
  /** Its code. */
  readonly kind: "VC";
  /** Its name for people. */
  readonly name: string;
  /** x264's constant rate factor at levels 1 to 5. */
  readonly parameters: readonly number[];
} = Object.freeze({
  kind: "VC",
  name: "H.264 video",
  parameters: Object.freeze([30, 32, 35, 38, 40]),
});

function rateFactor(level: Distortion["level"]): number {
  const crf = VIDEO_COMPRESSION.parameters[level - 1];
  if (crf === undefined) throw new RangeError(`A level is 1 (mild) to 5 (strong), not ${level}.`);
  return crf;
}

/** Frames of a shot, and which of them is kept: one between others, as nearly all of a video are. */
const SHOT = 8, KEPT = 5;

/** The picture moved to the left by some columns, as by a camera that pans; at an edge its pixels go on. */
function panned({ data: from, width, height }: RgbImage, columns: number): RgbImage {
  const data = new Uint8Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const at = 3 * (y * width + Math.min(width - 1, Math.max(0, x + columns)));
      data[to] = from[at];
      data[to + 1] = from[at + 1];
      data[to + 2] = from[at + 2];
    }
  }
  return { data, width, height };
}

/**
 * The pictures as a video leaves them. Each is a shot of eight frames in which a camera pans over it by a pixel
 * a frame; the shots are one video, H.264 in 4:2:0 at the level's constant rate factor, with a key frame at the
 * beginning of each. Decoded again, the sixth frame of a shot is the picture in its own place: one that the
 * encoder mostly takes from its neighbours, as nearly all frames of a video are.
 *
 * @param pictures RGB, of one size with even sides; one is in memory at a time.
 * @returns As many pictures of the same size, in their order.
 * @throws RangeError for no picture, for another size, for odd sides, and for a level that there is not.
 * @throws Error when there is no ffmpeg, or it cannot encode H.264.
 *
 * @example A black picture stays one
 * ```ts
 * import { compressedInVideo } from "lib/media/video_compression.ts";
 * import assert from "node:assert/strict";
 *
 * const black = { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 };
 * const [image] = await Array.fromAsync(compressedInVideo([black], 5));
 * assert.deepEqual([image.width, image.height, Math.max(...image.data)], [32, 32, 0]);
 * ```
 */
export async function* compressedInVideo(
  pictures: AsyncIterable<RgbImage> | Iterable<RgbImage>,
  level: Distortion["level"],
): AsyncGenerator<RgbImage, void, void> {
  const crf = rateFactor(level);
  async function* shots() {
    for await (const picture of pictures) {
      for (let frame = 0; frame < SHOT; frame++) yield panned(picture, frame - KEPT);
    }
  }
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "shots.mp4");
    await writeVideo(path, shots(), { fps: 25, crf, preset: "medium", keyFrameEvery: SHOT });
    for await (const { index, image } of videoFrames(path, { choose: { every: 1 } })) {
      if (index % SHOT === KEPT) yield image;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The picture without its last column and row where their number is odd: 4:2:0 has half of each. */
function evenSides(image: RgbImage): RgbImage {
  const [width, height] = [image.width, image.height].map((side) => side - side % 2);
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = y * image.width * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, width, height };
}

/**
 * Frames of a video as they are once it has been encoded again, all of it, at the level's rate factor and 25
 * frames a second: as `videoFrames` otherwise, with the indices of the video that was given. Frames that are
 * damaged there are left out before; an odd last column or row is cut off. Needs room for the video in the
 * system's temporary folder.
 *
 * @throws As `videoFrames` and `writeVideo`; RangeError for a level that there is not.
 *
 * @example
 * ```ts ignore
 * import { recompressedFrames } from "lib/media/video_compression.ts";
 *
 * for await (const { index, image } of recompressedFrames("clip.mp4", { level: 3, choose: { every: 5 } })) {
 *   // index 0, 5, 10, …
 * }
 * ```
 */
export async function* recompressedFrames(
  path: string,
  { level, choose = { every: 5 }, onEnd, ...run }: VideoOptions & {
    readonly level: Distortion["level"];
  },
): AsyncGenerator<VideoFrame, void, void> {
  const crf = rateFactor(level), indices: number[] = [];
  let count = 0;
  async function* whole() {
    const frames = videoFrames(path, {
      ...run,
      choose: { every: 1 },
      onEnd: (facts) => {
        count = facts.frames;
        onEnd?.(facts);
      },
    });
    for await (const { index, image } of frames) {
      indices.push(index);
      yield evenSides(image);
    }
  }
  const folder = await Deno.makeTempDir();
  try {
    const again = join(folder, "video.mp4");
    await writeVideo(again, whole(), { fps: 25, crf, preset: "medium" });
    const wanted = "spread" in choose ? new Set(spreadFrames(count, choose.spread)) : undefined;
    for await (
      const { index: place, image } of videoFrames(again, { ...run, choose: { every: 1 } })
    ) {
      const index = indices[place]!;
      const chosen = "every" in choose ? index % choose.every === 0 : wanted!.has(index);
      if (chosen) yield { index, image };
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
