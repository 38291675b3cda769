import assert from "node:assert/strict";
import { pooled } from "lib/io/work_pool.ts";

/** 0, 1, 2 … and whether the loop over it was ended. */
async function* numbers(count: number, log: string[]): AsyncGenerator<number> {
  try {
    for (let n = 0; n < count; n++) yield n;
  } finally {
    log.push("ended");
  }
}

Deno.test("pooled works on as many as told, reads no further, and gives results as they come", async () => {
  const waiting = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const log: string[] = [];
  const results = pooled(numbers(4, log), async (n) => {
    log.push(`begin ${n}`);
    await waiting[n].promise;
    return n;
  }, { atOnce: 2, stop: () => log.push("stop") });
  waiting[1].resolve();
  assert.equal((await results.next()).value, 1);
  assert.deepEqual(log, ["begin 0", "begin 1"]);
  for (const { resolve } of waiting) resolve();
  assert.deepEqual((await Array.fromAsync(results)).toSorted(), [0, 2, 3]);
  assert.deepEqual(log.slice(2), ["begin 2", "begin 3", "ended", "stop"]);
});

Deno.test("pooled throws the first failure when all others have ended", async () => {
  const log: string[] = [], slow = Promise.withResolvers<void>();
  const results = pooled(numbers(9, log), async (n) => {
    if (n === 1) throw new Error("one is bad");
    await slow.promise;
    log.push(`end ${n}`);
  }, { atOnce: 2, stop: () => slow.resolve() });
  await assert.rejects(Array.fromAsync(results), /one is bad/);
  assert.deepEqual(log, ["end 0", "ended"]);
});
