/** Processes that meet, and do not: threads of this one stand for them, as a meeting needs no TensorFlow. */
import assert from "node:assert/strict";
import { freePort } from "lib/engine/free_port.ts";
import { meetGroup } from "lib/engine/meet_group.ts";

/** What each of these processes is told, by rank. */
async function meetings(...each: { size: number; purpose?: string; rank?: number }[]) {
  const port = freePort();
  const met = await Promise.allSettled(
    each.map(({ size, purpose = "train", rank }, i) =>
      meetGroup({ rank: rank ?? i, size, hostname: "127.0.0.1", port, purpose, seconds: 2 })
    ),
  );
  await Promise.all(met.map((one) => one.status === "fulfilled" ? one.value.leave() : undefined));
  return met.map((one) =>
    one.status === "fulfilled" ? one.value.group : (one.reason as Error).message
  );
}

Deno.test("meetGroup: all know the addresses of all, each its own", async () => {
  const [first, second, third] = await meetings({ size: 3 }, { size: 3 }, { size: 3 });
  assert.ok(typeof first === "object" && typeof second === "object" && typeof third === "object");
  assert.deepEqual([first.rank, second.rank, third.rank], [0, 1, 2]);
  assert.equal(new Set(first.addresses).size, 3);
  assert.ok(first.addresses.every((address) => /^127\.0\.0\.1:\d+$/.test(address)));
  assert.deepEqual([second.addresses, third.addresses], [first.addresses, first.addresses]);
});

Deno.test("meetGroup: who does not come in time is named, to those that have", async () => {
  const told = await meetings({ size: 4 }, { size: 4, rank: 2 });
  const missing = /^After 2 seconds 2 of 4 processes are missing: rank 1, 3\. The first one waits/;
  for (const words of told) assert.match(words as string, missing);
  const [alone] = await meetings({ size: 2, rank: 1 });
  assert.match(alone as string, /^Rank 1 did not find rank 0 at 127\.0\.0\.1:\d+ within 2 seconds/);
});

Deno.test("meetGroup: another command, another size and a rank twice are refused", async () => {
  const others = await meetings({ size: 2 }, { size: 2, purpose: "train another" });
  for (const words of others) {
    assert.match(
      words as string,
      /^Rank 1 runs another command than rank 0: train another and not/,
    );
  }
  const [size] = await meetings({ size: 2 }, { size: 3 });
  assert.match(size as string, /^Rank 1 is one of 3 processes, rank 0 one of 2/);
  const [twice] = await meetings({ size: 3 }, { size: 3 }, { size: 3, rank: 1 });
  assert.match(twice as string, /^Two processes have the rank 1/);
});

Deno.test("MetGroup.leave: who is done waits until all are, or one has failed", async () => {
  for (const failed of [undefined, "It failed."]) {
    const port = freePort();
    const [first, second, third] = await Promise.all(
      [0, 1, 2].map((rank) =>
        meetGroup({ rank, size: 3, hostname: "127.0.0.1", port, purpose: "leave", seconds: 5 })
      ),
    );
    const gone: number[] = [];
    const leaving = [first, second].map((met, rank) => met.leave().then(() => gone.push(rank)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(gone, []);
    await third.leave(failed);
    await Promise.all(leaving);
  }
});
