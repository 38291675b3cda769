import assert from "node:assert/strict";
import fc from "fast-check";
import { vary } from "lib/detectors/configuration.ts";
import {
  OFFICIAL_CODE,
  PAPER,
  profileConfiguration,
  QUICK,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { LOSS_WEIGHTS } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { ratesAt, runLength, type ScheduledRun, type StepRates } from "lib/training/schedule.ts";

const allRates = (run: ScheduledRun): StepRates[] =>
  Array.from({ length: runLength(run) }, (_, step) => ratesAt(step, run));

const runs = fc.record({
  schedule: fc.constantFrom("paper", "official", "warmUpCosine", "constant"),
  batchesPerEpoch: fc.integer({ min: 1, max: 400 }),
  epochs: fc.integer({ min: 0, max: 12 }),
  steps: fc.integer({ min: 1, max: 1000 }),
}).map(({ batchesPerEpoch, epochs, steps, schedule }) => ({
  batchesPerEpoch,
  ...vary(QUICK, { schedule, epochs, steps: epochs > 0 ? 0 : steps }),
}));

Deno.test("ratesAt stays within 0 and the full rate, and its factor is what is left of every rate", () => {
  fc.assert(fc.property(runs, (run) => {
    const { learningRate: top } = run.training;
    for (const rates of allRates(run)) {
      assert.ok(rates.learningRate >= 0 && rates.learningRate <= top);
      assert.ok(Math.abs(rates.learningRate / top - rates.factor) < 1e-12);
    }
  }));
});

Deno.test("ratesAt of warmUpCosine rises, then falls, and stays above zero", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 3000 }), (steps) => {
    const run = { ...vary(QUICK, { steps }), batchesPerEpoch: 7 };
    const rates = allRates(run).map((r) => r.learningRate);
    assert.ok(rates.every((r) => r > 0));
    const top = rates.indexOf(Math.max(...rates));
    assert.equal(rates[top], run.training.learningRate);
    assert.ok(rates.every((r, i) => i === 0 || (i <= top ? r > rates[i - 1] : r < rates[i - 1])));
  }));
});

Deno.test("ratesAt of paper halves after every five epochs and falls along a cosine between", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), (batchesPerEpoch) => {
    const period = 5 * batchesPerEpoch;
    const rates = allRates({ ...PAPER, batchesPerEpoch }).map((r) => r.learningRate);
    assert.equal(rates.length, 20 * batchesPerEpoch);
    rates.forEach((rate, step) => {
      if (step % period === 0) assert.equal(rate, 5e-4 / 2 ** (step / period));
      else assert.ok(rate < rates[step - 1]);
      if (step >= period) assert.ok(Math.abs(rate - rates[step - period] / 2) < 1e-18);
    });
  }));
});

Deno.test("ratesAt of a run that counts steps is that of the paper's epochs, however short an epoch is", () => {
  const tenth = fc.integer({ min: 1, max: 60 }), few = fc.integer({ min: 1, max: 3 });
  fc.assert(fc.property(tenth, few, (count, batchesPerEpoch) => {
    for (const [base, epochs] of [[PAPER, 20], [OFFICIAL_CODE, 10]] as const) {
      const steps = epochs * count; // the same length, told in the other unit
      const bySteps = allRates({ ...vary(base, { epochs: 0, steps }), batchesPerEpoch });
      assert.deepEqual(bySteps, allRates({ ...vary(base, { epochs }), batchesPerEpoch: count }));
    }
  }));
  const full = { ...profileConfiguration("full"), batchesPerEpoch: 2 };
  for (const step of [50, 2550, 5050, 7550]) assert.ok(ratesAt(step, full).factor > 0.1, `${step}`);
});

Deno.test("ratesAt of constant is the full rate in every step, and counts Adam's steps through", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), (steps) => {
    const run = { ...vary(QUICK, { schedule: "constant", steps }), batchesPerEpoch: 7 };
    const { learningRate } = run.training;
    allRates(run).forEach((rates, step) =>
      assert.deepEqual(rates, { factor: 1, learningRate, optimiserStep: step + 1 })
    );
  }));
});

Deno.test("ratesAt of official is PyTorch's cosine stepped at every iteration, anew in each epoch", async () => {
  const path = new URL("../fixtures/adam_reference.json", import.meta.url);
  const { cosine } = JSON.parse(await Deno.readTextFile(path)) as {
    cosine: { "base_5e-4": number[] };
  };
  const torch = cosine["base_5e-4"];
  const configuration = vary(OFFICIAL_CODE, { learningRate: 5e-4, epochs: 2 });
  const rates = allRates({ ...configuration, batchesPerEpoch: torch.length });
  rates.forEach(({ learningRate, optimiserStep }, step) => {
    assert.ok(Math.abs(learningRate - torch[step % torch.length]) < 1e-15, `step ${step}`);
    assert.equal(optimiserStep, step % torch.length + 1);
  });
});

Deno.test("ratesAt of official gives both groups the rates of the official code's three steps", async () => {
  const path = new URL("../fixtures/training_step.json", import.meta.url);
  const { variants } = JSON.parse(await Deno.readTextFile(path)) as {
    variants: Record<string, { steps_f64: { lr_net_awl: [number, number] }[] }>;
  };
  const configuration = vary(OFFICIAL_CODE, { learningRate: 5e-4 });
  variants["B_official_groups_and_cosine"].steps_f64.forEach(({ lr_net_awl: [net, awl] }, step) => {
    const rates = ratesAt(step, { ...configuration, batchesPerEpoch: 40 });
    assert.ok(Math.abs(rates.learningRate - net) < 1e-12);
    assert.ok(Math.abs(rates.factor * configuration.detector.ownRates[LOSS_WEIGHTS] - awl) < 1e-12);
  });
});

Deno.test("ratesAt counts Adam's steps through the run, but for the official code's", () => {
  const run = { ...QUICK, batchesPerEpoch: 10 };
  assert.deepEqual([0, 9, 10, 299].map((s) => ratesAt(s, run).optimiserStep), [1, 10, 11, 300]);
});

Deno.test("ratesAt and runLength refuse what no run has", () => {
  const run = { ...vary(QUICK, { steps: 10 }), batchesPerEpoch: 3 };
  for (const step of [-1, 10, 0.5, NaN]) {
    assert.throws(() => ratesAt(step, run), /steps 0 to 9/);
  }
  for (const batchesPerEpoch of [0, 1.5, NaN]) {
    assert.throws(() => runLength({ ...run, batchesPerEpoch }), /whole number of batches/);
  }
});
