import assert from "node:assert/strict";
import { type EncoderTrainingOptions, trainEncoders } from "lib/information/encoder_training.ts";
import { jointFromFunction } from "lib/information/joint.ts";
import { createRandom } from "lib/random.ts";
import { near } from "./near.ts";

// A strong clue, a weak one, and a light that says nothing about the label.
const source = jointFromFunction(
  { y: 2, ghost: 2, seam: 2, light: 2 },
  (y, ghost, seam) => (ghost === y ? 0.95 : 0.05) * (seam === y ? 0.8 : 0.2) / 4,
);
const problem = { source, blocks: 2, symbols: 2 };

function train(changes: Partial<EncoderTrainingOptions>, seed: number) {
  const base = { form: "none", weight: 1, crossEntropyHeads: "joint" } as const;
  const pace = { steps: 600, learningRate: 0.05, recordEvery: 300 };
  return trainEncoders(problem, { ...base, ...pace, random: createRandom(seed), ...changes });
}

const last = (changes: Partial<EncoderTrainingOptions>, seed: number) =>
  train(changes, seed).records.at(-1)!;

Deno.test("trainEncoders records the first, each asked-for and the last step, and repeats by seed", () => {
  const run = train({ steps: 7, recordEvery: 3 }, 1);
  assert.deepEqual(run.records.map((r) => r.step), [0, 3, 6, 7]);
  assert.deepEqual(train({ steps: 7, recordEvery: 3 }, 1), run);
  assert.throws(() => train({ steps: 0 }, 1), { name: "RangeError", message: /steps is 0/ });
  assert.throws(() => train({ recordEvery: 0.5 }, 1), RangeError);
});

Deno.test("trainEncoders lowers its loss to near the entropy it cannot go below", () => {
  for (const seed of [1, 2, 3]) {
    const { records } = train({}, seed), end = records.at(-1)!;
    assert(end.loss < records[0].loss);
    const least = (1 - end.information) * Math.LN2; // H(y | Z) in nats
    assert(end.loss >= least - 1e-12 && end.loss < least + 0.01);
  }
});

Deno.test("the paper's form with trained heads claims more than is possible: the loss is gamed", () => {
  for (const seed of [1, 2, 3]) {
    const end = last({ form: "paper" }, seed);
    assert(end.claimed > 4, `claims ${end.claimed} bits`); // at most 2 H(y) = 2 bits are possible
    assert(end.objective < 1);
    assert(end.localLoss < 0.02);
    assert(end.leaveOneOutCrossEntropy > 1.2); // worse than guessing, ln 2
  }
});

Deno.test("the official form at weight 1 is inert: its loss stays near 1 and the informations as without", () => {
  for (const seed of [1, 2, 3]) {
    const end = last({ form: "official", crossEntropyHeads: "all" }, seed);
    assert(end.localLoss > 0.99);
    near(end.objective, last({ crossEntropyHeads: "all" }, seed).objective, 0.01);
  }
});

Deno.test("with optimal heads the claim is the truth and rises above training without the loss", () => {
  for (const seed of [1, 2, 3]) {
    const end = last({ form: "optimalHeads" }, seed);
    near(end.claimed, end.objective);
    assert(end.objective > last({}, seed).objective + 0.1);
  }
});
