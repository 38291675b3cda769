/** Resizing as products with matrices, against TensorFlow's and against finite differences. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";

await startEngine();

const picture = (batch: number, height: number, width: number, channels: number) =>
  tf.randomUniform<tf.Rank.R4>([batch, height, width, channels], -1, 1, "float32", 5);

Deno.test("resizeLinear is TensorFlow's bilinear resizing, for both places of pixels, up and down", () => {
  tf.tidy(() => {
    for (const [height, width, side] of [[3, 5, 8], [8, 6, 3], [4, 4, 4], [1, 2, 7]]) {
      const x = picture(2, height, width, 3);
      for (const places of ["corners", "areas"] as const) {
        const corners = places === "corners";
        const theirs = tf.image.resizeBilinear(x, [side, side], corners, !corners);
        const off = tf.max(tf.abs(tf.sub(resizeLinear(x, side, places), theirs))).dataSync()[0];
        assert.ok(off < 1e-5, `${places}, ${height} × ${width} to ${side}: off by ${off}`);
      }
    }
  });
});

Deno.test("resizeLinear's gradient is its transpose: ⟨resize x, y⟩ = ⟨x, gradient of it⟩", () => {
  tf.tidy(() => {
    const x = picture(1, 3, 4, 2), y = picture(1, 6, 6, 2);
    for (const places of ["corners", "areas"] as const) {
      const against = (z: tf.Tensor) =>
        tf.sum(tf.mul(resizeLinear(z as tf.Tensor4D, 6, places), y));
      const inner = tf.sum(tf.mul(x, tf.grad(against)(x))).dataSync()[0];
      assert.ok(Math.abs(inner - against(x).dataSync()[0]) < 1e-4, places); // it is linear
    }
  });
});
