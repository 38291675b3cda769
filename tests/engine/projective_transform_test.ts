import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { projectiveTransform } from "lib/engine/projective_transform.ts";
import { createRandom } from "lib/random.ts";

await startEngine();

Deno.test("projectiveTransform gives on the engine, captured too, what each picture's map says", () => {
  const random = createRandom(6), [batch, height, width] = [3, 9, 12];
  const values = Float32Array.from({ length: batch * height * width * 2 }, () => random.normal());
  const maps = Array.from({ length: batch }, () => {
    const shear = () => 0.2 * random.normal(), shift = () => 3 * random.normal();
    return [
      ...[1 + shear(), shear(), shift()],
      ...[shear(), 1 + shear(), shift()],
      ...[0.01 * random.uniform(), 0.01 * random.uniform()],
    ];
  });
  const images = tf.tensor4d(values, [batch, height, width, 2]), transforms = tf.tensor2d(maps);
  const within = (v: number, last: number) => Math.min(last, Math.max(0, v));
  const at = (i: number, y: number, x: number, c: number) =>
    values[((i * height + y) * width + x) * 2 + c];
  const expected = maps.flatMap(([a, b, c, d, e, f, g, h], i) =>
    Array.from({ length: height * width * 2 }, (_, k) => {
      const channel = k % 2, u = Math.floor(k / 2) % width, v = Math.floor(k / 2 / width);
      const divisor = g * u + h * v + 1;
      const x = within((a * u + b * v + c) / divisor, width - 1);
      const y = within((d * u + e * v + f) / divisor, height - 1);
      const [left, top] = [Math.floor(x), Math.floor(y)], [p, q] = [x - left, y - top];
      const [right, below] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
      return (1 - q) * ((1 - p) * at(i, top, left, channel) + p * at(i, top, right, channel)) +
        q * ((1 - p) * at(i, below, left, channel) + p * at(i, below, right, channel));
    })
  );
  const captured = compile(
    (x, t) => projectiveTransform(x as tf.Tensor4D, t as tf.Tensor2D),
    [images, transforms],
  );
  for (const result of [projectiveTransform(images, transforms), ...captured(images, transforms)]) {
    assert.deepEqual(result.shape, images.shape);
    result.dataSync().forEach((value, k) =>
      assert.ok(Math.abs(value - expected[k]) < 1e-4, `${k}: ${value} ${expected[k]}`)
    );
  }
  captured.dispose();
});
