/**
 * A thread in which the loader reads files, so that it goes on while the main thread is in a training
 * step. It reads what it is asked for in turn, a few pictures at once, and forgets what is called off.
 */
import { parentPort } from "node:worker_threads";
import sharp from "sharp";
import { type JpegDecoder, openJpegDecoder } from "lib/engine/jpeg_decoder.ts";
import { ImageError, type ImageProblem } from "lib/media/image_error.ts";
import { openJobQueue } from "./job_queue.ts";
import { readPicture } from "./read_picture.ts";

/** What the thread is asked for. */
export interface DecodeQuestion {
  /** Files; at least one. */
  readonly paths: readonly string[];
  /** Side of the results in pixels. */
  readonly size: number;
  /** Path of TensorFlow's library where the engine runs on it: its decoder is the faster one. */
  readonly library: string | undefined;
}

/** A file that could not be read. */
export interface DecodeFailure {
  /** Its place among the files that were asked for. */
  readonly place: number;
  /** The reason in one word; undefined where it is not the picture's fault: too many open files, say. */
  readonly problem: ImageProblem | undefined;
  /** The reason in a sentence. */
  readonly explanation: string;
}

/** What came of a question. */
export interface DecodeReply {
  /** The question's. */
  readonly id: number;
  /** files · size · size · 3 values, RGB, 0 to 255, in the order of the files; 0 where one failed. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** In the order of the files. */
  readonly failures: readonly DecodeFailure[];
}

sharp.cache(false); // no file is read twice in a row: keeping what was done costs time and memory

/** Pictures at once: as many as there are cores, and as many again whose bytes are being read. */
const AT_ONCE = 2 * navigator.hardwareConcurrency;

const queue = openJobQueue({ atOnce: AT_ONCE });
let decoder: JpegDecoder | undefined;

parentPort!.on("message", (asked: DecodeQuestion & { id: number } | { callOff: number }) => {
  if ("callOff" in asked) return queue.callOff(asked.callOff);
  const { id, paths, size, library } = asked;
  if (library !== undefined) decoder ??= openJpegDecoder(library); // an engine's library never changes
  const pixels = new Uint8Array(paths.length * size * size * 3), failures: DecodeFailure[] = [];
  queue.add({
    id,
    pieces: paths.length,
    work: async (place) => {
      try {
        const { data } = await readPicture(paths[place], { size, decoder });
        pixels.set(data, place * size * size * 3);
      } catch (error) {
        const { problem, explanation } = error instanceof ImageError
          ? error
          : { problem: undefined, explanation: (error as Error).message };
        failures.push({ place, problem, explanation });
      }
    },
    answer: () => {
      failures.sort((a, b) => a.place - b.place);
      parentPort!.postMessage({ id, pixels, failures } satisfies DecodeReply, [pixels.buffer]);
    },
  });
});
