import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { globalInformationLoss } from "lib/losses/global_information.ts";
import { leaveOneOutDivergences, localInformationLoss } from "lib/losses/local_information.ts";
import { assertClose, assertGradients, LOSS_CASES, valueAndGradients } from "./loss_cases.ts";

await tf.setBackend("cpu");

const OFFICIAL = { form: "official", temperature: 1.5, detachJoint: true } as const;

for (const lossCase of LOSS_CASES) {
  Deno.test(`information losses equal the official code's, values and gradients: ${lossCase.name}`, () => {
    const { official_f64: expected } = lossCase;
    const local = valueAndGradients(
      lossCase,
      (x) => localInformationLoss(x.joint, x.leaveOneOut, OFFICIAL),
    );
    assertClose(local.value, expected.lil, 5e-5, "LIL");
    assertGradients(local.gradients, expected.grad_lil, 5e-5, "LIL");
    const global = valueAndGradients(
      lossCase,
      (x) => globalInformationLoss(x.joint, x.global, OFFICIAL),
    );
    assertClose(global.value, expected.gil, 1e-5, "GIL");
    assertGradients(global.gradients, expected.grad_gil, 1e-5, "GIL");

    const perBlock = leaveOneOutDivergences(
      tf.tensor2d(lossCase.joint),
      lossCase.loo.map((rows) => tf.tensor2d(rows)),
      OFFICIAL,
    ).map((d) => d.dataSync()[0]);
    lossCase.official_kl_per_loo_f64.forEach((d, i) => assertClose(perBlock[i], d, 1e-5, `D${i}`));
  });

  for (const temperature of [1, 1.5]) {
    for (const detachJoint of [false, true]) {
      const key = `paper_T${temperature}_joint${detachJoint ? "detached" : "grad"}_f64` as const;
      Deno.test(`information losses equal the paper's equations, ${key}: ${lossCase.name}`, () => {
        const expected = lossCase[key];
        const options = { form: "paper", temperature, detachJoint } as const;
        const local = valueAndGradients(
          lossCase,
          (x) => localInformationLoss(x.joint, x.leaveOneOut, options),
        );
        assertClose(local.value, expected.lil, 5e-5, "LIL");
        assertGradients(local.gradients, expected.grad_lil, 5e-5, "LIL");
        leaveOneOutDivergences(
          tf.tensor2d(lossCase.joint),
          lossCase.loo.map((rows) => tf.tensor2d(rows)),
          options,
        ).forEach((d, i) => assertClose(d.dataSync()[0], expected.kl_PZ_PZi[i], 1e-5, `D${i}`));
        const global = valueAndGradients(
          lossCase,
          (x) => globalInformationLoss(x.joint, x.global, options),
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
    fc.property(head, head, head, fc.constantFrom("paper", "official"), (z, a, b, form) => {
      const [joint, first, second] = [z, a, b].map((rows) => tf.tensor2d(rows));
      const options = { form, temperature: 1, detachJoint: false } as const;
      const value = localInformationLoss(joint, [first, second], options).dataSync()[0];
      const turned = localInformationLoss(joint, [second, first], options).dataSync()[0];
      assert.ok(value > 0 && value <= 1 + 1e-6, `${value}`);
      assertClose(turned, value, 1e-5, "other order");
    }),
    { numRuns: 60 },
  );
});

Deno.test("localInformationLoss refuses an empty list of blocks", () => {
  assert.throws(
    () => localInformationLoss(tf.zeros([2, 2]), [], OFFICIAL),
    { name: "RangeError", message: /needs leave-one-out heads/ },
  );
});
