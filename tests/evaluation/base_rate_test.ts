/** What alarms are worth, against counting. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { alarms, moveBaseRate } from "lib/evaluation/base_rate.ts";
import { probability } from "lib/evaluation/probability.ts";

const shares = fc.integer({ min: 1, max: 99 });

Deno.test("alarms are those of a village that is counted person by person", () => {
  fc.assert(fc.property(shares, shares, shares, (fakes, hits, falseAlarms) => {
    // 10,000 pictures, so that all shares in hundredths give whole numbers of pictures.
    const rates = { truePositiveRate: hits / 100, falsePositiveRate: falseAlarms / 100 };
    const hit = fakes * hits, wrong = (100 - fakes) * falseAlarms;
    const { called, right, missed } = alarms(rates, fakes / 100);
    const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
    near(called, (hit + wrong) / 10_000);
    near(right, hit / (hit + wrong));
    near(missed, (100 * fakes - hit) / (10_000 - hit - wrong));
  }));
});

Deno.test("alarms are worth the base rate where a detector says nothing", () => {
  const { right, missed } = alarms({ truePositiveRate: 0.3, falsePositiveRate: 0.3 }, 0.01);
  assert.ok(Math.abs(right - 0.01) < 1e-12 && Math.abs(missed - 0.01) < 1e-12);
  assert.throws(
    () => alarms({ truePositiveRate: 1.1, falsePositiveRate: 0 }, 0.5),
    /true-positive/,
  );
  assert.throws(() => alarms({ truePositiveRate: 1, falsePositiveRate: 0 }, -1), /base rate/);
});

Deno.test("moveBaseRate is Bayes' rule for one score, and comes back", () => {
  fc.assert(fc.property(shares, shares, shares, (p, from, to) => {
    const score = p / 100, [a, b] = [from / 100, to / 100];
    const moved = moveBaseRate(Math.log(score / (1 - score)), { from: a, to: b });
    // The likelihood ratio is the score's odds over the base rate's; times the new odds.
    const ratio = (score / (1 - score)) / (a / (1 - a)) * (b / (1 - b));
    assert.ok(Math.abs(probability(moved) - ratio / (1 + ratio)) < 1e-9);
    assert.ok(
      Math.abs(moveBaseRate(moved, { from: b, to: a }) - Math.log(score / (1 - score))) < 1e-9,
    );
  }));
  assert.throws(() => moveBaseRate(0, { from: 0.5, to: 0 }), /here is between 0 and 1/);
});
