/** Samples in columns are those that went in. */
import assert from "node:assert/strict";
import { SampleColumns } from "lib/data/sample_columns.ts";
import type { Sample } from "lib/data/samples.ts";

Deno.test("SampleColumns gives back thousands of samples, without people and files beside them", () => {
  const columns = new SampleColumns(), all: Sample[] = [];
  for (let i = 0; i < 5000; i++) {
    const sample: Sample = {
      path: `${i}.png`,
      label: i % 3 === 0 ? 0 : 1,
      dataset: i < 10 ? "a" : "b",
      method: ["real", "DF", "FS"][i % 3],
      video: i % 7 === 0 ? `${i}.png` : `v${i % 50}`,
      split: i % 2 === 0 ? "test" : "validation",
      frame: i % 32,
      identities: [],
      ...i % 5 === 0 ? {} : { content: `${i}` },
    };
    columns.add({ ...sample, mask: "m.png", source: "s.png" });
    all.push(sample);
  }
  assert.equal(columns.length, 5000);
  assert.deepEqual([...columns], all);
  assert.deepEqual([columns.at(4321), columns.path(17)], [all[4321], "17.png"]);
});
