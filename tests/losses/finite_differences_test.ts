import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { OFFICIAL_CODE, PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { automaticWeightedLoss } from "lib/losses/automatic_weights.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { klDivergence } from "lib/losses/divergences.ts";
import { globalInformationLoss, localInformationLoss } from "lib/losses/information_losses.ts";
import { paperObjective } from "lib/losses/paper_objective.ts";
import { sinkhornDistance } from "lib/losses/sinkhorn.ts";
import { createRandom } from "lib/random.ts";

await tf.setBackend("cpu");

type Loss = (...x: tf.Tensor[]) => tf.Tensor;

/** The gradient of a loss in all its arguments, one flat list after another. */
function gradientOf(loss: Loss, arguments_: readonly tf.Tensor[]): number[] {
  return tf.tidy(() =>
    tf.grads((...x) => tf.add(loss(...x), tf.addN(x.map((t) => tf.sum(tf.mul(t, 0))))))([
      ...arguments_,
    ]).flatMap((gradient) => [...gradient.dataSync()])
  );
}

/**
 * The same by differences of fourth order, (8 (f₁ − f₋₁) − (f₂ − f₋₂)) / 12h, so that a step large
 * enough for float32 is small enough for the curvature.
 */
function differencesOf(loss: Loss, arguments_: readonly tf.Tensor[], h = 0.04): number[] {
  const moved = (argument: number, place: number, by: number) =>
    tf.tidy(() => {
      const x = arguments_.map((t, i) => {
        if (i !== argument) return t;
        const values = Float32Array.from(t.dataSync());
        values[place] += by;
        return tf.tensor(values, t.shape);
      });
      return loss(...x).dataSync()[0];
    });
  return arguments_.flatMap((t, argument) =>
    Array.from({ length: t.size }, (_, place) => {
      const [f2, f1, e1, e2] = [2, 1, -1, -2].map((k) => moved(argument, place, k * h));
      return (8 * (f1 - e1) - (f2 - e2)) / (12 * h);
    })
  );
}

function assertAgree(gradient: readonly number[], differences: readonly number[], what: string) {
  assert.equal(gradient.length, differences.length);
  const largest = Math.max(...differences.map(Math.abs));
  gradient.forEach((g, i) => {
    const error = Math.abs(g - differences[i]);
    assert.ok(error <= 2e-4 * largest, `${what}, ${i}: ${g}, differences give ${differences[i]}`);
  });
  assert.ok(largest > 1e-3, `${what}: nothing to compare`);
}

const random = createRandom(11);
const draw = (rows: number, spread = 1.5) =>
  tf.tensor2d(Array.from({ length: 2 * rows }, () => spread * random.normal()), [rows, 2]);

const [joint, first, second, global] = [draw(3), draw(3), draw(3), draw(3)];
const weights = tf.tensor1d([0.8, -1.2, 1.5]);
const targets = tf.tensor2d([[1, 0], [0, 1], [0.3, 0.7]]); // the last one is mixed

const two = (f: (p: tf.Tensor2D, q: tf.Tensor2D) => tf.Scalar): Loss => (p, q) =>
  f(p as tf.Tensor2D, q as tf.Tensor2D);

/** Losses of two heads. */
const OF_TWO: Record<string, Loss> = {
  "klDivergence": two((p, q) => klDivergence(p, q)),
  "klDivergence at temperature 1.5, by elements": two((p, q) =>
    klDivergence(p, q, { temperature: 1.5, reduction: "elementMean" })
  ),
};
const KL = { divergence: "kl", temperature: 1.5, detachJoint: false } as const;
for (const lossForm of ["paper", "official"] as const) {
  const options = { ...KL, lossForm };
  OF_TWO[`globalInformationLoss, ${lossForm}`] = two((joint, global) =>
    globalInformationLoss({ joint, global }, options)
  );
  OF_TWO[`localInformationLoss, ${lossForm}`] = two((joint, other) =>
    localInformationLoss({ joint, leaveOneOut: [other] }, options)
  );
}

for (const [name, loss] of Object.entries(OF_TWO)) {
  Deno.test(`${name} has the gradients of finite differences`, () => {
    assertAgree(gradientOf(loss, [joint, first]), differencesOf(loss, [joint, first]), name);
  });
}

Deno.test("crossEntropy has the gradients of finite differences, soft targets too", () => {
  const loss: Loss = (x) => crossEntropy(x as tf.Tensor2D, targets);
  assertAgree(gradientOf(loss, [joint]), differencesOf(loss, [joint]), "crossEntropy");
});

Deno.test("automaticWeightedLoss has the gradients of finite differences, for negative p too", () => {
  const losses = [0.7, 0.2, 3].map((x) => tf.scalar(x));
  const loss: Loss = (p, ...of) => automaticWeightedLoss(of as tf.Scalar[], p as tf.Tensor1D);
  const arguments_ = [weights, ...losses];
  assertAgree(gradientOf(loss, arguments_), differencesOf(loss, arguments_, 0.01), "weights");
});

/** Settings of the objective whose gradients are compared; the joint head is not detached. */
const OBJECTIVES = {
  "the paper's": PAPER,
  "the official code's": vary(OFFICIAL_CODE, { detachJoint: false }),
  "fixed weights": vary(PAPER, { lossWeights: "fixed", alpha: 2, beta: 0.5 }),
  "cross-entropy of the global head alone": vary(PAPER, { crossEntropyTerms: ["global"] }),
};

for (const [name, configuration] of Object.entries(OBJECTIVES)) {
  Deno.test(`paperObjective has the gradients of finite differences: ${name}`, () => {
    const { settings } = vary(configuration, { blocks: 2 }).detector;
    const loss: Loss = (z, a, b, g, p) => {
      const heads = [z, a, b, g] as tf.Tensor2D[];
      const logits = { joint: heads[0], leaveOneOut: heads.slice(1, 3), global: heads[3] };
      return paperObjective(logits, targets, { settings, weights: p as tf.Tensor1D }).total;
    };
    const arguments_ = [joint, first, second, global, weights];
    assertAgree(gradientOf(loss, arguments_), differencesOf(loss, arguments_, 0.02), name);
  });
}

Deno.test("detachJoint takes the gradient from the joint head and leaves the other's as it was", () => {
  for (const lossForm of ["paper", "official"] as const) {
    const at = (detachJoint: boolean) => {
      const options = { ...KL, lossForm, temperature: 1, detachJoint };
      const loss = two((joint, other) =>
        localInformationLoss({ joint, leaveOneOut: [other] }, options)
      );
      return gradientOf(loss, [joint, first]);
    };
    const [free, detached] = [at(false), at(true)];
    assert.deepEqual(detached.slice(0, joint.size), Array(joint.size).fill(0));
    assert.deepEqual(detached.slice(joint.size), free.slice(joint.size));
  }
});

/** The Sinkhorn distance in float64, written out: a step of 1e-6 needs more than float32. */
function sinkhornInFloat64(x: number[][], y: number[][]): number {
  const temperature = 1.5, epsilon = 0.01, B = x.length;
  const softmax = (row: number[]) => {
    const e = row.map((v) => Math.exp(v / temperature));
    return e.map((v) => v / e.reduce((a, b) => a + b));
  };
  const logP = x.map((row) => softmax(row).map(Math.log)), q = y.map(softmax);
  const cost = logP.map((p) => q.map((r) => r.reduce((sum, v, k) => sum + (p[k] - v) ** 2, 0)));
  const u = Array<number>(B).fill(0), v = Array<number>(B).fill(0);
  const scaled = (i: number, j: number) => (u[i] + v[j] - cost[i][j]) / epsilon;
  const share = Math.log(1 / B + 1e-8), all = u.map((_, i) => i);
  const logSum = (terms: number[]) => Math.log(terms.reduce((a, t) => a + Math.exp(t), 1e-6));
  for (let step = 0; step < 100; step++) {
    const before = [...u];
    const rows = all.map((i) => logSum(all.map((j) => scaled(i, j))));
    rows.forEach((r, i) => u[i] += epsilon * (share - r));
    const columns = all.map((j) => logSum(all.map((i) => scaled(i, j))));
    columns.forEach((c, j) => v[j] += epsilon * (share - c));
    if (u.reduce((sum, value, i) => sum + Math.abs(value - before[i]), 0) < 0.1) break;
  }
  return all.reduce(
    (sum, i) => sum + all.reduce((s, j) => s + Math.exp(scaled(i, j)) * cost[i][j], 0),
    0,
  );
}

Deno.test("sinkhornDistance has the value and gradients of float64 differences, in both heads", () => {
  const options = { temperature: 1.5, detachJoint: false };
  const loss = two((p, q) => sinkhornDistance(p, q, options));
  const x = joint.arraySync(), y = first.arraySync(), h = 1e-6;
  const value = loss(joint, first).dataSync()[0];
  assert.ok(Math.abs(value / sinkhornInFloat64(x, y) - 1) < 1e-4);
  const moved = (which: 0 | 1, place: number, by: number) => {
    const both = [x, y].map((rows) => rows.map((row) => [...row]));
    both[which][Math.floor(place / 2)][place % 2] += by;
    return sinkhornInFloat64(both[0], both[1]);
  };
  const differences = ([0, 1] as const).flatMap((which) =>
    Array.from(
      { length: 6 },
      (_, place) => (moved(which, place, h) - moved(which, place, -h)) / (2 * h),
    )
  );
  const gradient = gradientOf(loss, [joint, first]);
  const largest = Math.max(...differences.map(Math.abs));
  gradient.forEach((g, i) => {
    assert.ok(Math.abs(g - differences[i]) < 2e-3 * largest, `${i}: ${g}, ${differences[i]}`);
  });
});
