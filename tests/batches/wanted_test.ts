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

Deno.test("lookUpWanted finds the real picture that each fake was made from", () => {
  const { sourceOf } = lookUpWanted(SAMPLES.slice(0, 3).concat(SAMPLES[4]), ["pair"]);
  assert.deepEqual([...sourceOf!], [3, -1, 1, -1]);
});

Deno.test("lookUpWanted refuses a fake whose real picture is not listed, by name, and takes no fake for one", () => {
  const refusal = (samples: readonly Sample[], message: RegExp) =>
    assert.throws(() => lookUpWanted(samples, ["pair"]), { name: "RangeError", message });
  refusal(SAMPLES, /Batches are of pairs.*"c" was made from.*is not among the samples/);
  refusal([fake("b", "DF")], /"b" was made from.*is not named/);
  refusal([fake("a", "DF", { source: "b" }), fake("b", "DF", { source: "r" }), sample("r")], /"a"/);
});

Deno.test("lookUpWanted refuses a fake without a mask, by name, and does not ask it of a real one", () => {
  assert.equal(lookUpWanted(SAMPLES, ["mask"]).masks, true);
  assert.throws(() => lookUpWanted([...SAMPLES, fake("bare", "NT")], ["mask"]), {
    name: "RangeError",
    message: /learns from masks, and "bare" has none/,
  });
  assert.throws(
    () => lookUpWanted(SAMPLES, ["mask"], { hasMask: (place) => place !== 2 }),
    /"b" has none/,
  );
});

Deno.test("lookUpWanted numbers people by data set and name; a real one, and a fake that names one, is its own source", () => {
  const people = [
    fake("a", "FS", { identities: ["bob", "ann"] }),
    sample("r", { identities: ["ann"] }),
    fake("s", "SBI", { identities: ["cid"] }),
    sample("two", { identities: ["ann", "bob"] }),
    sample("other", { dataset: "e", identities: ["ann"] }),
  ];
  const { peopleOf } = lookUpWanted(people, ["identity"], { mostPeople: 4 });
  assert.deepEqual([...peopleOf!], [1, 0, 0, 0, 2, 2, 0, 0, 3, 3]);
  assert.throws(() => lookUpWanted(people, ["identity"], { mostPeople: 3 }), {
    name: "RangeError",
    message: /name 4 people, and the detector tells 3 apart/,
  });
  assert.throws(() => lookUpWanted(SAMPLES, ["identity"]), {
    name: "RangeError",
    message: /"a" names nobody/,
  });
});
