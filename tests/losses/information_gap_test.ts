import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { exponentialGapPerSample, minimaxGap } from "lib/losses/information_gap.ts";

/** Cross-entropy of one row of two logits against a label, in float64. */
const cost = ([a, b]: number[], label: number) => Math.log1p(Math.exp(label === 0 ? b - a : a - b));
const mean = (values: number[]) => values.reduce((x, y) => x + y) / values.length;

const logit = fc.double({ min: -4, max: 4, noNaN: true });
const batch = fc.integer({ min: 1, max: 5 }).chain((size) => {
  const rows = fc.array(fc.tuple(logit, logit), { minLength: size, maxLength: size });
  return fc.record({
    labels: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size }),
    joint: rows,
    heads: fc.array(rows, { minLength: 1, maxLength: 4 }),
  });
});

function onDevice({ labels, joint, heads }: {
  labels: number[];
  joint: number[][];
  heads: number[][][];
}) {
  const logits = { joint: tf.tensor2d(joint), leaveOneOut: heads.map((rows) => tf.tensor2d(rows)) };
  return { logits, targets: tf.oneHot(tf.tensor1d(labels, "int32"), 2) as tf.Tensor2D };
}

Deno.test("minimaxGap is the sum of cross-entropy gaps, each head's cost capped at chance", () => {
  fc.assert(
    fc.property(batch, ({ labels, joint, heads }) => {
      const { logits, targets } = onDevice({ labels, joint, heads });
      const whole = mean(joint.map((row, b) => cost(row, labels[b])));
      const expected = heads.reduce(
        (sum, rows) =>
          sum + whole - Math.min(Math.LN2, mean(rows.map((row, b) => cost(row, labels[b])))),
        0,
      );
      assert.ok(Math.abs(minimaxGap(logits, targets).dataSync()[0] - expected) < 1e-5);
    }),
    { numRuns: 50, seed: 2 },
  );
});

Deno.test("exponentialGapPerSample averages the exponential of each sample's capped gap", () => {
  fc.assert(
    fc.property(batch, ({ labels, joint, heads }) => {
      const { logits, targets } = onDevice({ labels, joint, heads });
      const expected = mean(
        heads.flatMap((rows) =>
          rows.map((row, b) =>
            Math.exp(cost(joint[b], labels[b]) - Math.min(Math.LN2, cost(row, labels[b])))
          )
        ),
      );
      const got = exponentialGapPerSample(logits, targets).dataSync()[0];
      assert.ok(Math.abs(got - expected) < 1e-5 * Math.max(1, expected));
    }),
    { numRuns: 50, seed: 3 },
  );
});

Deno.test("both gaps' gradients agree with finite differences", () => {
  const labels = [0, 1, 1], joint = [[1, -0.5], [0.2, 0.4], [-1, 2]];
  const heads = [[[0.3, 0.1], [0.1, 0.5], [-0.4, 0.2]], [[0.5, -0.2], [0, 0.3], [-0.1, 0.6]]];
  for (const gap of [minimaxGap, exponentialGapPerSample]) {
    const { logits, targets } = onDevice({ labels, joint, heads });
    const value = (head: tf.Tensor) =>
      gap({ ...logits, leaveOneOut: [head as tf.Tensor2D, logits.leaveOneOut[1]] }, targets);
    const gradient = tf.grad((head) => value(head))(logits.leaveOneOut[0]).dataSync();
    const step = 1e-2;
    for (let i = 0; i < 6; i++) {
      const moved = (by: number) => {
        const values = heads[0].flat();
        values[i] += by;
        return value(tf.tensor2d(values, [3, 2])).dataSync()[0];
      };
      assert.ok(Math.abs((moved(step) - moved(-step)) / (2 * step) - gradient[i]) < 2e-4);
    }
  }
});

Deno.test("both gaps refuse a detector without leave-one-out heads", () => {
  const { logits, targets } = onDevice({ labels: [0], joint: [[0, 0]], heads: [] });
  for (const gap of [minimaxGap, exponentialGapPerSample]) {
    assert.throws(() => gap(logits, targets), /needs leave-one-out heads/);
  }
});
