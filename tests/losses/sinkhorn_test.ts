import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { OFFICIAL_CODE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { globalInformationLoss, localInformationLoss } from "lib/losses/information_losses.ts";
import { paperObjective } from "lib/losses/paper_objective.ts";
import { sinkhornDistance } from "lib/losses/sinkhorn.ts";
import {
  assertClose,
  assertGradients,
  caseTargets,
  LOSS_CASES,
  valueAndGradients,
} from "./loss_cases.ts";

await tf.setBackend("cpu");

const OFFICIAL = { temperature: 1.5, detachJoint: true };

const url = new URL("../fixtures/loss_fixtures.json", import.meta.url);
const { sinkhorn } = JSON.parse(await Deno.readTextFile(url));

for (const { name, joint, other, f64 } of sinkhorn) {
  Deno.test(`sinkhornDistance equals the official class's value and gradient: ${name}`, () => {
    const distance = tf.valueAndGrad((x) =>
      sinkhornDistance(tf.tensor2d(joint), x as tf.Tensor2D, OFFICIAL)
    );
    const { value, grad } = distance(tf.tensor2d(other));
    // exp(cost / 0.01) magnifies float32's rounding: PyTorch in float32 is off by as much.
    assertClose(value.dataSync()[0], f64.value, 5e-5, "distance");
    const expected = f64.grad_other.flat() as number[];
    const largest = Math.max(...expected.map(Math.abs));
    grad.dataSync().forEach((g, i) => {
      assert.ok(Math.abs(g - expected[i]) < 1e-3 * largest, `gradient ${i}: ${g}, ${expected[i]}`);
    });
  });
}

const { settings } = vary(OFFICIAL_CODE, { divergence: "sinkhorn" }).detector;

for (const lossCase of LOSS_CASES) {
  Deno.test(`the losses with divergence "sinkhorn" equal the official ones: ${lossCase.name}`, () => {
    const expected = lossCase.official_sinkhorn_f64;
    const options = { lossForm: "official", divergence: "sinkhorn", ...OFFICIAL } as const;
    const global = valueAndGradients(
      lossCase,
      (x) => globalInformationLoss(x, options),
    );
    assertClose(global.value, expected.gil, 5e-5, "GIL");
    assertGradients(global.gradients, expected.grad_gil, 2e-3, "GIL");
    const local = valueAndGradients(
      lossCase,
      (x) => localInformationLoss(x, options),
    );
    assertClose(local.value, expected.lil, 5e-4, "LIL");
    assertGradients(local.gradients, expected.grad_lil, 2e-3, "LIL");
    const targets = caseTargets(lossCase);
    const total = valueAndGradients(
      lossCase,
      (logits, weights) => paperObjective(logits, targets, { settings, weights }).total,
    );
    assertClose(total.value, expected.total_auto, 5e-5, "total");
    assertGradients(total.gradients, expected.grad_total_auto, 2e-3, "total");
  });
}

Deno.test("sinkhornDistance is finite for logits a thousand apart, as are its gradients", () => {
  const { value, grad } = tf.valueAndGrad((x) =>
    sinkhornDistance(tf.tensor2d([[1000, 0], [0, 1000]]), x as tf.Tensor2D, OFFICIAL)
  )(tf.tensor2d([[0, 1000], [1000, 0]]));
  assert.ok([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite));
});

Deno.test("sinkhornDistance refuses shapes that differ and a temperature of 0", () => {
  const two = tf.zeros<tf.Rank.R2>([2, 2]);
  assert.throws(() => sinkhornDistance(two, tf.zeros([3, 2]), OFFICIAL), TypeError);
  assert.throws(() => sinkhornDistance(two, two, { ...OFFICIAL, temperature: 0 }), RangeError);
});
