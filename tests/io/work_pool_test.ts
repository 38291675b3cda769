import assert from "node:assert/strict";
import { pooled } from "lib/io/work_pool.ts";

async function* numbers(count: number) {
  for (let i = 0; i < count; i++) yield i;
}

Deno.test("pooled works on so many at once, and yields each when it is done", async () => {
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const started: number[] = [];
  const work = async (i: number) => {
    started.push(i);
    await ends[i]!.promise;
    return i * i;
  };
  const results = pooled(numbers(5), work, { atOnce: 2, stop: () => {} });
  const first = results.next();
  ends[1]!.resolve();
  assert.equal((await first).value, 1);
  assert.deepEqual(started, [0, 1], "no third before there is room");
  for (const end of ends) end.resolve();
  const rest = await Array.fromAsync(results);
  assert.deepEqual(rest.sort((a, b) => a - b), [0, 4, 9, 16]);
});

Deno.test("pooled throws what fails first, once all others have ended, after telling them to stop", async () => {
  const seen: string[] = [];
  const slow = Promise.withResolvers<void>();
  const work = async (i: number) => {
    if (i === 1) throw new Error("broken");
    await slow.promise;
    seen.push("ended");
  };
  const stop = () => {
    seen.push("stopped");
    slow.resolve();
  };
  await assert.rejects(
    Array.fromAsync(pooled(numbers(9), work, { atOnce: 2, stop })),
    /broken/,
  );
  assert.deepEqual(seen, ["stopped", "ended"]);
});

Deno.test("pooled stops when its loop is left, and closes what it reads from", async () => {
  let closed = false, stopped = false;
  async function* endless() {
    try {
      for (let i = 0;; i++) yield i;
    } finally {
      closed = true;
    }
  }
  const stop = () => void (stopped = true);
  for await (const value of pooled(endless(), (i) => Promise.resolve(i), { atOnce: 1, stop })) {
    if (value === 3) break;
  }
  assert.deepEqual([closed, stopped], [true, true]);
});
