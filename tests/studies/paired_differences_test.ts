import assert from "node:assert/strict";
import { intervalOf, pairedDifferences, type ResultRow } from "lib/studies/paired_differences.ts";

Deno.test("intervalOf gives scipy's intervals of the mean", () => {
  // scipy 1.17.1: scipy.stats.t.interval(0.95, n - 1, loc=mean, scale=scipy.stats.sem(values))
  const { mean, half, deviation } = intervalOf([0.78, 0.81, 0.79, 0.8, 0.765]);
  assert.ok(Math.abs(mean - 0.789) < 1e-12);
  assert.ok(Math.abs(half! - SCIPY_HALF) < 1e-4, `${half}`);
  assert.ok(Math.abs(deviation! - 0.0174642) < 1e-6);
});

/** Half the width that scipy gives for the five values above. */
const SCIPY_HALF = 0.0216845;

Deno.test("intervalOf of one value has no width, and of none there is none", () => {
  assert.deepEqual(intervalOf([2]), { mean: 2, half: undefined, deviation: undefined, count: 1 });
  assert.throws(() => intervalOf([]), /at least one/);
});

Deno.test("pairedDifferences pairs by setting and seed and drops what has no partner", () => {
  const row = (row: string, seed: number, shifted: number | null, setting = "A8"): ResultRow => ({
    row,
    seed,
    setting,
    shifted,
  });
  const table = [
    row("none", 1, 0.7),
    row("none", 2, 0.8),
    row("none", 1, 0.5, "B8"),
    row("heads", 2, 0.9),
    row("heads", 1, 0.75),
    row("heads", 3, 1),
    row("heads", 1, null, "B8"),
  ];
  const differences = pairedDifferences(table, { with: "heads", without: "none" });
  assert.deepEqual(differences.map((d) => d.toFixed(3)), ["0.100", "0.050"]);
  const inB8 = pairedDifferences(table, { with: "heads", without: "none", setting: "B8" });
  assert.deepEqual(inB8, []);
});
