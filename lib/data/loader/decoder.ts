/**
 * Many files at once to pixels of one size, in a thread of their own. All loaders share it: it starts
 * with the first file, stays, and never keeps the program from ending.
 */
import { Worker } from "node:worker_threads";
import { libraryInUse } from "lib/engine/engine.ts";
import type { DecodeReply, DecodeRequest } from "./decode_worker.ts";

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

/** The thread, and who waits for it. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<DecodeReply>>;
}

let shared: Thread | undefined;
let next = 0;

function startThread(): Thread {
  const worker = new Worker(new URL("./decode_worker.ts", import.meta.url));
  const thread: Thread = { worker, waiting: new Map() };
  worker.unref();
  worker.on("message", (reply: DecodeReply) => {
    thread.waiting.get(reply.id)?.resolve(reply);
    forget(thread, reply.id);
  });
  worker.on("error", (error: Error) => {
    shared = undefined; // the next request starts another
    const reason = new Error(`The thread that reads pictures ended: ${error.message}`);
    for (const [id, { reject }] of thread.waiting) {
      reject(reason);
      forget(thread, id);
    }
  });
  return thread;
}

/** Waits no more; a thread that nobody waits for does not keep the program alive. */
function forget({ waiting, worker }: Thread, id: number): boolean {
  const known = waiting.delete(id);
  if (known && waiting.size === 0) worker.unref();
  return known;
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
    const thread = shared ??= startThread(), id = next++;
    thread.waiting.set(id, reply);
    thread.worker.ref();
    const library = libraryInUse();
    thread.worker.postMessage({ id, paths, size, library } satisfies DecodeRequest);
    const callOff = () => {
      if (forget(thread, id)) thread.worker.postMessage({ callOff: id });
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
