/** Softmax with a margin against PyTorch in float64. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { amSoftmax, classCosines } from "lib/losses/am_softmax.ts";
import { fill, readFixture, relativeError } from "../networks/fixture_formula.ts";

await startEngine();

const { am_softmax: { labels, cases } } = await readFixture<{
  am_softmax: {
    labels: number[];
    cases: {
      m: number;
      s: number;
      cos: number[][];
      loss: number;
      grad_x: number[][];
      grad_w: number[][];
    }[];
  };
}>("srm.json");

Deno.test("amSoftmax and classCosines equal PyTorch at every margin and scale: cosines, loss, gradients", () => {
  assert.equal(cases.length, 3);
  for (const { m: margin, s: scale, cos, loss, grad_x, grad_w } of cases) {
    tf.tidy(() => {
      const x = tf.tensor2d(fill("am.x", 32), [4, 8]), w = tf.tensor2d(fill("am.w", 16), [8, 2]);
      const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), 2), "float32") as tf.Tensor2D;
      assert.ok(relativeError(classCosines(x, w).dataSync(), cos.flat()) < 1e-6);
      const run = (x: tf.Tensor, w: tf.Tensor) =>
        amSoftmax(classCosines(x as tf.Tensor2D, w as tf.Tensor2D), targets, { margin, scale });
      const { value, grads: [gx, gw] } = tf.valueAndGrads(run)([x, w]);
      assert.ok(Math.abs(value.dataSync()[0] / loss - 1) < 1e-5);
      assert.ok(relativeError(gx.dataSync(), grad_x.flat()) < 1e-5);
      assert.ok(relativeError(gw.dataSync(), grad_w.flat()) < 1e-5);
    });
  }
});

Deno.test("classCosines is finite for features that are all zero", () => {
  const cosines = classCosines(tf.zeros([1, 3]), tf.ones([3, 2])).dataSync();
  assert.deepEqual([...cosines], [0, 0]);
});
