/** Several pieces of work at once, as many as fit, without reading ahead of them. */

/**
 * The results of `work` on the items, in the order in which they are finished.
 *
 * @param atOnce How many are worked on at the same time, 1 or more.
 * @param stop Called before the rest is waited for, when one fails or the loop is left.
 * @throws What the first failing piece of work throws, once all others have ended.
 */
export async function* pooled<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  { atOnce, stop }: { atOnce: number; stop: () => void },
): AsyncGenerator<Result, void, void> {
  const running = new Map<number, Promise<[number, Result]>>();
  const iterator = items[Symbol.asyncIterator]();
  let started = 0, more = true;
  try {
    while (true) {
      while (more && running.size < atOnce) {
        const next = await iterator.next();
        if (next.done) {
          more = false;
          break;
        }
        const number = started++;
        const promise = work(next.value).then((result): [number, Result] => [number, result]);
        promise.catch(() => {}); // it is told below, when its turn comes
        running.set(number, promise);
      }
      if (running.size === 0) return;
      const [number, result] = await Promise.race(running.values());
      running.delete(number);
      yield result;
    }
  } finally {
    stop();
    await Promise.allSettled(running.values());
    await iterator.return?.();
  }
}
