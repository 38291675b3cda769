/** What several GPUs would give on paper: rings, chains of collectives, growth, and what limits it. */
import assert from "node:assert/strict";
import { BETWEEN, type Link, ringSeconds, WITHIN } from "lib/tasks/bench/scaling/links.ts";
import { project, stepSeconds, type StepWork } from "lib/tasks/bench/scaling/projection.ts";

const LINK: Link = {
  ...{ name: "a link", bytesPerSecond: 1e9, hopSeconds: 0, startSeconds: 0, source: "made up" },
};
const GPU = { name: "a GPU", nodeSeconds: 1e-5, flops: 6e12 };
/** A step of 10 ms of launches, and of 1 ms of arithmetic a picture. */
const WORK: StepWork = {
  ...{ nodes: 1000, macs: 1e9, buckets: [], small: 0 },
};
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} and ${b}`);

Deno.test("ringSeconds is 2 (n − 1) / n · bytes over the bandwidth, and hops and a start more", () => {
  near(ringSeconds(4e8, 4, LINK), 0.6);
  near(ringSeconds(0, 4, { ...LINK, hopSeconds: 1e-3, startSeconds: 5e-3 }), 11e-3);
  assert.equal(ringSeconds(4e8, 1, LINK), 0);
  const links = [...WITHIN, ...BETWEEN];
  assert.ok(links.every((link) => link.source !== "" && link.bytesPerSecond > 1e9));
});

Deno.test("stepSeconds is the longer of launches and arithmetic, or what a picture took at batch 8", () => {
  const of = (pictures: number, growth: "launches" | "pictures" = "launches") =>
    stepSeconds(WORK, { pictures, gpu: GPU, growth });
  near(of(4), 0.01);
  near(of(64), 0.064);
  near(of(16, "pictures"), 0.02);
});

Deno.test("project: without collectives arithmetic is divided, and launches are not", () => {
  const on = (devices: number) =>
    project(WORK, { devices, link: LINK, gpu: GPU, growth: "launches", pictures: 64 });
  const four = on(4), sixteen = on(16);
  assert.deepEqual([four.speedUp.overlapped, four.limit], [4, "nothing"]);
  near(sixteen.speedUp.apart, 6.4); // 4 ms of arithmetic, 10 ms of launches
  assert.equal(sixteen.limit, "launches");
});

Deno.test("project: a chain of collectives hides behind the backward pass, but for its end", () => {
  const on = (buckets: number[], link = LINK) =>
    project({ ...WORK, buckets }, {
      ...{ devices: 4, link, gpu: GPU, growth: "launches", pictures: 256 },
    });
  const short = on([1e6, 1e6]); // 1.5 ms each; 64 ms of its own
  near(short.collectives, 3e-3);
  near(short.exposed, 1.5e-3); // the last one begins when the last gradient is there
  assert.equal(short.limit, "nothing");
  const long = on([1e8, 1e8]); // 150 ms each; the first begins when half of the rest is done
  near(long.exposed, 0.064 * 2 / 3 + 0.3 - 0.064);
  near(long.speedUp.apart, 4 * 0.064 / 0.364);
  assert.ok(long.speedUp.overlapped > long.speedUp.apart);
  assert.equal(long.limit, "bandwidth");
  assert.equal(on([0, 0], { ...LINK, hopSeconds: 0.01 }).limit, "latency");
});

Deno.test("project: small collectives are hidden by nothing, and weak scaling compares with one part", () => {
  const link = { ...LINK, hopSeconds: 1e-3 };
  const options = { devices: 4, link, gpu: GPU, growth: "launches", pictures: 256 } as const;
  const joined = project({ ...WORK, small: 10 }, options);
  near(joined.small, 0.06);
  assert.equal(joined.limit, "latency");
  const weak = project(WORK, { ...options, pictures: 16, reference: 4 }); // 4 each: launches alone
  near(weak.speedUp.overlapped, 4);
  assert.equal(weak.limit, "nothing");
});
