/** Tails of distributions against SciPy. */
import assert from "node:assert/strict";
import {
  binomialHalfAtMost,
  normalTail,
  studentTail,
  tailBeginning,
} from "lib/evaluation/comparison/tail_probabilities.ts";
import { COMPARISON, near } from "../random_cases.ts";

Deno.test("normalTail, studentTail and binomialHalfAtMost are SciPy's to 12 digits, however small", () => {
  for (const [z, p] of COMPARISON.normalTail) near(normalTail(z) / p, 1, 1e-12, `normal, ${z}`);
  for (const [t, degrees, p] of COMPARISON.studentTail) {
    near(studentTail(t, degrees) / p, 1, 1e-11, `Student, ${t}, ${degrees}`);
  }
  for (const [successes, trials, p] of COMPARISON.binomialHalf) {
    near(binomialHalfAtMost(successes, trials) / p, 1, 1e-11, `binomial, ${successes}, ${trials}`);
  }
  assert.equal(studentTail(1.3, Infinity), normalTail(1.3));
  assert.equal(binomialHalfAtMost(-1, 5), 0);
});

Deno.test("tailBeginning turns a tail round", () => {
  for (const share of [0.5, 0.3, 0.025, 1e-6]) {
    near(normalTail(tailBeginning(normalTail, share)), share, 1e-14);
    const tail = (t: number) => studentTail(t, 3);
    near(tail(tailBeginning(tail, share)) / share, 1, 1e-12);
  }
  assert.throws(() => tailBeginning(normalTail, 0.6), RangeError);
});
