import assert from "node:assert/strict";
import fc from "fast-check";
import { learningRateAt } from "lib/training/schedule.ts";

Deno.test("learningRateAt rises, then falls, and stays above zero and below the top", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 3000 }), (steps) => {
    const rates = Array.from(
      { length: steps },
      (_, s) => learningRateAt(s, { steps, learningRate: 1e-3 }),
    );
    assert.ok(rates.every((r) => r > 0 && r <= 1e-3));
    const top = rates.indexOf(Math.max(...rates));
    assert.equal(rates[top], 1e-3);
    assert.ok(rates.every((r, i) => i === 0 || (i <= top ? r > rates[i - 1] : r < rates[i - 1])));
  }));
});

Deno.test("learningRateAt refuses steps outside the run", () => {
  for (const step of [-1, 10, 0.5, NaN]) {
    assert.throws(() => learningRateAt(step, { steps: 10, learningRate: 1 }), /steps 0 to 9/);
  }
});
