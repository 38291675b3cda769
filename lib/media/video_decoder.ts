/**
 * One run of ffmpeg over one video file: its process, and the raw pictures on its standard output. Its
 * command line is in ffmpeg_arguments.ts, what it says is read in video_facts.ts, and which frames are
 * wanted is left to video.ts.
 */
import { fileFault } from "lib/io/file_fault.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { decodeArguments, ffmpegInput, inputOptions } from "./ffmpeg_arguments.ts";
import { FrameDamage } from "./frame_damage.ts";
import { colourConversion } from "./tone_mapping.ts";
import { VideoError } from "./video_error.ts";
import { hear, type Heard, shortLines, type VideoFacts } from "./video_facts.ts";
import { chooseStream, printedHeader, type VideoStream } from "./video_streams.ts";

/** ffmpeg's exit code when it was told to stop: its output ends early but looks whole. */
const ENDED_BY_SIGNAL = 255;

/** What to decode. */
export interface DecodeOptions {
  /** An expression of ffmpeg's filter `select`, in n; without it no picture comes out. */
  readonly select?: string;
  /** Kills ffmpeg when it aborts. */
  readonly signal?: AbortSignal;
}

/** Refuses what is no file with bytes in it, before ffmpeg sees it. */
async function checkFile(path: string): Promise<void> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new VideoError("notAFile", path, "it is not a file. Give a video's path.");
    if (size === 0) {
      throw new VideoError("empty", path, "the file is empty. Copy or download it again.");
    }
    (await Deno.open(path)).close();
  } catch (error) {
    const fault = fileFault(error);
    if (fault) throw new VideoError(fault.problem, path, fault.explanation, error);
    throw error;
  }
}

/** A run of ffmpeg. It owns a process: declare it with `await using`. */
export class VideoDecoder implements AsyncDisposable {
  /** What is known by now. */
  readonly facts: VideoFacts = {
    frames: 0,
    damaged: [],
    width: 0,
    height: 0,
    rotation: 0,
    complaints: [],
  };
  #heard: Heard;
  #path: string;
  #child: Deno.ChildProcess;
  #signal: AbortSignal | undefined;
  #listening: Promise<void>;
  #hasFrames = Promise.withResolvers<void>();
  #ended = false;

  private constructor(
    path: string,
    child: Deno.ChildProcess,
    { stream, signal }: { stream: VideoStream | undefined; signal: AbortSignal | undefined },
  ) {
    this.#path = path;
    this.#heard = {
      facts: this.facts,
      damage: new FrameDamage(stream?.codec ?? ""),
      input: ffmpegInput(path),
      stream: stream?.number ?? 0,
      opened: false,
      begun: false,
      sized: 0,
    };
    this.#child = child;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#kill);
    this.#listening = this.#listen().finally(() => this.#hasFrames.resolve());
  }

  /**
   * Start ffmpeg on a file.
   *
   * @throws VideoError for a file that is missing, not a file, empty, not readable or without video, and for
   * colours that this ffmpeg cannot convert.
   * @throws Error when there is no ffmpeg; the signal's reason when it has aborted.
   */
  static async start(path: string, options: DecodeOptions = {}): Promise<VideoDecoder> {
    options.signal?.throwIfAborted();
    const { path: program } = await findFfmpeg();
    await checkFile(path);
    const { signal } = options, input = inputOptions(path);
    const header = await printedHeader(input, signal), stream = chooseStream(header);
    if (stream === undefined && / Stream #0:\d/.test(header)) {
      throw new VideoError(
        "notAVideo",
        path,
        "there is no video in it, only sound, text or a cover picture.",
      );
    }
    const colours = stream && options.select !== undefined
      ? await colourConversion(input, { stream, path, signal })
      : undefined;
    const child = new Deno.Command(program, {
      args: decodeArguments(path, { select: options.select, stream, filters: colours?.filters }),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true, // else Ctrl-C ends it first, and its frames look like all there are
    }).spawn();
    const decoder = new VideoDecoder(path, child, { stream, signal });
    if (colours?.toneMapping) decoder.facts.toneMapping = colours.toneMapping;
    return decoder;
  }

  /** Whether it is known of a frame if it is damaged, and that the pictures have not changed up to it. */
  isSettled(frame: number): boolean {
    const { damage, sized, change } = this.#heard;
    return change === undefined && frame < sized && damage.isSettled(frame);
  }

  /** Whether a frame can be shown: of those that are settled, or of all once the video has ended. */
  isWhole(frame: number): boolean {
    const { damage, change } = this.#heard;
    return !damage.isDamaged(frame) && (change === undefined || frame < change.frame);
  }

  /** The selected pictures in their order. ffmpeg waits while nobody asks for the next. */
  async *pictures(): AsyncGenerator<Uint8Array> {
    await this.#hasFrames.promise;
    const size = this.facts.width * this.facts.height * 3;
    if (size === 0) return; // no frame: end() says why
    let picture = new Uint8Array(size), filled = 0;
    for await (const chunk of this.#child.stdout) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + size - filled);
        picture.set(part, filled);
        at += part.length;
        filled += part.length;
        if (filled < size) continue;
        yield picture;
        picture = new Uint8Array(size);
        filled = 0;
      }
    }
  }

  /** Wait until ffmpeg has ended and all that it said was heard. */
  async listenToEnd(): Promise<void> {
    await this.#listening;
    await this.#child.status;
    const { damage } = this.#heard;
    damage.end();
    this.facts.damaged = damage.damaged;
    this.#ended = true;
    this.#signal?.throwIfAborted();
  }

  /**
   * Wait for ffmpeg's end and judge it. A video of which some frames could be decoded is good enough;
   * what was wrong with it stands in the complaints.
   *
   * @throws VideoError when no frame could be decoded, the pictures change their size, or ffmpeg died.
   */
  async end(): Promise<void> {
    await this.listenToEnd();
    const { code, signal } = await this.#child.status;
    const { frames, complaints } = this.facts, { change, opened } = this.#heard;
    if (change !== undefined) {
      throw new VideoError(
        "changes",
        this.#path,
        `its pictures change at frame ${change.frame}, ${change.how}. Convert it to one size first, for ` +
          "example with ffmpeg's filter scale.",
      );
    }
    if (frames > 0) complaints.sort(); // decoding threads complain in any order
    const said = complaints.join("; ").replace(/\.$/, "") || "nothing";
    if (signal !== null || code === ENDED_BY_SIGNAL) {
      throw new VideoError(
        "decoderDied",
        this.#path,
        `ffmpeg was ended by ${signal ?? "a signal"} after ${frames} frames. It said: ${said}. ` +
          "Is there enough memory? If it dies again, convert the video or leave it out.",
      );
    }
    if (frames > 0) return;
    if (opened) {
      throw new VideoError(
        "noFrames",
        this.#path,
        `not one frame of it can be decoded. ffmpeg said: ${said}. Copy or download it again.`,
      );
    }
    throw new VideoError(
      "notAVideo",
      this.#path,
      `ffmpeg cannot decode it: ${said}. Copy or download it again; playlists and lists of files ` +
        "are not read.",
    );
  }

  /** Kills ffmpeg if it still runs, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#kill);
    if (!this.#ended) this.#kill();
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel();
    await this.#listening;
    await this.#child.status;
  }

  #kill = (): void => {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended already
    }
  };

  async #listen(): Promise<void> {
    for await (const line of shortLines(this.#child.stderr)) {
      hear(this.#heard, line);
      if (this.#heard.sized > 0) this.#hasFrames.resolve();
    }
  }
}
