import assert from "node:assert/strict";
import type { Sample } from "lib/data/samples.ts";
import { lookUpWanted } from "lib/batches/wanted.ts";

const sample = (path: string, more: Partial<Sample> = {}): Sample => ({
  path,
  label: 0,
  dataset: "d",
  method: "real",
  video: path,
  split: "train",
  frame: 0,
  identities: [],
  ...more,
});
const fake = (path: string, method: string, more: Partial<Sample> = {}) =>
  sample(path, { label: 1, method, ...more });

const SAMPLES = [
  fake("a", "FS", { source: "r2", mask: "a.png" }),
  sample("r1"),
  fake("b", "DF", { source: "r1", mask: "b.png" }),
  fake("c", "FS", { source: "elsewhere", mask: "c.png" }),
  sample("r2"),
  fake("d", "DF", { mask: "d.png" }),
];

Deno.test("lookUpWanted finds nothing where nothing is wanted", () => {
  assert.deepEqual(lookUpWanted([fake("a", "DF")], []), { masks: false });
});

Deno.test("lookUpWanted numbers methods from 1 in alphabetical order, and real as 0", () => {
  const { methods, methodOf } = lookUpWanted(SAMPLES, ["method"]);
  assert.deepEqual(methods, ["DF", "FS"]);
  assert.deepEqual([...methodOf!], [2, 0, 1, 2, 0, 1]);
});

Deno.test("lookUpWanted finds the real picture that each fake was made from, among the samples", () => {
  const { sourceOf } = lookUpWanted(SAMPLES, ["pair"]);
  assert.deepEqual([...sourceOf!], [4, -1, 1, -1, -1, -1]);
});

Deno.test("lookUpWanted takes no fake and no real sample's own word for a source", () => {
  const odd = [fake("a", "DF", { source: "b" }), fake("b", "DF"), sample("r", { source: "r" })];
  assert.throws(() => lookUpWanted(odd, ["pair"]), {
    name: "RangeError",
    message: /learns from pairs, and none of 3 samples names.*column "source"/,
  });
});

Deno.test("lookUpWanted refuses a fake without a mask, by name, and does not ask it of a real one", () => {
  assert.equal(lookUpWanted(SAMPLES, ["mask"]).masks, true);
  assert.throws(() => lookUpWanted([...SAMPLES, fake("bare", "NT")], ["mask"]), {
    name: "RangeError",
    message: /learns from masks, and "bare" has none/,
  });
  assert.throws(() => lookUpWanted(SAMPLES, ["mask"], (place) => place !== 2), /"b" has none/);
});
