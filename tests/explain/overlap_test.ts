import assert from "node:assert/strict";
import fc from "fast-check";
import { evidenceOverlap, meanOfPairs, topOverlap } from "lib/explain/overlap.ts";
import { createRandom } from "lib/random.ts";
import { grids, near, noise } from "./map_cases.ts";

for (const [name, measure] of Object.entries({ topOverlap, evidenceOverlap })) {
  Deno.test(`${name} is 1 for a map with itself, 0 for maps apart, symmetric, and blind to scale`, () => {
    fc.assert(fc.property(grids(2), ([a, b]) => {
      const value = measure(a, b);
      assert.equal(value, measure(b, a));
      const some = [a, b].every((grid) => grid.flat().some((cell) => cell > 0));
      assert.equal(value !== null, some);
      if (value === null) return;
      assert.ok(value >= 0 && value <= 1 + 1e-12);
      near(measure(a, a), 1);
      near(measure(a.map((row) => row.map((cell) => 2 * cell)), b), value);
    }));
    assert.equal(measure([[1, 1, 0, 0, 0]], [[0, 0, 0, 1, 1]]), 0);
    assert.throws(() => measure([[1]], [[1, 2]]), { name: "TypeError", message: /1 × 1.*2 × 1/ });
  });
}

Deno.test("maps that know nothing overlap at the top as their levels say", () => {
  const random = createRandom(3, "overlap of chance");
  const values = Array.from(
    { length: 60 },
    () => topOverlap(noise(random, 24), noise(random, 24), 0.2)!,
  );
  near(values.reduce((a, b) => a + b) / 60, 0.2 / 1.8, 0.01);
});

Deno.test("evidenceOverlap is 1 less the total variation distance, by hand", () => {
  near(evidenceOverlap([[3, 1, 0]], [[1, 1, 2]]), 0.5); // min(¾,¼) + min(¼,¼) + min(0,½)
  near(evidenceOverlap([[3, 1, -9]], [[1, 1, 2]]), 0.5);
});

Deno.test("meanOfPairs is the mean over pairs, without those that have no evidence", () => {
  const [left, right, none] = [[[1, 0]], [[0, 1]], [[-1, -1]]];
  near(meanOfPairs([left, left, right], evidenceOverlap), 1 / 3);
  near(meanOfPairs([left, left, none], evidenceOverlap), 1);
  assert.equal(meanOfPairs([left, none], topOverlap), null);
  assert.equal(meanOfPairs([left], topOverlap), null);
});
