/**
 * RetinaFace's network in threads of its own, a picture in each: onnxruntime keeps its caller waiting, and
 * a network this small gains nothing from several threads of onnxruntime's.
 */
import type { RetinafaceQuestion, RetinafaceReply } from "./face_detector_worker.ts";
import type { Outputs } from "./retinaface.ts";
import { Thread } from "lib/io/thread.ts";

type NetworkThread = Thread<RetinafaceQuestion, RetinafaceReply>;

/** The loaded detector. It owns threads: release it, or declare it with `await using`. */
export class FaceDetector {
  #threads: readonly NetworkThread[];

  private constructor(threads: readonly NetworkThread[]) {
    this.#threads = threads;
  }

  /**
   * Loads an ONNX file in as many threads; `openFaceDetector` finds the right file.
   *
   * @throws Error when it cannot be loaded.
   */
  static async load(path: string, threads: number): Promise<FaceDetector> {
    const file = new URL("./face_detector_worker.ts", import.meta.url);
    const started = Array.from(
      { length: threads },
      (): NetworkThread => new Thread(file, { what: "looks for faces" }),
    );
    const detector = new FaceDetector(started);
    try {
      await Promise.all(started.map(async (thread) => {
        const { error } = await thread.ask({ path }).result;
        if (error !== undefined) throw new Error(error);
      }));
    } catch (error) {
      await detector.release();
      throw error;
    }
    return detector;
  }

  /**
   * Runs the network on B, G, R planes of `height` × `width` with their means subtracted, in the thread
   * with the least to do.
   *
   * @param planes Go to the thread: the array is empty afterwards.
   * @throws Error after `release`, and when onnxruntime fails.
   */
  async run(
    planes: Float32Array<ArrayBuffer>,
    { width, height }: { width: number; height: number },
  ): Promise<Outputs> {
    if (this.#threads.length === 0) throw released();
    const thread = this.#threads.reduce((a, b) => b.waiting < a.waiting ? b : a);
    const question = { planes: planes.buffer, width, height };
    const { outputs, error } = await thread.ask(question, [planes.buffer]).result;
    if (outputs === undefined) throw new Error(error);
    return outputs;
  }

  /** End the threads; what they were asked for is refused. A second call does nothing. */
  async release(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.end(released())));
  }

  /** The same as `release`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

const released = () => new Error("The face detector was released. Open another one.");
