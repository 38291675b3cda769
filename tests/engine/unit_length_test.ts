import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { ofUnitLength } from "lib/engine/unit_length.ts";

Deno.test("ofUnitLength has length 1, and its gradient lies across the vector", () => {
  const x = fc.double({ min: -9, max: 9, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(x, x, x).filter((v) => Math.hypot(...v) > 0.1), (v) => {
      tf.tidy(() => {
        const at = tf.tensor2d([v]), weights = tf.tensor2d([[1, -2, 3]]);
        const unit = ofUnitLength(at).dataSync();
        assert.ok(Math.abs(Math.hypot(...unit) - 1) < 1e-6);
        const slope = tf.grad((y) => tf.sum(tf.mul(weights, ofUnitLength(y))))(at).dataSync();
        // d(w · x / |x|) = (w − (w · u) u) / |x|
        const along = unit[0] - 2 * unit[1] + 3 * unit[2], length = Math.hypot(...v);
        [1, -2, 3].forEach((w, i) =>
          assert.ok(Math.abs(slope[i] - (w - along * unit[i]) / length) < 1e-4 / length)
        );
      });
    }),
    { numRuns: 30 },
  );
});
