/**
 * Work in a thread of its own: questions, answers, and who waits for them. What the thread does is its
 * file's business; it answers with the question's `id`.
 *
 * Send numbers as ArrayBuffers: Deno 2.9 walks through typed arrays on their way into such a thread, value
 * by value, which takes 60 ns each. (Web workers do not, but keep the program from ending.)
 */
import { Worker } from "node:worker_threads";

/** A question that was asked. */
export interface Asked<Reply> {
  /** The answer; rejected when the thread ends. */
  readonly result: Promise<Reply>;
  /** Its number. */
  readonly id: number;
}

/** A thread. It runs until `end`, but does not keep the program alive while nobody waits for it. */
export class Thread<Question extends object, Reply extends { readonly id: number }> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<Reply>>();
  #next = 0;
  #ended: Error | undefined;

  /**
   * Starts it.
   *
   * @param options `what` it does, for the error when it ends by itself, such as "reads pictures".
   */
  constructor(file: URL, { what }: { what: string }) {
    this.#worker = new Worker(file);
    this.#worker.unref();
    this.#worker.on("message", (reply: Reply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#forget(reply.id);
    });
    this.#worker.on("error", (error: Error) => {
      this.#fail(new Error(`The thread that ${what} ended: ${error.message}`));
    });
  }

  /** Whether it has ended: no question is answered any more. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** How many questions wait for their answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks; buffers in `transfer` go to the thread, and are empty here afterwards. */
  ask(question: Question, transfer: readonly ArrayBuffer[] = []): Asked<Reply> {
    const id = this.#next++, reply = Promise.withResolvers<Reply>();
    reply.promise.catch(() => {}); // it may be met late, or never
    if (this.#ended) reply.reject(this.#ended);
    else {
      this.#waiting.set(id, reply);
      this.#worker.ref();
      this.#worker.postMessage({ ...question, id }, [...transfer]);
    }
    return { id, result: reply.promise };
  }

  /** Sends what has no answer. */
  tell(message: object): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  /** Ends it; what is waited for is rejected with the reason. */
  async end(reason: Error): Promise<void> {
    this.#fail(reason);
    await this.#worker.terminate();
  }

  #fail(reason: Error): void {
    this.#ended ??= reason;
    for (const id of this.#waiting.keys()) this.#forget(id, reason);
  }

  #forget(id: number, reason?: Error): void {
    if (reason) this.#waiting.get(id)?.reject(reason);
    const known = this.#waiting.delete(id);
    if (known && this.#waiting.size === 0) this.#worker.unref();
  }
}
