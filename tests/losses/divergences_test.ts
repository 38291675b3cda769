import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { detach } from "lib/engine/detach.ts";
import { klDivergence, klDivergenceOfEach } from "lib/losses/divergences.ts";

await tf.setBackend("cpu");

const logit = fc.double({ min: -12, max: 12, noNaN: true });
const row = fc.array(logit, { minLength: 3, maxLength: 3 });

/** The definition, in float64 and without care for large numbers. */
function divergenceInFloat64(p: number[], q: number[], temperature: number): number {
  const softmax = (logits: number[]) => {
    const e = logits.map((x) => Math.exp(x / temperature));
    return e.map((x) => x / e.reduce((a, b) => a + b));
  };
  const [P, Q] = [softmax(p), softmax(q)];
  return P.reduce((sum, _, k) => sum + P[k] * Math.log(P[k] / Q[k]), 0);
}

Deno.test("klDivergenceOfEach equals its definition for each row", () => {
  fc.assert(fc.property(row, row, fc.double({ min: 0.5, max: 4, noNaN: true }), (p, q, t) => {
    const [a, b] = klDivergenceOfEach(tf.tensor2d([p, q]), tf.tensor2d([q, p]), { temperature: t })
      .dataSync();
    const [ab, ba] = [divergenceInFloat64(p, q, t), divergenceInFloat64(q, p, t)];
    assert.ok(Math.abs(a - ab) < 1e-5 * (1 + ab), `${a} ${ab}`);
    assert.ok(Math.abs(b - ba) < 1e-5 * (1 + ba), `${b} ${ba}`);
  }));
});

Deno.test("klDivergenceOfEach ignores an offset that all classes share", () => {
  fc.assert(fc.property(row, row, logit, (p, q, offset) => {
    const plain = klDivergenceOfEach(tf.tensor2d([p]), tf.tensor2d([q])).dataSync()[0];
    const moved = klDivergenceOfEach(tf.tensor2d([p]).add(offset), tf.tensor2d([q])).dataSync()[0];
    assert.ok(Math.abs(plain - moved) < 3e-5 * (1 + plain), `${plain} ${moved}`);
  }));
});

Deno.test("klDivergenceOfEach and its gradients stay finite for logits 1,000 apart", () => {
  const sure = tf.tensor2d([[1000, 0], [0, 0], [1000, 0]]);
  const opposite = tf.tensor2d([[0, 1000], [1000, 0], [1000, 0]]);
  const values = klDivergenceOfEach(sure, opposite).dataSync();
  [1000, 500 - Math.LN2, 0].forEach((d, i) => assert.ok(Math.abs(values[i] - d) < 1e-3));
  const gradients = tf.grads((p, q) =>
    tf.sum(klDivergenceOfEach(p as tf.Tensor2D, q as tf.Tensor2D))
  )([
    sure,
    opposite,
  ]);
  for (const gradient of gradients) assert.ok(gradient.dataSync().every(Number.isFinite));
});

Deno.test("klDivergenceOfEach has the gradients that finite differences give", () => {
  const p = [[0.3, -1.2, 0.5]], q = [[-0.7, 0.4, 1.1]], T = 1.5, h = 1e-5;
  const [inP, inQ] = tf.grads((a, b) =>
    tf.sum(klDivergenceOfEach(a as tf.Tensor2D, b as tf.Tensor2D, { temperature: T }))
  )([tf.tensor2d(p), tf.tensor2d(q)]).map((g) => [...g.dataSync()]);
  const moved = (x: number[], k: number, by: number) => x.map((v, i) => i === k ? v + by : v);
  for (let k = 0; k < 3; k++) {
    const [up, down] = [h, -h].map((by) => divergenceInFloat64(moved(p[0], k, by), q[0], T));
    assert.ok(Math.abs(inP[k] - (up - down) / (2 * h)) < 1e-6);
    const [more, less] = [h, -h].map((by) => divergenceInFloat64(p[0], moved(q[0], k, by), T));
    assert.ok(Math.abs(inQ[k] - (more - less) / (2 * h)) < 1e-6);
  }
});

Deno.test("klDivergenceOfEach refuses other shapes with a TypeError and temperatures with a RangeError", () => {
  const two = tf.zeros<tf.Rank.R2>([4, 2]);
  assert.throws(() => klDivergenceOfEach(two, tf.zeros([3, 2])), {
    name: "TypeError",
    message: /pLogits is \[4,2\], qLogits is \[3,2\]/,
  });
  const row = tf.zeros([2]) as unknown as tf.Tensor2D;
  assert.throws(() => klDivergenceOfEach(row, row), TypeError);
  for (const temperature of [0, -1, NaN]) {
    assert.throws(() => klDivergenceOfEach(two, two, { temperature }), RangeError);
  }
});

Deno.test("crossEntropy is linear in the targets, as mixup needs", () => {
  fc.assert(fc.property(row, row, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
    const logits = tf.tensor2d([a, b]);
    const loss = (targets: tf.Tensor2D) => crossEntropy(logits, targets).dataSync()[0];
    const first = tf.tensor2d([[1, 0, 0], [0, 0, 1]]), second = tf.tensor2d([[0, 1, 0], [0, 0, 1]]);
    const mixed = loss(first.mul(share).add(second.mul(1 - share)));
    const expected = share * loss(first) + (1 - share) * loss(second);
    assert.ok(Math.abs(mixed - expected) < 1e-5 * (1 + expected));
  }));
});

Deno.test("crossEntropy is finite where a confident head is wrong", () => {
  const loss = crossEntropy(tf.tensor2d([[1000, 0]]), tf.tensor2d([[0, 1]]));
  assert.equal(loss.dataSync()[0], 1000);
});

Deno.test("detach keeps the value and stops the gradient", () => {
  const x = tf.tensor1d([1, -2, 3]);
  assert.deepEqual([...detach(x).dataSync()], [1, -2, 3]);
  assert.deepEqual([...tf.grad((v) => tf.sum(detach(v)))(x).dataSync()], [0, 0, 0]);
});

Deno.test("klDivergence averages over the batch, and over the classes where asked", () => {
  const p = tf.tensor2d([[1, 0, -1], [0, 2, 0]]), q = tf.tensor2d([[0, 0, 0], [1, 0, 3]]);
  const [first, second] = klDivergenceOfEach(p, q).dataSync();
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} ${b}`);
  near(klDivergence(p, q).dataSync()[0], (first + second) / 2);
  near(klDivergence(p, q, { reduction: "elementMean" }).dataSync()[0], (first + second) / 6);
});
