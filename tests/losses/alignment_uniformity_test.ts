/** Alignment and uniformity against their definitions, pair by pair. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { startEngine } from "lib/engine/engine.ts";
import { alignmentLoss, uniformityLoss } from "lib/losses/alignment_uniformity.ts";

await startEngine();

const embedding = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
  minLength: 3,
  maxLength: 3,
}).filter((x) => Math.hypot(...x) > 0.1).map((x) => x.map((v) => v / Math.hypot(...x)));
const picture = fc.record({ embedding, label: fc.integer({ min: 0, max: 1 }) });

Deno.test("alignmentLoss and uniformityLoss are means over pairs, each once", () => {
  fc.assert(
    fc.property(fc.array(picture, { minLength: 2, maxLength: 6 }), (pictures) => {
      const pairs = pictures.flatMap((a, i) => pictures.slice(i + 1).map((b) => [a, b] as const));
      const squared = ([a, b]: typeof pairs[number]) =>
        a.embedding.reduce((sum, v, i) => sum + (v - b.embedding[i]) ** 2, 0);
      const mean = (values: number[]) =>
        values.reduce((a, b) => a + b, 0) / Math.max(values.length, 1);
      const aligned = mean(pairs.filter(([a, b]) => a.label === b.label).map(squared));
      const uniform = Math.log(Math.max(1e-6, mean(pairs.map((p) => Math.exp(-2 * squared(p))))));
      tf.tidy(() => {
        const x = tf.tensor2d(pictures.map(({ embedding }) => embedding));
        const classes = tf.tensor2d(pictures.map(({ label }) => [1 - label, label]));
        const found = [alignmentLoss(x, classes), uniformityLoss(x)].map((t) => t.dataSync()[0]);
        assert.ok(Math.abs(found[0] - aligned) < 1e-5, `alignment ${found[0]}, ${aligned}`);
        assert.ok(Math.abs(found[1] - uniform) < 1e-4, `uniformity ${found[1]}, ${uniform}`);
      });
    }),
    { numRuns: 20 },
  );
});

Deno.test("alignmentLoss is 0 where no two share a label, and pulls only those together that do", () => {
  tf.tidy(() => {
    const x = tf.tensor2d([[1, 0], [0, 1]]);
    const apart = tf.tensor2d([[1, 0], [0, 1]]), alike = tf.tensor2d([[1, 0], [0.7, 0.3]]);
    assert.equal(alignmentLoss(x, apart).dataSync()[0], 0);
    const slope = (classes: tf.Tensor2D) =>
      tf.grad((t: tf.Tensor) => alignmentLoss(t as tf.Tensor2D, classes))(x).dataSync();
    assert.ok(slope(apart).every((v) => v === 0));
    assert.deepEqual([...slope(alike)], [2, -2, -2, 2]);
  });
});
