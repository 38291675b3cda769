/**
 * Many files at once to pixels of one size, in threads of their own. All loaders share them: one starts with the
 * first files, another when all have files to read, up to one a core, and they stay.
 */
import { libraryInUse } from "lib/engine/engine.ts";
import { Thread } from "lib/io/thread.ts";
import type { DecodeQuestion, DecodeReply } from "./decode_worker.ts";
import { type Answer, openQuestions } from "./questions.ts";

/** A way to the threads; disposing of it is that of `Questions`. */
export interface Decoder extends AsyncDisposable {
  /** Pixels of files, or why not; the promise is rejected only when the thread or the decoder ends. */
  decode(paths: readonly string[]): Answer<DecodeReply>;
}

let threads: Thread<DecodeQuestion, DecodeReply>[] = [];

/** A thread that has nothing to read, a new one, or the one that has the least. */
function thread(): Thread<DecodeQuestion, DecodeReply> {
  threads = threads.filter(({ ended }) => !ended);
  const freest = threads.toSorted((a, b) => a.waiting - b.waiting)[0];
  if (freest && (freest.waiting === 0 || threads.length >= navigator.hardwareConcurrency)) {
    return freest;
  }
  const started = new Thread<DecodeQuestion, DecodeReply>(
    new URL("./decode_worker.ts", import.meta.url),
    { what: "reads pictures" },
  );
  threads.push(started);
  return started;
}

/**
 * A way to the threads that read files.
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
