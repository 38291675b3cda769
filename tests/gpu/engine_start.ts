/**
 * Starts the engine, says on what, and does a little of everything that a detector needs there: convolution
 * with its gradients, products of matrices in each precision, an upload, XLA: `engine_start.ts [repeats]`.
 */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { conv2d } from "lib/engine/convolution.ts";
import { describeDevice } from "lib/engine/device_title.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { sayFigure, shortError } from "./figures.ts";

const repeats = Number(Deno.args[0] ?? 20);
const say = (what: Record<string, unknown>) => sayFigure("start", what);
const began = performance.now();
const engine = await startEngine();
const devices = capturingBackend()?.eager.context.devices.map(({ name }) => name);
say({ ...engine, devices, seconds: (performance.now() - began) / 1000 });
say({ what: "in a line", line: await describeDevice(engine, { precisions: ["float32"] }) });

/** Says the time of work whose result is read: on a GPU a call only queues. */
function timed(what: string, work: () => tf.Tensor): void {
  const run = () => {
    const result = tf.tidy(work);
    result.dataSync();
    result.dispose();
  };
  const first = performance.now();
  run();
  const warm = performance.now();
  for (let i = 0; i < repeats; i++) run();
  say({ what, firstMs: warm - first, ms: (performance.now() - warm) / repeats });
}

/** Says the time of a captured product of two square matrices, or why there is none. */
function product(side: number, precision: "float32" | "float16" | "bfloat16"): void {
  const what = `product of ${side} × ${side}, ${precision}`;
  const a = tf.randomNormal([side, side]), b = tf.randomNormal([side, side]);
  try {
    const multiply = compile((p, q) => tf.sum(tf.matMul(p, q)), [a, b], { precision });
    const run = () => {
      const [sum] = multiply(a, b);
      sum!.dataSync();
      sum!.dispose();
    };
    run();
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    const seconds = (performance.now() - start) / 1000 / repeats;
    say({ what, tflops: 2 * side ** 3 / seconds / 1e12 });
  } catch (error) {
    say({ what, error: shortError(error) });
  }
  tf.dispose([a, b]);
}

const x = tf.randomNormal([8, 224, 224, 3]) as tf.Tensor4D;
const filter = tf.randomNormal([7, 7, 3, 64]) as tf.Tensor4D;
const convolve = (a: tf.Tensor, b: tf.Tensor) =>
  tf.sum(conv2d(a as tf.Tensor4D, b as tf.Tensor4D, { stride: 2, padding: 3 }));
timed("convolution 7 × 7 / 2", () => convolve(x, filter));
timed("convolution 7 × 7 / 2, gradients", () => {
  const [dx, dw] = tf.grads(convolve)([x, filter]);
  return tf.add(tf.sum(dx!), tf.sum(dw!));
});
const side = engine.device.startsWith("GPU") ? 8192 : 1024;
for (const precision of ["float32", "float16", "bfloat16"] as const) product(side, precision);
const shape: [number, number, number, number] = [8, 224, 224, 3];
const pixels = new Int32Array(8 * 224 * 224 * 3);
timed(
  "upload of int32 [8, 224, 224, 3]",
  () => tf.sum(tf.cast(tf.tensor(pixels, shape, "int32"), "float32")),
);
try {
  const twice = compile((p) => tf.relu(tf.mul(p, 2)), [tf.zeros([64])], { compiler: "xla" });
  const [y] = twice(tf.ones([64]));
  say({ what: "XLA", value: y!.dataSync()[0] });
} catch (error) {
  say({ what: "XLA", error: shortError(error) });
}
Deno.exit(0);
