/** Decompositions by Williams and Beer and by BROJA: against dit, and by their laws on random joints. */
import { broja } from "lib/information/broja.ts";
import { withConditional } from "lib/information/derived.ts";
import {
  interactionInformation,
  localObjective,
  mutualInformation,
} from "lib/information/entropy.ts";
import { type Joint, jointFromFunction, jointFromTable } from "lib/information/joint.ts";
import { leastInformative } from "lib/information/least_informative.ts";
import { marginal } from "lib/information/marginal.ts";
import {
  type InformationParts,
  partsFromRedundancy,
  type Sources,
  williamsBeer,
} from "lib/information/partial_information.ts";
import { randomConditional, randomJoint } from "lib/information/random_joint.ts";
import { createRandom, type Random } from "lib/random.ts";
import assert from "node:assert/strict";
import { near } from "./near.ts";

interface DecomposedJoint {
  readonly name: string;
  readonly sizes: Record<string, number>;
  readonly table: number[];
  readonly williamsBeer: InformationParts;
  readonly broja: InformationParts;
  readonly brojaByCone: InformationParts;
}

const { joints } = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/partial_information.json", import.meta.url)),
) as { joints: DecomposedJoint[] };

const OF: Sources = { label: "y", locals: ["z1", "z2"] };
const list = ({ unique, redundant, synergistic }: InformationParts) => [
  ...unique,
  redundant,
  synergistic,
];

Deno.test("williamsBeer gives dit's parts", () => {
  for (const { sizes, table, williamsBeer: theirs } of joints) {
    const ours = list(williamsBeer(jointFromTable(sizes, table), OF));
    list(theirs).forEach((part, i) => near(ours[i], part, 1e-9));
  }
});

Deno.test("broja gives the parts that a cone solver finds", () => {
  for (const { sizes, table, brojaByCone } of joints) {
    const { gap, ...ours } = broja(jointFromTable(sizes, table), OF);
    assert(gap < 1e-9);
    list(brojaByCone).forEach((part, i) => near(list(ours)[i], part, 1e-8));
  }
});

Deno.test("broja comes near dit's parts, and where they differ finds the joint that tells less", () => {
  // dit's optimiser stops early: up to 0.007 bits from the cone solver on these joints.
  for (const { sizes, table, broja: theirs } of joints) {
    const ours = broja(jointFromTable(sizes, table), OF);
    list(theirs).forEach((part, i) => near(list(ours)[i], part, 0.008));
    assert(ours.redundant >= theirs.redundant - 1e-9);
  }
});

const TIMES = 40;

/** Calls `check` with random joints of y, z1 and z2, a third of whose cells may be zero. */
function forRandomJoints(law: string, check: (joint: Joint, random: Random) => void) {
  const random = createRandom(7, law);
  for (let k = 0; k < TIMES; k++) {
    const sizes = Object.fromEntries(
      ["y", "z1", "z2"].map((name) => [name, 2 + random.integer(2)]),
    );
    check(randomJoint(sizes, { random, zeros: [0, 0.3, 0.6][k % 3] }), random);
  }
}

Deno.test("parts sum to I(y; z1, z2), are not negative, and the gap is below 1e-9 bits", () => {
  forRandomJoints("sums", (joint) => {
    const found = broja(joint, OF), all = mutualInformation(joint, ["y", ["z1", "z2"]]);
    for (const parts of [found, williamsBeer(joint, OF)]) {
      near(list(parts).reduce((a, b) => a + b), all);
      parts.unique.forEach((unique, i) =>
        near(unique + parts.redundant, mutualInformation(joint, ["y", OF.locals[i]]))
      );
      assert(list(parts).every((part) => part > -1e-9), String(list(parts)));
    }
    assert(found.gap >= 0 && found.gap < 1e-9, `gap ${found.gap}`);
  });
});

Deno.test("Eq. 6 of two blocks counts unique bits once, synergistic bits twice, redundant bits never", () => {
  forRandomJoints("Eq. 6", (joint) => {
    const objective = localObjective(joint, { label: "y", locals: ["z1", "z2"] });
    for (const { unique, redundant, synergistic } of [broja(joint, OF), williamsBeer(joint, OF)]) {
      near(unique[0] + unique[1] + 2 * synergistic, objective);
      near(redundant - synergistic, interactionInformation(joint, ["y", "z1", "z2"]));
    }
  });
});

Deno.test("broja finds no more redundant and no less unique than any measure of the marginals can", () => {
  // Bertschinger et al., Lemma 3: so it is with every measure that depends on p(y, z1) and p(y, z2).
  forRandomJoints("bounds", (joint) => {
    const ours = broja(joint, OF), others = williamsBeer(joint, OF);
    assert(ours.redundant <= others.redundant + 1e-9);
    assert(ours.synergistic <= others.synergistic + 1e-9);
    ours.unique.forEach((unique, i) => assert(unique >= others.unique[i] - 1e-9));
  });
});

Deno.test("exchanged sources exchange the unique parts, and units are bits or nats", () => {
  forRandomJoints("symmetry", (joint) => {
    for (const decompose of [broja, williamsBeer]) {
      const { unique: [first, second], redundant, synergistic } = decompose(joint, OF);
      const exchanged = decompose(joint, { label: "y", locals: ["z2", "z1"], unit: "nats" });
      [second, first, redundant, synergistic].forEach((bits, i) =>
        near(list(exchanged)[i], bits * Math.LN2, 1e-9)
      );
    }
  });
});

Deno.test("a noisy copy of the other source has no unique bit, and one that is told apart has", () => {
  forRandomJoints("copies", (joint, random) => {
    const size = joint.sizes[1];
    const noise = randomConditional({ of: { copy: size }, given: { z1: size } }, { random });
    const copied = withConditional(marginal(joint, ["y", "z1"]), noise);
    const { unique: [, ofCopy], synergistic } = broja(copied, {
      label: "y",
      locals: ["z1", "copy"],
    });
    near(ofCopy, 0, 1e-9);
    near(synergistic, 0, 1e-9);
  });
  const [unq] = joints.filter(({ name }) => name === "UNQ");
  near(broja(jointFromTable(unq.sizes, unq.table), OF).unique[0], 1, 1e-9);
});

Deno.test("sources and labels of several variables are taken together", () => {
  forRandomJoints("several", (joint) => {
    const [y, z1, z2] = joint.sizes;
    const folded = jointFromFunction(
      { y, z2, z1 },
      (a, c, b) => joint.table[(a * z1 + b) * z2 + c],
    );
    const plain = broja(joint, OF), turned = broja(folded, OF);
    list(plain).forEach((part, i) => near(list(turned)[i], part, 1e-9));
  });
  const pairs = jointFromFunction(
    { y1: 2, y2: 2, z1: 2, z2: 2 },
    (y1, y2, a, b) => y1 === a && y2 === b ? 1 / 4 : 0,
  );
  const copy = broja(pairs, { label: ["y1", "y2"], locals: ["z1", "z2"] });
  [1, 1, 0, 0].forEach((part, i) => near(list(copy)[i], part, 1e-9));
});

Deno.test("leastInformative: no joint with the same pairs knows less, within the gap", () => {
  forRandomJoints("least", (joint, random) => {
    const [y, z1, z2] = joint.sizes;
    const tables = ["z1", "z2"].map((z) => marginal(joint, ["y", z]).table);
    const { entropy, gap } = leastInformative([tables[0], tables[1]], y);
    for (let trial = 0; trial < 20; trial++) {
      const moved = Float64Array.from(joint.table); // along a cycle that keeps both pairs
      const [a, b, c, d, e] = [y, z1, z1, z2, z2].map((size) => random.integer(size));
      const at = (row: number, column: number) => (a * z1 + row) * z2 + column;
      const most = Math.min(moved[at(b, d)], moved[at(c, e)]) * random.uniform();
      for (const [row, column, sign] of [[b, d, -1], [c, e, -1], [b, e, 1], [c, d, 1]]) {
        moved[at(row, column)] += sign * most;
      }
      const other = jointFromTable({ y, z1, z2 }, moved.map((p) => Math.max(0, p)));
      const left = mutualInformation(other, ["y", "y"]) -
        mutualInformation(other, ["y", ["z1", "z2"]]);
      assert(left * Math.LN2 <= entropy + gap + 1e-12);
    }
  });
});

Deno.test("bad input is refused with what is wrong", () => {
  const joint = jointFromFunction({ y: 2, z1: 2, z2: 2 }, () => 1 / 8);
  for (const decompose of [broja, williamsBeer]) {
    const told = (label: string | string[], locals: unknown) => () =>
      decompose(joint, { label, locals: locals as Sources["locals"] });
    assert.throws(told("y", ["z1"]), /two sources, not 1/);
    assert.throws(told("y", ["z1", "z3"]), /No variable z3: the joint has y, z1, z2/);
    assert.throws(told("y", ["z1", "y"]), /The second source has y, which is taken already/);
    assert.throws(told([], ["z1", "z2"]), /The label has no variable/);
    assert.throws(told("y", ["z1", []]), /The second source has no variable/);
  }
  assert.throws(
    () => partsFromRedundancy(joint, { label: "y", locals: ["z1", "z1"] }, 0),
    TypeError,
  );
  const wide = jointFromFunction({ y: 2, z1: 400, z2: 2 }, () => 1 / 1600);
  assert.throws(() => broja(wide, OF), /798 ways to move probability, but at most 600.*merge/);
});
