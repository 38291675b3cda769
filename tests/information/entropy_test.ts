import assert from "node:assert/strict";
import {
  entropy,
  interactionInformation,
  localObjective,
  mutualInformation,
} from "lib/information/entropy.ts";
import { type Joint, jointFromFunction, jointFromTable } from "lib/information/joint.ts";
import { createRandom } from "lib/random.ts";
import { randomJoint } from "lib/information/random_joint.ts";
import { MEASURED_ELSEWHERE } from "./measured_elsewhere.ts";
import { near } from "./near.ts";

const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);

Deno.test("entropy of known distributions, zeros as exact zeros", () => {
  const joint = jointFromTable({ a: 4 }, [0.5, 0.25, 0.25, 0]);
  near(entropy(joint, "a"), 1.5, 1e-15);
  near(entropy(joint, "a", { unit: "nats" }), 1.5 * Math.LN2, 1e-15);
  assert.equal(entropy(joint, []), 0);
  assert.equal(entropy(jointFromTable({ a: 2 }, [1, 0]), "a"), 0);
});

Deno.test("entropy given a variable's function is what the function leaves open", () => {
  assert.equal(entropy(xor, "y", { given: ["z1", "z2"] }), 0);
  assert.equal(entropy(xor, "y", { given: "z1" }), 1);
  assert.equal(entropy(xor, ["z1", "z2"], { given: "y" }), 1);
});

Deno.test("mutualInformation of a variable with itself is its entropy", () => {
  near(mutualInformation(xor, ["y", "y"]), 1, 1e-15);
  near(mutualInformation(xor, [["z1", "z2"], ["z2", "y"]]), 2, 1e-15);
});

Deno.test("interactionInformation has the paper's sign: negative for XOR, positive for copies", () => {
  assert.equal(interactionInformation(xor, ["y", "z1", "z2"]), -1);
  const copies = jointFromFunction({ a: 2, b: 2, c: 2 }, (a, b, c) => a === b && b === c ? 0.5 : 0);
  assert.equal(interactionInformation(copies, ["a", "b", "c"]), 1);
  assert.throws(() => interactionInformation(xor, ["y"]), TypeError);
});

Deno.test("localObjective of XOR is 2 bits where I(y; Z) is 1", () => {
  assert.equal(localObjective(xor, { label: "y", locals: ["z1", "z2"] }), 2);
  assert.equal(mutualInformation(xor, ["y", ["z1", "z2"]]), 1);
});

Deno.test("the measures agree with dit and scipy on every joint of the fixture", () => {
  const inZ = (joint: Joint) => joint.names.slice(1);
  const rest = (joint: Joint) => joint.names.slice(2);
  const formulas: Record<string, (joint: Joint) => number> = {
    "H(all)": (j) => entropy(j, j.names),
    "H(y)": (j) => entropy(j, "y"),
    "H(z1|y)": (j) => entropy(j, "z1", { given: "y" }),
    "H(z1|rest of Z)": (j) => entropy(j, "z1", { given: rest(j) }),
    "H(z1|y, rest of Z)": (j) => entropy(j, "z1", { given: ["y", ...rest(j)] }),
    "I(y;z1)": (j) => mutualInformation(j, ["y", "z1"]),
    "I(y;Z)": (j) => mutualInformation(j, ["y", inZ(j)]),
    "I(y;z1|z2)": (j) => mutualInformation(j, ["y", "z1"], { given: "z2" }),
    "I(y;z1;z2)": (j) => interactionInformation(j, ["y", "z1", "z2"]),
    "I(z1;z2|y)": (j) => mutualInformation(j, ["z1", "z2"], { given: "y" }),
    "I(all)": (j) => interactionInformation(j, j.names),
  };
  assert.equal(MEASURED_ELSEWHERE.joints.length, 10);
  for (const { sizes, table, measures } of MEASURED_ELSEWHERE.joints) {
    const joint = jointFromTable(sizes, table);
    for (const [symbol, formula] of Object.entries(formulas)) {
      near(formula(joint), measures[symbol]);
    }
  }
});

Deno.test("mutualInformation holds its accuracy on a million cells", () => {
  // independent of the library's marginals: sums over the table in its own order
  const joint = randomJoint({ y: 2, a: 500, b: 1000 }, { random: createRandom(1), zeros: 0.2 });
  const ya = new Float64Array(1000), b = new Float64Array(1000);
  joint.table.forEach((p, i) => (ya[Math.floor(i / 1000)] += p, b[i % 1000] += p));
  let expected = 0;
  joint.table.forEach((p, i) => {
    if (p > 0) expected += p * Math.log2(p / ya[Math.floor(i / 1000)] / b[i % 1000]);
  });
  near(mutualInformation(joint, [["y", "a"], "b"]), expected, 1e-11);
});

Deno.test("entropy refuses unknown variables and units", () => {
  assert.throws(() => entropy(xor, "z3"), { name: "TypeError", message: /No variable z3/ });
  assert.throws(() => entropy(xor, "y", { given: "G" }), { name: "TypeError" });
  const options = JSON.parse('{ "unit": "bit" }');
  assert.throws(() => entropy(xor, "y", options), { message: /"bits" or "nats"/ });
});
