/**
 * Many files at once to pixels of one size, in a thread of their own. All loaders share it: it starts
 * with the first file and stays.
 */
import { libraryInUse } from "lib/engine/engine.ts";
import { Thread } from "lib/io/thread.ts";
import type { DecodeQuestion, DecodeReply } from "./decode_worker.ts";
import { type Answer, openQuestions } from "./questions.ts";

/** A way to the thread; disposing of it is that of `Questions`. */
export interface Decoder extends AsyncDisposable {
  /** Pixels of files, or why not; the promise is rejected only when thread or decoder ends. */
  decode(paths: readonly string[]): Answer<DecodeReply>;
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
  const questions = openQuestions<DecodeQuestion, DecodeReply>();
  return {
    decode: (paths) => questions.ask(thread, { paths, size, library: libraryInUse() }),
    [Symbol.asyncDispose]: () => questions[Symbol.asyncDispose](),
  };
}
