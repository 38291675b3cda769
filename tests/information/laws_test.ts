/** The laws of information on thousands of seeded random joints, a third of whose cells may be zero. */
import { conditional } from "lib/information/conditional.ts";
import { withConditional, withFunction } from "lib/information/derived.ts";
import { expectedCrossEntropy, expectedDivergence } from "lib/information/divergence.ts";
import {
  entropy,
  interactionInformation,
  localObjective,
  mutualInformation,
} from "lib/information/entropy.ts";
import { type Joint } from "lib/information/joint.ts";
import { marginal, sizesOf } from "lib/information/marginal.ts";
import { randomConditional, randomJoint } from "lib/information/random_joint.ts";
import { createRandom, type Random } from "lib/random.ts";
import assert from "node:assert/strict";
import { near } from "./near.ts";

const TIMES = 2000;

/** Calls `check` with random joints of y and two to four features. */
function forRandomJoints(law: string, check: (joint: Joint, random: Random) => void) {
  const random = createRandom(2024, law);
  for (let k = 0; k < TIMES; k++) {
    const names = ["y", "z1", "z2", "z3", "z4"].slice(0, 3 + random.integer(3));
    const sizes = Object.fromEntries(names.map((name) => [name, 1 + random.integer(3)]));
    check(randomJoint(sizes, { random, zeros: [0, 0.3, 0.6][k % 3] }), random);
  }
}

const without = (names: readonly string[], i: number) => names.filter((_, j) => j !== i);

Deno.test("chain rule: H(y, z1, …) and I(y; Z) are sums of conditional terms (before Eq. 5)", () => {
  forRandomJoints("chain", (joint) => {
    const [, ...locals] = joint.names;
    let entropies = 0, informations = 0;
    joint.names.forEach((name, i) => {
      entropies += entropy(joint, name, { given: joint.names.slice(0, i) });
    });
    locals.forEach((z, i) => {
      informations += mutualInformation(joint, [z, "y"], { given: locals.slice(0, i) });
    });
    near(entropies, entropy(joint, joint.names));
    near(informations, mutualInformation(joint, ["y", locals]));
  });
});

Deno.test("entropies and informations are not negative, and knowing more never raises entropy", () => {
  forRandomJoints("signs", (joint) => {
    const [, z1, ...rest] = joint.names;
    const h = entropy(joint, "y"), hGiven = entropy(joint, "y", { given: rest });
    const hAll = entropy(joint, "y", { given: [z1, ...rest] });
    assert(-1e-12 <= hAll && hAll <= hGiven + 1e-12 && hGiven <= h + 1e-12);
    assert(h <= Math.log2(joint.sizes[0]) + 1e-12);
    assert(mutualInformation(joint, ["y", z1], { given: rest }) >= -1e-12);
  });
});

Deno.test("Eq. 3: I(zi; zj) = I(zi; zj; y) + I(zi; zj | y), symmetric in all three", () => {
  forRandomJoints("interaction", (joint) => {
    const three = interactionInformation(joint, ["z1", "z2", "y"]);
    near(
      mutualInformation(joint, ["z1", "z2"]),
      three + mutualInformation(joint, ["z1", "z2"], { given: "y" }),
    );
    near(three, interactionInformation(joint, ["y", "z2", "z1"]));
    near(
      three,
      mutualInformation(joint, ["y", "z1"]) -
        mutualInformation(joint, ["y", "z1"], { given: "z2" }),
    );
  });
});

Deno.test("theorem of Eq. 7, with equality: I(zi; y | Z∖zi) = E KL(p(y|Z) ‖ p(y|Z∖zi))", () => {
  forRandomJoints("theorem", (joint) => {
    const [, ...locals] = joint.names;
    const all = conditional(joint, "y", { given: locals });
    let sum = 0;
    locals.forEach((z, i) => {
      const given = without(locals, i);
      const divergence = expectedDivergence(joint, [all, conditional(joint, "y", { given })]);
      near(mutualInformation(joint, [z, "y"], { given }), divergence);
      sum += divergence;
    });
    near(localObjective(joint, { label: "y", locals }), sum);
  });
});

Deno.test("Eq. 17: I(zi; y | Z∖zi) = Q1 + Q2 with Q1 = H(zi | Z∖zi), Q2 = −H(zi | y, Z∖zi) ≤ 0", () => {
  forRandomJoints("split", (joint) => {
    const [, z1, ...rest] = joint.names;
    const q1 = entropy(joint, z1, { given: rest });
    const q2 = -entropy(joint, z1, { given: ["y", ...rest] });
    near(mutualInformation(joint, [z1, "y"], { given: rest }), q1 + q2);
    assert(q2 <= 1e-12);
  });
});

Deno.test("Σ I(zi; y | Z∖zi) ≤ n H(y), so the loss of Eq. 8 with exact heads is at least exp(−n H(y))", () => {
  forRandomJoints("ceiling", (joint) => {
    const [, ...locals] = joint.names;
    const sum = localObjective(joint, { label: "y", locals });
    assert(sum <= locals.length * entropy(joint, "y") + 1e-12);
  });
});

Deno.test("data processing: I(y; G) ≤ I(y; Z) for y – Z – G, and the difference is Eq. 11's KL", () => {
  forRandomJoints("processing", (joint, random) => {
    const [, ...locals] = joint.names, given = sizesOf(joint, locals);
    const fused = withConditional(
      joint,
      randomConditional({ of: { G: 1 + random.integer(3) }, given }, { random, zeros: 0.3 }),
    );
    const lost = mutualInformation(fused, ["y", locals]) - mutualInformation(fused, ["y", "G"]);
    assert(lost >= -1e-12);
    const heads = [
      conditional(fused, "y", { given: locals }),
      conditional(fused, "y", { given: "G" }),
    ] as const;
    near(expectedDivergence(fused, heads), lost);
  });
});

Deno.test("cross-entropies bound: H(y|Z∖zi) − CE(joint) ≤ I(zi; y | Z∖zi) ≤ CE(without) − H(y|Z)", () => {
  forRandomJoints("bounds", (joint, random) => {
    const [, z1, ...rest] = joint.names;
    const head = (names: string[]) =>
      randomConditional({ of: sizesOf(joint, "y"), given: sizesOf(joint, names) }, { random });
    const all = head([z1, ...rest]), lacking = head(rest);
    const information = mutualInformation(joint, [z1, "y"], { given: rest });
    const hAll = entropy(joint, "y", { given: [z1, ...rest] });
    const hLacking = entropy(joint, "y", { given: rest });
    assert(hLacking - expectedCrossEntropy(joint, all) <= information + 1e-12);
    assert(information <= expectedCrossEntropy(joint, lacking) - hAll + 1e-12);
    const exact = conditional(joint, "y", { given: rest });
    near(
      expectedCrossEntropy(joint, lacking),
      hLacking + expectedDivergence(joint, [exact, lacking]),
      1e-11,
    );
  });
});

Deno.test("measures are invariant under relabelling states and reordering axes", () => {
  forRandomJoints("relabelling", (joint, random) => {
    const [, ...locals] = joint.names, size = joint.sizes[1];
    const order = random.shuffle(Array.from({ length: size }, (_, k) => k));
    const relabelled = withFunction(joint, "w", { of: "z1", size, value: (z) => order[z] });
    const shuffled = marginal(relabelled, random.shuffle(["y", "w", ...locals.slice(1)]));
    const renamed = ["w", ...locals.slice(1)];
    near(entropy(shuffled, shuffled.names), entropy(joint, joint.names));
    near(
      localObjective(shuffled, { label: "y", locals: renamed }),
      localObjective(joint, { label: "y", locals }),
    );
    near(
      interactionInformation(shuffled, ["y", ...renamed]),
      interactionInformation(joint, ["y", ...locals]),
    );
  });
});
