/** McNemar's test and Holm's method against statsmodels and their definitions. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { holmAdjusted } from "lib/evaluation/comparison/holm.ts";
import { discordance, mcnemarTest } from "lib/evaluation/comparison/mcnemar.ts";
import { COMPARISON, near, RUNS } from "../random_cases.ts";

Deno.test("mcnemarTest is statsmodels', exact, mid-p and chi-squared; discordance counts", () => {
  for (const { onlyFirst, onlySecond, ...expected } of COMPARISON.mcnemar) {
    const found = mcnemarTest({ onlyFirst, onlySecond });
    // Of equal counts the correction leaves nothing, as in R; statsmodels squares what is below 0.
    const isEven = onlyFirst === onlySecond && onlyFirst > 0;
    if (isEven) assert.deepEqual([found.chiSquared, found.chiSquaredP], [0, 1]);
    for (const name of ["exact", "midP", "chiSquared", "chiSquaredP"] as const) {
      if (isEven && name.startsWith("chi")) continue;
      near(found[name], expected[name], 1e-12, `${name} of ${onlyFirst} and ${onlySecond}`);
    }
  }
  for (const { labels, a, b, discordance: expected } of COMPARISON.cases) {
    assert.deepEqual(discordance([a, b], labels), expected);
  }
  const none = discordance([[1, 1], [1, 1]], [0, 1], { thresholds: [2, 0] });
  assert.deepEqual(none, { onlyFirst: 1, onlySecond: 1 });
});

Deno.test("mcnemarTest is its definition, way by way", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), (b, c) => {
      let extreme = 0, half = 0; // of the 2^n ways those as uneven or more, and less half of the equal ones
      const n = b + c;
      for (let ways = 0; ways < 2 ** n; ways++) {
        let ones = 0;
        for (let bit = ways; bit > 0; bit >>= 1) ones += bit & 1;
        const [here, seen] = [Math.abs(2 * ones - n), Math.abs(b - c)];
        if (here >= seen) extreme++;
        if (here === seen) half += 0.5;
      }
      const { exact, midP } = mcnemarTest({ onlyFirst: b, onlySecond: c });
      near(exact, extreme / 2 ** n, 1e-12);
      if (n > 0) near(midP, (extreme - half) / 2 ** n, 1e-12);
    }),
    RUNS,
  );
  assert.throws(() => mcnemarTest({ onlyFirst: 1.5, onlySecond: 0 }), /whole numbers/);
});

Deno.test("holmAdjusted is statsmodels', and rejects what the steps of the method reject", () => {
  for (const { p, adjusted } of COMPARISON.holm) {
    holmAdjusted(p).forEach((value, i) => near(value, adjusted[i], 1e-12));
  }
  const ps = fc.array(fc.integer({ min: 0, max: 100 }).map((n) => n / 1000), { maxLength: 12 });
  fc.assert(
    fc.property(ps, (p) => {
      const order = [...p.keys()].sort((i, j) => p[i] - p[j]);
      const rejected = new Set<number>();
      for (const [i, test] of order.entries()) {
        if ((p.length - i) * p[test] > 0.05) break;
        rejected.add(test);
      }
      holmAdjusted(p).forEach((value, i) => assert.equal(value <= 0.05, rejected.has(i)));
    }),
    RUNS,
  );
  assert.throws(() => holmAdjusted([0.5, NaN]), /from 0 to 1, not NaN/);
});
