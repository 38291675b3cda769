/**
 * Many files at once to pixels of one size, in a thread of their own. All loaders share it: it starts
 * with the first file and stays.
 */
import { libraryInUse } from "lib/engine/engine.ts";
import { Thread } from "lib/io/thread.ts";
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
  const open = new Set<(reason?: Error) => void>();
  let closed = false;
  const decode = (paths: readonly string[]): Decoding => {
    if (closed) {
      const result = Promise.reject(closing());
      result.catch(() => {}); // prefetched ones may be met late, or never
      return { result, callOff: () => {} };
    }
    const reader = thread(), asked = reader.ask({ paths, size, library: libraryInUse() });
    const callOff = (reason?: Error) => {
      open.delete(callOff);
      if (asked.forget(reason)) reader.tell({ callOff: asked.id });
    };
    open.add(callOff);
    asked.result.finally(() => open.delete(callOff)).catch(() => {});
    return { result: asked.result, callOff: () => callOff() };
  };
  const dispose = () => {
    closed = true;
    for (const callOff of open) callOff(closing());
  };
  return { decode, [Symbol.dispose]: dispose };
}

const closing = () => new Error("The loader was closed.");
