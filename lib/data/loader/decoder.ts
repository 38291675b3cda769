/**
 * Many files at once to pixels of one size, in a thread of their own. All loaders share it: it starts
 * with the first file and stays.
 */
import { libraryInUse } from "lib/engine/engine.ts";
import { Thread } from "../thread.ts";
import type { DecodeQuestion, DecodeReply } from "./decode_worker.ts";

/** A way to the thread; dispose of it to call off all that it was asked for. */
export interface Decoder extends Disposable {
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
  const own = new Set<() => void>();
  let closed = false;
  const decode = (paths: readonly string[]): Decoding => {
    const reply = Promise.withResolvers<DecodeReply>();
    reply.promise.catch(() => {}); // prefetched ones may be met late, or never
    if (closed) {
      reply.reject(new Error("The loader was closed."));
      return { result: reply.promise, callOff: () => {} };
    }
    const reader = thread(), asked = reader.ask({ paths, size, library: libraryInUse() });
    asked.result.then(reply.resolve, reply.reject);
    const callOff = () => {
      if (asked.forget()) reader.tell({ callOff: asked.id });
    };
    const close = () => {
      callOff();
      reply.reject(new Error("The loader was closed."));
    };
    own.add(close);
    reply.promise.finally(() => own.delete(close)).catch(() => {});
    return { result: reply.promise, callOff };
  };
  const dispose = () => {
    closed = true;
    for (const close of own) close();
  };
  return { decode, [Symbol.dispose]: dispose };
}
