import assert from "node:assert/strict";
import { conditional, conditionalFromRows } from "lib/information/conditional.ts";
import {
  crossEntropy,
  expectedCrossEntropy,
  expectedDivergence,
  klDivergence,
} from "lib/information/divergence.ts";
import { entropy } from "lib/information/entropy.ts";
import { jointFromTable } from "lib/information/joint.ts";
import { MEASURED_ELSEWHERE } from "./measured_elsewhere.ts";
import { near } from "./near.ts";

Deno.test("klDivergence and crossEntropy agree with scipy", () => {
  assert.equal(MEASURED_ELSEWHERE.divergences.length, 3);
  for (const { p, q, ...expected } of MEASURED_ELSEWHERE.divergences) {
    near(klDivergence(p, q, { unit: "nats" }), expected.klNats);
    near(klDivergence(p, q), expected.klBits);
    near(crossEntropy(p, q, { unit: "nats" }), expected.crossEntropyNats);
  }
});

Deno.test("klDivergence at zeros: 0 log 0 is 0, and missing mass is infinite", () => {
  assert.equal(klDivergence([0, 1], [0, 1]), 0);
  assert.equal(klDivergence([0, 1], [0.5, 0.5]), 1);
  assert.equal(klDivergence([0.5, 0.5], [0, 1]), Infinity);
  assert.equal(crossEntropy([0.5, 0.5], [0, 1]), Infinity);
  assert.equal(crossEntropy([0, 1], [0, 1]), 0);
});

Deno.test("klDivergence refuses what is no pair of distributions", () => {
  assert.throws(() => klDivergence([1], [0.5, 0.5]), { name: "TypeError", message: /1 and 2/ });
  assert.throws(() => klDivergence([0.5, 0.5], [0.9, 0.2]), /sum to 1.1/);
  assert.throws(
    () => klDivergence([-0.5, 1.5], [0.5, 0.5]),
    /first distribution's entry 0 is -0.5/,
  );
});

Deno.test("expectedDivergence between exact posteriors agrees with scipy in both directions", () => {
  for (const { sizes, table, measures } of MEASURED_ELSEWHERE.joints) {
    const joint = jointFromTable(sizes, table), [, , ...rest] = joint.names;
    const all = conditional(joint, "y", { given: ["z1", ...rest] });
    const without = conditional(joint, "y", { given: rest });
    near(expectedDivergence(joint, [all, without]), measures["E KL(p(y|Z)||p(y|rest))"]);
    near(
      expectedDivergence(joint, [without, all]),
      measures["E KL(p(y|rest)||p(y|Z))"] ?? Infinity, // scipy's figure is left out when infinite
    );
  }
});

const joint = jointFromTable({ y: 2, z: 2, w: 2 }, [2, 1, 0, 1, 1, 0, 5, 6].map((k) => k / 16));
const sure = conditionalFromRows({ of: { y: 2 }, given: { z: 2 } }, [[0.8, 0.2], [0.1, 0.9]]);

Deno.test("expectedCrossEntropy by hand, and at its minimum for the exact conditional", () => {
  const byHand = -(3 * Math.log2(0.8) + Math.log2(0.1) + Math.log2(0.2) + 11 * Math.log2(0.9)) / 16;
  near(expectedCrossEntropy(joint, sure), byHand, 1e-15);
  const exact = conditional(joint, "y", { given: "z" });
  const least = expectedCrossEntropy(joint, exact);
  near(least, entropy(joint, "y", { given: "z" }), 1e-15);
  near(expectedCrossEntropy(joint, sure) - least, expectedDivergence(joint, [exact, sure]), 1e-15);
});

Deno.test("expectedDivergence refuses heads that do not fit the joint or one another", () => {
  const exact = conditional(joint, "y", { given: ["z", "w"] });
  const other = conditionalFromRows({ of: { y: 3 }, given: { z: 2 } }, [[1, 0, 0], [1, 0, 0]]);
  assert.throws(() => expectedDivergence(joint, [exact, other]), /\{ y: 2 \} and \{ y: 3 \}/);
  assert.throws(() => expectedCrossEntropy(joint, other), /y: 3, but the joint has y: 2/);
  const missing = conditionalFromRows({ of: { y: 2 }, given: { G: 1 } }, [[1, 0]]);
  assert.throws(() => expectedDivergence(joint, [exact, missing]), /no such variable/);
  const noHead = joint as unknown as typeof exact, noJoint = exact as unknown as typeof joint;
  const isNoHead = { name: "TypeError", message: /^A head is a table p\(of \| given\)/ };
  const pairs = [[exact, noHead], [noHead, exact], [exact]] as [typeof exact, typeof exact][];
  for (const pair of pairs) assert.throws(() => expectedDivergence(joint, pair), isNoHead);
  assert.throws(() => expectedCrossEntropy(joint, noHead), isNoHead);
  assert.throws(() => expectedCrossEntropy(noJoint, exact), /^TypeError: This is no joint/);
});

Deno.test("expectedDivergence ignores undefined rows that never happen and refuses those that do", () => {
  const never = jointFromTable({ y: 2, z: 2 }, [0.5, 0, 0.5, 0]);
  const head = conditional(never, "y", { given: "z" });
  assert.equal(expectedDivergence(never, [head, head]), 0);
  assert.throws(() => expectedDivergence(joint, [head, sure]), { name: "RangeError" });
  assert.throws(() => expectedDivergence(joint, [sure, head]), { name: "RangeError" });
  assert.throws(() => expectedCrossEntropy(joint, head), { name: "RangeError" });
});
