import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { expNegativeSum } from "lib/losses/local_information.ts";
import { sinkhornDistance } from "lib/losses/sinkhorn.ts";
import { assertClose, assertGradients, LOSS_CASES, valueAndGradients } from "./loss_cases.ts";

await tf.setBackend("cpu");

const OFFICIAL = { temperature: 1.5, detachJoint: true };

const url = new URL("../fixtures/loss_fixtures.json", import.meta.url);
const { sinkhorn, cases } = JSON.parse(await Deno.readTextFile(url));

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

for (const lossCase of LOSS_CASES.slice(0, 3)) {
  const expected = cases.find((c: { name: string }) => c.name === lossCase.name)
    .official_sinkhorn_f64;
  Deno.test(`sinkhornDistance in place of KL gives the official losses: ${lossCase.name}`, () => {
    const global = valueAndGradients(
      lossCase,
      (x) => sinkhornDistance(x.joint, x.global, OFFICIAL),
    );
    assertClose(global.value, expected.gil, 5e-5, "global");
    assertGradients(global.gradients, expected.grad_gil, 2e-3, "global");
    const local = valueAndGradients(
      lossCase,
      (x) => expNegativeSum(x.leaveOneOut.map((l) => sinkhornDistance(x.joint, l, OFFICIAL))),
    );
    assertClose(local.value, expected.lil, 5e-4, "local");
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
