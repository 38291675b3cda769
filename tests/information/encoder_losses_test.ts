import assert from "node:assert/strict";
import { type Conditional, conditionalFromRows } from "lib/information/conditional.ts";
import { expectedCrossEntropy, expectedDivergence } from "lib/information/divergence.ts";
import {
  type DivergenceForm,
  type EncoderTerm,
  type HeadTables,
  jointCrossEntropy,
  leaveOneOutCrossEntropy,
  optimalHeads,
  summedDivergence,
} from "lib/information/encoder_losses.ts";
import { encodedJoint } from "lib/information/encoders.ts";
import { localObjective } from "lib/information/entropy.ts";
import { type Joint } from "lib/information/joint.ts";
import { randomJoint } from "lib/information/random_joint.ts";
import { softEncoder } from "lib/information/soft_encoding.ts";
import { createRandom } from "lib/random.ts";
import { near } from "./near.ts";

/** A random problem with random encoders and heads. */
function setUp(sizes: { blocks: number; symbols: number; labels: number }, seed: number) {
  const { blocks, symbols, labels } = sizes, random = createRandom(seed, "encoders");
  const source = randomJoint({ y: labels, a: 2, b: 3 }, { random });
  const problem = { source, blocks, symbols }, encoder = softEncoder(problem);
  const draw = (length: number) => Float64Array.from({ length }, () => random.normal());
  const logits = Array.from({ length: blocks }, () => draw(6 * symbols));
  const heads: HeadTables = {
    joint: draw(symbols ** blocks * labels),
    leaveOneOut: logits.map(() => draw(symbols ** (blocks - 1) * labels)),
  };
  const encoding = encoder.encode(logits);
  return { problem, encoder, logits, heads, joint: encodedJoint(problem, encoding.channels) };
}

const SIZES = [
  { blocks: 2, symbols: 2, labels: 2 },
  { blocks: 3, symbols: 2, labels: 3 },
  { blocks: 2, symbols: 3, labels: 2 },
];

/** A head's logits as p(y | features). */
function asHead(joint: Joint, at: { logits: Float64Array; given: string[]; temperature?: number }) {
  const size = (name: string) => joint.sizes[joint.names.indexOf(name)], labels = size("y");
  const rows = Array.from({ length: at.logits.length / labels }, (_, r) => {
    const weights = [...at.logits.slice(r * labels, (r + 1) * labels)].map((u) =>
      Math.exp(u / (at.temperature ?? 1))
    );
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((w) => w / sum);
  });
  const given = Object.fromEntries(at.given.map((name) => [name, size(name)]));
  return conditionalFromRows({ of: { y: labels }, given }, rows);
}

/** The joint head and, for each block, the head without it. */
function allHeads(joint: Joint, heads: HeadTables, temperature = 1): [Conditional, Conditional[]] {
  const locals = joint.names.slice(1);
  return [
    asHead(joint, { logits: heads.joint, given: locals, temperature }),
    heads.leaveOneOut.map((logits, i) =>
      asHead(joint, { logits, given: locals.filter((_, j) => j !== i), temperature })
    ),
  ];
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

Deno.test("the soft encoding is the joint that its channels give", () => {
  SIZES.forEach((sizes, seed) => {
    const { encoder, logits, joint, problem } = setUp(sizes, seed);
    const { joint: cells } = encoder.encode(logits), labels = problem.source.sizes[0];
    const rows = cells.length / labels; // the joint's first axis is y, the cells' last
    joint.table.forEach((p, i) => near(cells[i % rows * labels + Math.floor(i / rows)], p));
  });
});

Deno.test("the cross-entropy terms are the heads' expected cross-entropies", () => {
  SIZES.forEach((sizes, seed) => {
    const { encoder, logits, heads, joint } = setUp(sizes, seed);
    const input = { encoder, heads, encoding: encoder.encode(logits) };
    const [all, lacking] = allHeads(joint, heads);
    const expected = (head: Conditional) => expectedCrossEntropy(joint, head, { unit: "nats" });
    near(jointCrossEntropy(input).value, expected(all));
    near(leaveOneOutCrossEntropy(input).value, sum(lacking.map(expected)));
  });
});

Deno.test("summedDivergence is Eq. 8's sum, the official code's, or the exact information", () => {
  SIZES.forEach((sizes, seed) => {
    const { encoder, logits, heads, joint } = setUp(sizes, seed);
    const input = { encoder, heads, encoding: encoder.encode(logits) };
    const [all, lacking] = allHeads(joint, heads);
    const nats = { unit: "nats" } as const;
    const paper = sum(lacking.map((head) => expectedDivergence(joint, [all, head], nats)));
    near(summedDivergence(input, "paper").value, paper);
    const [cool, coolLacking] = allHeads(joint, heads, 1.5);
    const official = sum(coolLacking.map((head) => expectedDivergence(joint, [head, cool], nats)));
    near(summedDivergence(input, "official").value, official / sizes.labels);
    const locals = joint.names.slice(1);
    const exact = localObjective(joint, { label: "y", locals, unit: "nats" });
    near(summedDivergence(input, "optimalHeads").value, exact);
    const atOptimum = { ...input, heads: optimalHeads(input.encoding) };
    near(summedDivergence(atOptimum, "paper").value, exact);
  });
});

/** Checks a term's gradient at every logit by central differences. */
function checkGradient(
  at: Omit<ReturnType<typeof setUp>, "problem" | "joint">,
  term: (input: Parameters<typeof jointCrossEntropy>[0]) => EncoderTerm,
  constant: readonly Float64Array[] = [],
) {
  const { encoder, logits, heads } = at;
  const value = () => term({ encoder, heads, encoding: encoder.encode(logits) }).value;
  const encoding = encoder.encode(logits),
    { cells, heads: atHeads } = term({ encoder, heads, encoding });
  const gradients = [...encoding.backward(cells), atHeads.joint, ...atHeads.leaveOneOut];
  [...logits, heads.joint, ...heads.leaveOneOut].forEach((parameters, k) => {
    for (let i = 0; i < parameters.length; i++) {
      const before = parameters[i], step = 1e-5;
      parameters[i] = before + step;
      const above = value();
      parameters[i] = before - step;
      const below = value();
      parameters[i] = before;
      const slope = constant.includes(parameters) ? 0 : (above - below) / (2 * step);
      near(gradients[k][i], slope, 1e-9);
    }
  });
}

Deno.test("gradients of the cross-entropies agree with central differences", () => {
  SIZES.forEach((sizes, seed) => {
    checkGradient(setUp(sizes, seed), jointCrossEntropy);
    checkGradient(setUp(sizes, seed), leaveOneOutCrossEntropy);
  });
});

Deno.test("gradients of Σ KL agree with central differences in every form", () => {
  SIZES.forEach((sizes, seed) => {
    for (const form of ["paper", "official", "optimalHeads"] as DivergenceForm[]) {
      const at = setUp(sizes, seed);
      // the official code detaches the joint logits: no gradient reaches that head
      const constant = form === "official" ? [at.heads.joint] : [];
      checkGradient(at, (input) => summedDivergence(input, form), constant);
    }
  });
});

Deno.test("envelope: at optimal heads the cross-entropy's gradient is that of H(y | Z)", () => {
  const { encoder, logits } = setUp(SIZES[0], 5);
  const term = (encoding = encoder.encode(logits)) =>
    jointCrossEntropy({ encoder, encoding, heads: optimalHeads(encoding) });
  const encoding = encoder.encode(logits), fixed = term(encoding);
  fixed.heads.joint.forEach((g) => near(g, 0));
  encoding.backward(fixed.cells).forEach((gradient, block) =>
    gradient.forEach((g, i) => {
      const at = (change: number) => {
        const moved = logits.map((u) => u.slice());
        moved[block][i] += change;
        return term(encoder.encode(moved)).value; // heads move along
      };
      near(g, (at(1e-5) - at(-1e-5)) / 2e-5, 1e-9);
    })
  );
});

Deno.test("a block's own gradient of I(zi; y | Z∖zi) is that of −H(y | Z)", () => {
  const { encoder, logits } = setUp(SIZES[1], 6);
  const encoding = encoder.encode(logits);
  const input = { encoder, encoding, heads: optimalHeads(encoding) };
  // Σ I = Σ H(y | Z∖zi) − n H(y | Z); the first sum's terms for other blocks do depend on zi
  const whole = encoding.backward(summedDivergence(input, "optimalHeads").cells);
  const joint = encoding.backward(jointCrossEntropy(input).cells);
  const others = encoding.backward(leaveOneOutCrossEntropy(input).cells);
  whole.forEach((gradient, block) =>
    gradient.forEach((g, i) => near(g, others[block][i] - 3 * joint[block][i], 1e-12))
  );
  const first = { ...encoding, leaveOneOut: [encoding.leaveOneOut[0]] };
  const alone = { ...input, encoding: first, heads: optimalHeads(first) };
  const ownOnly = encoding.backward(leaveOneOutCrossEntropy(alone).cells);
  assert(ownOnly[0].every((g) => Math.abs(g) < 1e-15)); // H(y | Z∖z1) does not depend on block 1
  assert(ownOnly[1].some((g) => Math.abs(g) > 1e-3));
});
