import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { conv2d, depthwiseConv2d, maxPool } from "lib/engine/convolution.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { recordedOperations } from "./recorded_operations.ts";

const { backend, device } = await startEngine();

type Sizes = [number, number, number, number];
const wave = (shape: Sizes, speed: number) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.reshape(tf.sin(tf.mul(tf.range(0, size), speed)), shape) as tf.Tensor4D;
};

/** A convolution as nested loops over its definition, in float64. */
function loops(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride, padding, depthwise }: { stride: number; padding: number; depthwise: boolean },
): { shape: number[]; values: number[] } {
  const [batch, height, width, channels] = x.shape, [rows, columns, , last] = filter.shape;
  const a = x.arraySync(), w = filter.arraySync(), values: number[] = [];
  const outHeight = Math.floor((height + 2 * padding - rows) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - columns) / stride) + 1;
  const outputs = depthwise ? channels * last : last;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let o = 0; o < outputs; o++) {
          let sum = 0;
          for (let p = 0; p < rows; p++) {
            for (let q = 0; q < columns; q++) {
              const pixel = a[b][i * stride + p - padding]?.[j * stride + q - padding];
              if (!pixel) continue; // padding
              if (depthwise) {
                const c = Math.floor(o / last);
                sum += pixel[c] * w[p][q][c][o % last];
              } else pixel.forEach((v, c) => sum += v * w[p][q][c][o]);
            }
          }
          values.push(sum);
        }
      }
    }
  }
  return { shape: [batch, outHeight, outWidth, outputs], values };
}

// The geometries of ResNet-34, MobileNetV2 and EfficientNet-B0, and uneven inputs.
const GEOMETRIES = [
  { kernel: 7, stride: 2, padding: 3 },
  { kernel: 3, stride: 1, padding: 1 },
  { kernel: 3, stride: 2, padding: 1 },
  { kernel: 5, stride: 2, padding: 2 },
  { kernel: 1, stride: 2, padding: 0 },
  { kernel: 3, stride: 1, padding: 0 },
];

for (const { kernel, stride, padding } of GEOMETRIES) {
  for (const [height, width] of [[8, 8], [9, 7]]) {
    const title = `kernel ${kernel}, stride ${stride}, padding ${padding}, ${height}×${width}`;
    for (const depthwise of [false, true]) {
      const operation = depthwise ? depthwiseConv2d : conv2d;
      const shapes: [Sizes, Sizes] = [
        [2, height, width, 3],
        depthwise ? [kernel, kernel, 3, 2] : [kernel, kernel, 3, 4],
      ];

      Deno.test(`${operation.name} follows its definition: ${title}`, () => {
        tf.tidy(() => {
          const x = wave(shapes[0], 1.3), filter = wave(shapes[1], 0.7);
          const { shape, values } = loops(x, filter, { stride, padding, depthwise });
          const expected = [{ type: `float32 [${shape}]`, values }];
          assertClose(measure([operation(x, filter, { stride, padding })]), expected, 1e-5);
        });
      });

      Deno.test(`${operation.name}'s gradients are its adjoints: ${title}`, () => {
        // The operation is linear in each argument, so ⟨r, conv(x, w)⟩ = ⟨∂x, x⟩ = ⟨∂w, w⟩ for any x
        // and w: compared here at other arguments than those the gradient was taken at.
        tf.tidy(() => {
          const [x, filter] = [wave(shapes[0], 1.3), wave(shapes[1], 0.7)];
          const [otherX, otherFilter] = [wave(shapes[0], 2.9), wave(shapes[1], 3.1)];
          const r = wave(operation(x, filter, { stride, padding }).shape as Sizes, 0.37);
          const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b));
          const form = (a: tf.Tensor, b: tf.Tensor) =>
            dot(operation(a as tf.Tensor4D, b as tf.Tensor4D, { stride, padding }), r);
          const [dx, dw] = tf.grads(form)([x, filter]);
          const pairs = [[dot(dx, otherX), form(otherX, filter)], [
            dot(dw, otherFilter),
            form(x, otherFilter),
          ]];
          for (const [a, b] of pairs.map((p) => p.map((t) => t.dataSync()[0]))) {
            assert.ok(Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b)), `${a} and ${b}`);
          }
        });
      });
    }
  }
}

Deno.test("conv2d captured equals eager, with its gradients", { ignore: backend === "cpu" }, () => {
  tf.tidy(() => {
    const inputs = [wave([2, 9, 8, 3], 1.3), wave([3, 3, 3, 4], 0.7)];
    const code = (...x: tf.Tensor[]) => {
      const form = (a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(tf.square(conv2d(a as tf.Tensor4D, b as tf.Tensor4D, { stride: 2, padding: 1 })));
      return tf.grads(form)(x);
    };
    const captured = compile(code, inputs);
    assertClose(measure(captured(...inputs)), measure(code(...inputs)), 1e-5);
    captured.dispose();
  });
});

Deno.test("conv2d takes TensorFlow's own padding by its name", () => {
  tf.tidy(() => {
    const x = wave([1, 8, 8, 2], 1.3), filter = wave([3, 3, 2, 2], 0.7);
    const got = measure([conv2d(x, filter, { stride: 2, padding: "same" })]);
    assertClose(got, measure([tf.conv2d(x, filter, 2, "same")]), 0);
  });
});

Deno.test("conv2d refuses a padding that is no whole number of pixels", () => {
  const x = wave([1, 8, 8, 2], 1.3), filter = wave([3, 3, 2, 2], 0.7);
  assert.throws(() => conv2d(x, filter, { padding: 0.5 }), RangeError);
  assert.throws(() => conv2d(x, filter, { padding: -1 }), RangeError);
});

Deno.test("maxPool lets no padding win among negative values", () => {
  const x = tf.tensor4d([-4, -3, -2, -1], [1, 2, 2, 1]);
  const y = maxPool(x, { size: 3, stride: 2, padding: 1 });
  assert.deepEqual([y.shape, [...y.dataSync()]], [[1, 1, 1, 1], [-1]]);
});

Deno.test("maxPool hands the gradient to the largest value alone", () => {
  const x = tf.tensor4d([1, 9, 2, 3, 4, 8, 5, 6, 7], [1, 3, 3, 1]);
  const gradient = tf.grad((z) =>
    tf.sum(maxPool(z as tf.Tensor4D, { size: 3, stride: 2, padding: 1 }))
  )(x);
  // The four corners' windows have the maxima 9, 9, 6 and 8.
  assert.deepEqual([...gradient.dataSync()], [0, 2, 0, 0, 0, 1, 0, 1, 0]);
});

Deno.test("maxPool refuses a padding that leaves a window empty", () => {
  assert.throws(() => maxPool(wave([1, 4, 4, 1], 1), { size: 2, padding: 2 }), RangeError);
});

Deno.test("maxPool on a processor keeps no padded copy: its gradient pads, once it is there", {
  ignore: backend === "cpu",
}, () => {
  const onGpu = device !== "CPU:0", x = wave([2, 9, 8, 2], 1.3);
  const pool = (x: tf.Tensor) => maxPool(x as tf.Tensor4D, { size: 3, stride: 2, padding: 1 });
  const slope = tf.grad((z: tf.Tensor) => tf.sum(tf.square(pool(z))));
  const recorded = recordedOperations(slope, x);
  const pads = recorded.filter(({ operation }) => operation === "PadV2"), last = pads.at(-1)!;
  const postponed = recorded.find(({ made }) => made === last.inputs[0]);
  const gradient = recorded.find(({ operation }) => operation === "MaxPoolGrad");
  assert.equal(pads.length, onGpu ? 2 : 1);
  assert.equal(gradient?.inputs[0], last.made);
  assert.deepEqual(postponed?.after, [gradient?.inputs[2]]); // what flows back
  const forward = recordedOperations(pool, x).map(({ operation }) => operation);
  assert.equal(forward.includes("PadV2"), onGpu);
  const padded = tf.pad4d(x, [[0, 0], [1, 1], [1, 1], [0, 0]], -Infinity);
  assertClose(measure([pool(x)]), measure([tf.maxPool(padded, 3, 2, "valid")]), 0);
});
