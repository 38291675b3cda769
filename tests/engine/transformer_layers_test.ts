/** GELU and layer norm against their definitions in float64, and their gradients against finite differences. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { gelu, quickGelu } from "lib/engine/gelu.ts";
import { layerNorm } from "lib/engine/layer_norm.ts";

await startEngine();

/** Φ by Simpson's rule from −12 on. */
function normalCdf(x: number): number {
  const steps = 4000, width = (x + 12) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const t = -12 + i * width, weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-t * t / 2);
  }
  return sum * width / 3 / Math.sqrt(2 * Math.PI);
}

const POINTS = [-5, -2, -1, -0.3, 0, 0.1, 0.7, 1.5, 3];

Deno.test("gelu is x Φ(x), not the form with tanh; quickGelu is CLIP's; both have their gradients", () => {
  const quick = (x: number) => x / (1 + Math.exp(-1.702 * x));
  const exact = (x: number) => x * normalCdf(x);
  const cases = [{ of: gelu<tf.Tensor1D>, is: exact }, { of: quickGelu<tf.Tensor1D>, is: quick }];
  for (const { of, is } of cases) {
    tf.tidy(() => {
      const x = tf.tensor1d(POINTS), y = of(x).dataSync();
      const slopes = tf.grad((t: tf.Tensor) => tf.sum(of(t as tf.Tensor1D)))(x).dataSync();
      POINTS.forEach((at, i) => {
        assert.ok(Math.abs(y[i] - is(at)) < 2e-6, `at ${at}: ${y[i]}, ${is(at)}`);
        const slope = (is(at + 1e-4) - is(at - 1e-4)) / 2e-4;
        assert.ok(Math.abs(slopes[i] - slope) < 1e-5, `slope at ${at}: ${slopes[i]}, ${slope}`);
      });
    });
  }
});

Deno.test("layerNorm is its definition, with the gradients of finite differences", () => {
  const rows = [[1, 2, 4, -3], [0.5, -0.25, 8, 2]], weights = [[1, -2, 0.5, 3], [2, 1, -1, 0.25]];
  const scale = [1, 0.5, -2, 3], offset = [0, 1, 2, -1], epsilon = 1e-3;
  const defined = (x: number[][], scale: number[], offset: number[]) =>
    x.map((row) => {
      const mean = row.reduce((a, b) => a + b) / row.length;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
      return row.map((v, i) => (v - mean) / Math.sqrt(variance + epsilon) * scale[i] + offset[i]);
    });
  const total = (x: number[][], s = scale, o = offset) =>
    defined(x, s, o).flat().reduce((sum, y, i) => sum + y * weights.flat()[i], 0);
  tf.tidy(() => {
    const x = tf.tensor2d(rows), s = tf.tensor1d(scale), o = tf.tensor1d(offset);
    const y = layerNorm(x, { scale: s, offset: o, epsilon }).dataSync();
    defined(rows, scale, offset).flat().forEach((v, i) => assert.ok(Math.abs(y[i] - v) < 1e-5));
    const objective = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor) =>
      tf.sum(tf.mul(
        layerNorm(x as tf.Tensor2D, {
          scale: s as tf.Tensor1D,
          offset: o as tf.Tensor1D,
          epsilon,
        }),
        tf.tensor2d(weights),
      ));
    const [ofX, ofScale, ofOffset] = tf.grads(objective)([x, s, o]).map((g) => g.dataSync());
    const step = 1e-4;
    const moved = (list: number[], at: number, by: number) =>
      list.map((v, i) => i === at ? v + by : v);
    const slope = (f: (by: number) => number) => (f(step) - f(-step)) / (2 * step);
    for (let i = 0; i < 8; i++) {
      const row = Math.floor(i / 4);
      const found = slope((by) => total(rows.map((r, k) => k === row ? moved(r, i % 4, by) : r)));
      assert.ok(Math.abs(ofX[i] - found) < 1e-4, `x ${i}: ${ofX[i]}, ${found}`);
    }
    for (let i = 0; i < 4; i++) {
      const found = [
        slope((by) => total(rows, moved(scale, i, by))),
        slope((by) => total(rows, scale, moved(offset, i, by))),
      ];
      assert.ok(Math.abs(ofScale[i] - found[0]) < 1e-4);
      assert.ok(Math.abs(ofOffset[i] - found[1]) < 1e-4);
    }
  });
});
