import assert from "node:assert/strict";
import type { Sample } from "lib/data/samples.ts";
import { coverage } from "lib/evaluation/coverage.ts";

const sample = (path: string, of: Partial<Sample>): Sample => ({
  path,
  label: of.method === "real" ? 0 : 1,
  dataset: "made up",
  method: "DF",
  video: path[0],
  split: "test",
  frame: 0,
  identities: [],
  ...of,
});

const samples = [
  sample("a1", { method: "real" }),
  sample("a2", { method: "real" }),
  sample("b1", { method: "real" }),
  sample("c1", { method: "DF" }),
  sample("c2", { method: "DF" }),
  sample("d1", { method: "1" }), // a name that objects would put first
  sample("e1", { method: "DF", split: "validation" }),
];

Deno.test("coverage counts by split and method, by frame and by video, and adds up", async () => {
  const rows = await coverage(samples, {
    scored: [{ path: "a1" }, { path: "c1" }, { path: "of no sample" }],
    unscored: [{ path: "a2", failed: true }, { path: "c2", failed: false }, {
      path: "d1",
      failed: true,
    }],
  });
  const lines = rows.map(({ split, method, level, expected, scored, missing, failed }) =>
    `${split} ${method} ${level}: ${expected} = ${scored} + ${missing} + ${failed}`
  );
  assert.deepEqual(lines, [
    "test real frame: 3 = 1 + 1 + 1", // b1 was never asked for
    "test real video: 2 = 1 + 1 + 0",
    "test DF frame: 2 = 1 + 1 + 0",
    "test DF video: 1 = 1 + 0 + 0",
    "test 1 frame: 1 = 0 + 0 + 1",
    "test 1 video: 1 = 0 + 0 + 1",
    "test all frame: 6 = 2 + 2 + 2",
    "test all video: 4 = 2 + 1 + 1",
    "validation DF frame: 1 = 0 + 1 + 0",
    "validation DF video: 1 = 0 + 1 + 0",
    "validation all frame: 1 = 0 + 1 + 0",
    "validation all video: 1 = 0 + 1 + 0",
  ]);
  assert.deepEqual(await coverage([], { scored: [], unscored: [] }), []);
});
