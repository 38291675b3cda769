/** Pictures as a video: H.264 in an MP4, as telephones and platforms give it. Reading is left to video.ts. */
import { basename, dirname, join } from "node:path";
import { findFfmpeg } from "./ffmpeg.ts";
import { ffmpegInput } from "./ffmpeg_arguments.ts";
import type { RgbImage } from "./image.ts";

/** How a video is encoded. */
export interface VideoEncoding {
  /** Frames a second. */
  readonly fps: number;
  /** x264's constant rate factor, 0 (without loss of luminance) to 51; FaceForensics++'s c23 is 23. Default 23. */
  readonly crf?: number;
  /** How long x264 searches: `"medium"` is its own and ffmpeg's default. Default: `"veryfast"`. */
  readonly preset?: "veryfast" | "medium";
  /**
   * Frames from one key frame to the next, which no frame leans across. Default: key frames where the picture
   * changes, and every 250 frames.
   */
  readonly keyFrameEvery?: number;
}

/** Gives every picture to ffmpeg, whose buffer decides how fast. */
async function feed(
  input: WritableStream<Uint8Array>,
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
  { width, height }: RgbImage,
): Promise<void> {
  const writer = input.getWriter();
  try {
    for await (const frame of frames) {
      if (frame.width !== width || frame.height !== height) {
        throw new RangeError(
          `A video's pictures are of one size: ${width} × ${height}, not ${frame.width} × ${frame.height}.`,
        );
      }
      await writer.write(frame.data as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  } catch (error) {
    await writer.abort().catch(() => {}); // else ffmpeg waits for more
    throw error;
  }
}

/**
 * Writes pictures as an MP4 with H.264 (4:2:0, by one thread: the same pictures give the same bytes with the
 * same ffmpeg). The file is there whole or not at all; its folder is made.
 *
 * @param frames RGB, all of one size with even sides; at least one.
 * @throws RangeError for none, for another size, for sides that are odd, and for values out of range; what the
 * pictures' own source throws.
 * @throws Error when there is no ffmpeg, or it cannot encode H.264: with what it said.
 *
 * @example
 * ```ts
 * import { probeVideo } from "lib/media/video.ts";
 * import { writeVideo } from "lib/media/write_video.ts";
 * import assert from "node:assert/strict";
 *
 * const grey = (value: number) => ({ data: new Uint8Array(32 * 32 * 3).fill(value), width: 32, height: 32 });
 * const folder = await Deno.makeTempDir();
 * await writeVideo(`${folder}/clip.mp4`, [10, 20, 30].map(grey), { fps: 10 });
 * assert.equal((await probeVideo(`${folder}/clip.mp4`)).frames, 3);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeVideo(
  path: string,
  frames: AsyncIterable<RgbImage> | Iterable<RgbImage>,
  { fps, crf = 23, preset = "veryfast", keyFrameEvery }: VideoEncoding,
): Promise<void> {
  if (!(fps > 0 && fps <= 1000)) throw new RangeError(`fps is above 0 up to 1000, not ${fps}.`);
  if (!(crf >= 0 && crf <= 51)) throw new RangeError(`crf is from 0 to 51, not ${crf}.`);
  if (keyFrameEvery !== undefined && !(Number.isSafeInteger(keyFrameEvery) && keyFrameEvery >= 1)) {
    throw new RangeError(`keyFrameEvery is a whole number from 1, not ${keyFrameEvery}.`);
  }
  const keyFrames = keyFrameEvery === undefined
    ? []
    : ["-g", `${keyFrameEvery}`, "-keyint_min", `${keyFrameEvery}`, "-sc_threshold", "0"];
  const all = Symbol.asyncIterator in frames
    ? frames[Symbol.asyncIterator]()
    : frames[Symbol.iterator]();
  const first = await all.next();
  if (first.done) throw new RangeError("A video needs at least one picture.");
  const { width, height } = first.value;
  if (width % 2 !== 0 || height % 2 !== 0) {
    throw new RangeError(`H.264 in 4:2:0 needs even sides, not ${width} × ${height}.`);
  }
  await Deno.mkdir(dirname(path), { recursive: true });
  const unfinished = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
  const child = new Deno.Command((await findFfmpeg()).path, {
    args: [
      ...["-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`],
      ...["-r", `${fps}`, "-i", "pipe:0", "-an", "-threads", "1", "-c:v", "libx264"],
      ...["-preset", preset, "-crf", `${crf}`, ...keyFrames, "-pix_fmt", "yuv420p", "-bitexact"],
      ...["-f", "mp4", ffmpegInput(unfinished)],
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  let fault: { error: unknown } | undefined; // of the pictures' source, not of ffmpeg
  async function* again() {
    try {
      yield first.value as RgbImage;
      for (let next = await all.next(); !next.done; next = await all.next()) yield next.value;
    } catch (error) {
      fault = { error };
      throw error;
    }
  }
  try {
    const fed = await feed(child.stdin, again(), first.value).then(
      () => undefined,
      (e) => e as Error,
    );
    const { success } = await child.status;
    if (fault !== undefined) throw fault.error;
    if (fed instanceof RangeError) throw fed;
    if (!success || fed !== undefined) {
      throw new Error(
        `ffmpeg could not write ${JSON.stringify(path)}: ${(await said).trim() || fed?.message}. ` +
          "Check that the disk has space, and that this ffmpeg was built with libx264.",
      );
    }
    await Deno.rename(unfinished, path);
  } finally {
    await said;
    await Deno.remove(unfinished).catch(() => {}); // it is gone where all went well
  }
}
