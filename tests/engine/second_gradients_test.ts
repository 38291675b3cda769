/** Gradients of gradients against finite differences: what a step within a loss is differentiated by. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { fill } from "../networks/fixture_formula.ts";
import { numbers, type Operation, SECOND_GRADIENT_CASES, slopes } from "./second_gradient_cases.ts";

await startEngine();

const X = numbers("second.x", [2, 7, 7, 2]), D = numbers("second.d", [2, 7, 7, 2]);

/** The slope of `slopes` along a direction of both, by its gradient and by a finite difference. */
function compared(operation: Operation, w: tf.Tensor4D): [gradient: number, difference: number] {
  return tf.tidy(() => {
    const along = tf.tensor4d(
      fill("second.e", w.size),
      w.shape as [number, number, number, number],
    );
    const [gx, gw] = tf.grads((x, w) => slopes(operation, x as tf.Tensor4D, w as tf.Tensor4D))([
      X,
      w,
    ]);
    const slope = tf.add(tf.sum(tf.mul(gx, D)), tf.sum(tf.mul(gw, along)));
    const at = (step: number) =>
      slopes(operation, tf.add(X, tf.mul(D, step)), tf.add(w, tf.mul(along, step))).dataSync()[0];
    return [slope.dataSync()[0], (at(2e-3) - at(-2e-3)) / 4e-3];
  });
}

for (const [name, [operation, shape]] of Object.entries(SECOND_GRADIENT_CASES)) {
  Deno.test(`gradients of gradients of ${name} are finite differences`, () => {
    const w = numbers("second.w", shape), [gradient, difference] = compared(operation, w);
    const error = Math.abs(gradient - difference) / Math.abs(difference);
    assert.ok(error < 5e-3, `${gradient}, by difference ${difference}`);
    w.dispose();
  });
}

Deno.test("gradients of gradients are the same numbers in a captured function", () => {
  const [operation, shape] = SECOND_GRADIENT_CASES["one of stride 2 with padding"];
  const w = numbers("second.w", shape);
  const gradient = (x: tf.Tensor, w: tf.Tensor) =>
    tf.grads((x, w) => slopes(operation, x as tf.Tensor4D, w as tf.Tensor4D))([x, w])[1];
  const eager = tf.tidy(() => gradient(X, w).dataSync());
  const captured = compile((x, w) => gradient(x, w), [X, w], { name: "second gradients" });
  const [found] = captured(X, w), values = found.dataSync();
  eager.forEach((value, i) =>
    assert.ok(Math.abs(value - values[i]) < 1e-3 * (1 + Math.abs(value)))
  );
  tf.dispose([found, w]);
  captured.dispose();
});
