/** Questions to threads that read for a loader, and what becomes of them when nobody waits any more. */
import type { Thread } from "lib/io/thread.ts";

/** A question that was asked. */
export interface Answer<Reply> {
  /** What comes of it; rejected when the thread or the way to it ends. */
  readonly result: Promise<Reply>;
  /** Says that nobody waits for it any more; the promise is left as it is. */
  callOff(): void;
}

/**
 * A way to threads. Disposing of it calls off all that they were asked for, and waits for the pictures at
 * hand: a program that ends while a native decoder is at work would crash.
 */
export interface Questions<Question extends object, Reply extends { readonly id: number }>
  extends AsyncDisposable {
  /** Asks a thread; buffers in `transfer` go there, and are empty here afterwards. */
  ask(
    thread: () => Thread<Question, Reply>,
    question: Question,
    transfer?: readonly ArrayBuffer[],
  ): Answer<Reply>;
}

/** Opens a way to threads, which answer a `{ callOff: id }` with what there is of the question. */
export function openQuestions<
  Question extends object,
  Reply extends { readonly id: number },
>(): Questions<
  Question,
  Reply
> {
  const open = new Set<{ callOff: () => unknown; reject: (error: Error) => void }>();
  const atWork = new Set<Promise<unknown>>();
  let closed = false;
  const ask: Questions<Question, Reply>["ask"] = (threadOf, question, transfer) => {
    if (closed) {
      const result = Promise.reject(closing());
      result.catch(() => {}); // prefetched ones may be met late, or never
      return { result, callOff: () => {} };
    }
    const thread = threadOf(), asked = thread.ask(question, transfer);
    const answer = Promise.withResolvers<Reply>();
    answer.promise.catch(() => {}); // as above
    const waiting = {
      callOff: () => open.delete(waiting) && thread.tell({ callOff: asked.id }),
      reject: answer.reject,
    };
    open.add(waiting);
    const settled = asked.result.then(
      (reply) => open.delete(waiting) && answer.resolve(reply),
      (error) => open.delete(waiting) && answer.reject(error),
    ).finally(() => atWork.delete(settled));
    atWork.add(settled);
    return { result: answer.promise, callOff: () => void waiting.callOff() };
  };
  const dispose = async () => {
    closed = true;
    const left = [...open];
    for (const { callOff } of left) callOff();
    await Promise.all(atWork);
    for (const { reject } of left) reject(closing());
  };
  return { ask, [Symbol.asyncDispose]: dispose };
}

const closing = () => new Error("The loader was closed.");
