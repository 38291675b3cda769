import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import {
  globalInformationLoss,
  type InformationSettings,
  localInformationLoss,
} from "lib/losses/information_losses.ts";
import { paperObjective } from "lib/losses/paper_objective.ts";
import {
  assertClose,
  assertGradients,
  caseTargets,
  LOSS_CASES,
  type LossCase,
  valueAndGradients,
} from "./loss_cases.ts";

await tf.setBackend("cpu");

const OFFICIAL: InformationSettings = {
  lossForm: "official",
  divergence: "kl",
  temperature: 1.5,
  detachJoint: true,
};

/** D_KL of each block's leave-one-out head, as the objective records them. */
function divergencesOf(lossCase: LossCase, settings: InformationSettings): number[] {
  const { terms } = paperObjective(
    {
      joint: tf.tensor2d(lossCase.joint),
      leaveOneOut: lossCase.loo.map((rows) => tf.tensor2d(rows)),
      global: tf.tensor2d(lossCase.global),
    },
    caseTargets(lossCase),
    { settings: { ...PAPER.detector.settings, ...settings, lossWeights: "fixed" } },
  );
  return lossCase.loo.map((_, i) => terms[`divergence${i + 1}`].dataSync()[0]);
}

for (const lossCase of LOSS_CASES) {
  Deno.test(`information losses equal the official code's, values and gradients: ${lossCase.name}`, () => {
    const { official_f64: expected } = lossCase;
    const local = valueAndGradients(
      lossCase,
      (x) => localInformationLoss(x, OFFICIAL),
    );
    assertClose(local.value, expected.lil, 5e-5, "LIL");
    assertGradients(local.gradients, expected.grad_lil, 5e-5, "LIL");
    const global = valueAndGradients(
      lossCase,
      (x) => globalInformationLoss(x, OFFICIAL),
    );
    assertClose(global.value, expected.gil, 1e-5, "GIL");
    assertGradients(global.gradients, expected.grad_gil, 1e-5, "GIL");

    const perBlock = divergencesOf(lossCase, OFFICIAL);
    lossCase.official_kl_per_loo_f64.forEach((d, i) => assertClose(perBlock[i], d, 1e-5, `D${i}`));
  });

  for (const temperature of [1, 1.5]) {
    for (const detachJoint of [false, true]) {
      const key = `paper_T${temperature}_joint${detachJoint ? "detached" : "grad"}_f64` as const;
      Deno.test(`information losses equal the paper's equations, ${key}: ${lossCase.name}`, () => {
        const expected = lossCase[key];
        const options = { ...OFFICIAL, lossForm: "paper", temperature, detachJoint } as const;
        const local = valueAndGradients(
          lossCase,
          (x) => localInformationLoss(x, options),
        );
        assertClose(local.value, expected.lil, 5e-5, "LIL");
        assertGradients(local.gradients, expected.grad_lil, 5e-5, "LIL");
        divergencesOf(lossCase, options)
          .forEach((d, i) => assertClose(d, expected.kl_PZ_PZi[i], 1e-5, `D${i}`));
        const global = valueAndGradients(
          lossCase,
          (x) => globalInformationLoss(x, options),
        );
        assertClose(global.value, expected.gil, 1e-5, "GIL");
        assertGradients(global.gradients, expected.grad_gil, 1e-5, "GIL");
      });
    }
  }
}

const logit = fc.double({ min: -8, max: 8, noNaN: true });
const head = fc.array(fc.tuple(logit, logit), { minLength: 3, maxLength: 3 });

Deno.test("localInformationLoss is in (0, 1] and does not depend on the blocks' order", () => {
  fc.assert(
    fc.property(head, head, head, fc.constantFrom("paper", "official"), (z, a, b, lossForm) => {
      const [joint, first, second] = [z, a, b].map((rows) => tf.tensor2d(rows));
      const options = { ...OFFICIAL, lossForm, temperature: 1, detachJoint: false } as const;
      const value =
        localInformationLoss({ joint, leaveOneOut: [first, second] }, options).dataSync()[0];
      const turned =
        localInformationLoss({ joint, leaveOneOut: [second, first] }, options).dataSync()[0];
      assert.ok(value > 0 && value <= 1 + 1e-6, `${value}`);
      assertClose(turned, value, 1e-5, "other order");
    }),
    { numRuns: 60 },
  );
});

Deno.test("localInformationLoss refuses an empty list of blocks", () => {
  assert.throws(
    () => localInformationLoss({ joint: tf.zeros([2, 2]), leaveOneOut: [] }, OFFICIAL),
    { name: "RangeError", message: /needs leave-one-out heads/ },
  );
});
