import assert from "node:assert/strict";
import fc from "fast-check";
import { createRandom, restoreRandom } from "lib/random.ts";

const draws = (random: { uniform(): number }, n: number) =>
  Array.from({ length: n }, () => random.uniform());

Deno.test("createRandom gives the same numbers for the same seed and labels, others for others", () => {
  assert.deepEqual(draws(createRandom(1, "order", 2), 5), draws(createRandom(1, "order", 2), 5));
  const streams = [
    createRandom(1),
    createRandom(2),
    createRandom(1, "a"),
    createRandom(1, "b"),
    createRandom(1, "a", 1),
    createRandom(1, "a", 2),
    createRandom(11),
    createRandom(1, 1), // not the same as seed 11
  ];
  assert.equal(new Set(streams.map((s) => s.uniform())).size, streams.length);
});

Deno.test("createRandom keeps its numbers over releases", () => {
  // A changed generator would change every published run: these numbers may never move.
  assert.deepEqual(createRandom(7, "order", 3).shuffle([0, 1, 2, 3, 4, 5]), [3, 1, 5, 4, 0, 2]);
});

Deno.test("uniform and normal have the moments of their distributions", () => {
  const random = createRandom(3);
  const n = 200_000;
  const mean = (x: number[]) => x.reduce((a, b) => a + b) / x.length;
  const u = draws(random, n);
  assert.ok(u.every((x) => x >= 0 && x < 1));
  assert.ok(Math.abs(mean(u) - 0.5) < 4 * Math.sqrt(1 / 12 / n));
  const z = Array.from({ length: n }, () => random.normal());
  assert.ok(Math.abs(mean(z)) < 4 / Math.sqrt(n));
  assert.ok(Math.abs(mean(z.map((x) => x * x)) - 1) < 4 * Math.sqrt(2 / n));
  assert.ok(Math.abs(mean(z.map((x) => x ** 4)) - 3) < 4 * Math.sqrt(96 / n));
});

Deno.test("integer is uniform over its range and refuses an empty one", () => {
  const random = createRandom(4);
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.integer(7)]++;
  const chiSquare = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquare < 22.5, `χ² = ${chiSquare}`); // 6 degrees of freedom, p = 0.001
  for (const limit of [0, -1, 1.5, NaN]) assert.throws(() => random.integer(limit), RangeError);
});

Deno.test("shuffle permutes a copy, every order equally often", () => {
  fc.assert(fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
    const before = items.slice();
    const out = createRandom(seed).shuffle(items);
    assert.deepEqual(items, before);
    assert.deepEqual(out.toSorted((a, b) => a - b), items.toSorted((a, b) => a - b));
  }));
  const random = createRandom(5);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const key = random.shuffle("abcd".split("")).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  const chiSquare = [...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquare < 49.7, `χ² = ${chiSquare}`); // 23 degrees of freedom, p = 0.001
});

Deno.test("restoreRandom continues a saved state exactly, through JSON", () => {
  const random = createRandom(6);
  random.normal();
  const saved = JSON.parse(JSON.stringify(random.state()));
  const expected = draws(random, 10);
  assert.deepEqual(draws(restoreRandom(saved), 10), expected);
  for (const broken of [[], [1, 2, 3], [1, 2, 3, NaN]]) {
    assert.throws(() => restoreRandom(broken), /four whole numbers/);
  }
});

Deno.test("createRandom's streams under labels that count up begin without a pattern", () => {
  const firsts = Array.from({ length: 2000 }, (_, i) => createRandom(3, "step", i).uniform());
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const centred = firsts.map((u) => u - 0.5);
  const serial = mean(centred.slice(1).map((u, i) => u * centred[i])) / (1 / 12);
  assert.ok(Math.abs(mean(centred)) < 0.025, `mean ${mean(centred)}`); // 4 standard errors
  assert.ok(Math.abs(serial) < 0.09, `serial correlation ${serial}`);
});
