/**
 * Many files at once to pixels of one size, in a thread of their own. All loaders share it: it starts
 * with the first file and stays.
 */
import { libraryInUse } from "lib/engine/engine.ts";
import { Thread } from "lib/io/thread.ts";
import type { DecodeQuestion, DecodeReply } from "./decode_worker.ts";

/**
 * A way to the thread. Disposing of it calls off all that it was asked for, and waits for the pictures at
 * hand: a program that ends while a native decoder is at work would crash.
 */
export interface Decoder extends AsyncDisposable {
  /** Pixels of files, or why not; the promise is rejected only when thread or decoder ends. */
  decode(paths: readonly string[]): Decoding;
}

/** Files that are being read. */
export interface Decoding {
  /** What comes of them. */
  readonly result: Promise<Omit<DecodeReply, "id">>;
  /** Says that nobody waits for them any more; the promise is left as it is. */
  callOff(): void;
}

/** A question that is waited for. */
interface Question {
  /** Says that nobody waits for it any more. */
  readonly callOff: () => unknown;
  readonly reject: (error: Error) => void;
}

let shared: Thread<DecodeQuestion, DecodeReply> | undefined;

function thread(): Thread<DecodeQuestion, DecodeReply> {
  if (shared && !shared.ended) return shared;
  return shared = new Thread(new URL("./decode_worker.ts", import.meta.url), {
    what: "reads pictures",
  });
}

/**
 * A way to the thread that reads files.
 *
 * @param options `size`: side of the results in pixels.
 */
export function openDecoder({ size }: { size: number }): Decoder {
  const open = new Set<Question>(), atWork = new Set<Promise<unknown>>();
  let closed = false;
  const decode = (paths: readonly string[]): Decoding => {
    if (closed) {
      const result = Promise.reject(closing());
      result.catch(() => {}); // prefetched ones may be met late, or never
      return { result, callOff: () => {} };
    }
    const reader = thread(), asked = reader.ask({ paths, size, library: libraryInUse() });
    const answer = Promise.withResolvers<DecodeReply>();
    answer.promise.catch(() => {}); // as above
    const question: Question = {
      callOff: () => open.delete(question) && reader.tell({ callOff: asked.id }),
      reject: answer.reject,
    };
    open.add(question);
    const settled = asked.result.then(
      (reply) => open.delete(question) && answer.resolve(reply),
      (error) => open.delete(question) && answer.reject(error),
    ).finally(() => atWork.delete(settled));
    atWork.add(settled);
    return { result: answer.promise, callOff: () => void question.callOff() };
  };
  const dispose = async () => {
    closed = true;
    const left = [...open];
    for (const { callOff } of left) callOff();
    await Promise.all(atWork);
    for (const { reject } of left) reject(closing());
  };
  return { decode, [Symbol.asyncDispose]: dispose };
}

const closing = () => new Error("The loader was closed.");
