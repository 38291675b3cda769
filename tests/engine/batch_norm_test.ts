import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { batchNormInference, batchNormTraining } from "lib/engine/batch_norm.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { assertClose, measure, type Measured } from "./measured_tensors.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";
/** TensorFlow mixes bfloat16 on processors, the engine itself on a GPU. */
const mixesBfloat16 = backend === "tensorflow";
const EPSILON = 1e-5;

/** An activation whose channels differ in mean and spread, and parameters. */
function example(shape: [number, number, number, number]) {
  const channels = shape[3], size = shape.reduce((a, b) => a * b, 1);
  const wave = tf.reshape(tf.sin(tf.mul(tf.range(0, size), 1.7)), shape);
  const x = tf.add(tf.mul(wave, tf.range(1, channels + 1)), tf.range(0, channels)) as tf.Tensor4D;
  const scale = tf.linspace(0.5, 1.5, channels), offset = tf.linspace(-1, 1, channels);
  return { x, scale, offset };
}

/** Written out from the definition, with ordinary operations. */
function definition(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D) {
  const count = x.size / x.shape[3];
  const mean = tf.mean(x, [0, 1, 2]) as tf.Tensor1D, centred = tf.sub(x, mean);
  const biased = tf.mean(tf.square(centred), [0, 1, 2]);
  const y = tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(biased, EPSILON))), scale), offset);
  return { y: y as tf.Tensor4D, mean, variance: tf.mul(biased, count / (count - 1)) };
}

/** y, mean, variance, and the gradients in x, scale and offset of a weighted sum of y. */
function everything(
  norm: (...x: [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D]) => ReturnType<typeof definition>,
) {
  return (...inputs: tf.Tensor[]): tf.Tensor[] => {
    const [x, scale, offset] = inputs as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
    const { y, mean, variance } = norm(x, scale, offset);
    const weights = tf.reshape(tf.cos(tf.range(0, x.size)), x.shape);
    const weighted = (...z: tf.Tensor[]) =>
      tf.sum(tf.mul(
        norm(z[0] as tf.Tensor4D, z[1] as tf.Tensor1D, z[2] as tf.Tensor1D).y,
        weights,
      ));
    return [y, mean, variance, ...tf.grads(weighted)([x, scale, offset])];
  };
}

const training = everything((x, scale, offset) =>
  batchNormTraining(x, { scale, offset, epsilon: EPSILON })
);

for (
  const shape of [[4, 3, 5, 2], [3, 1, 2, 3], [1, 7, 7, 4]] as [number, number, number, number][]
) {
  Deno.test(`batchNormTraining and its gradients follow the definition, [${shape}]`, () => {
    tf.tidy(() => {
      const { x, scale, offset } = example(shape);
      const expected = measure(everything(definition)(x, scale, offset));
      assertClose(measure(training(x, scale, offset)), expected, 2e-5);
    });
  });
}

Deno.test("batchNormTraining agrees with the plain cpu backend", { ignore }, async () => {
  let onThis: Measured[] = [];
  tf.tidy(() => {
    const { x, scale, offset } = example([4, 3, 5, 2]);
    onThis = measure(training(x, scale, offset));
  });
  await tf.setBackend("cpu");
  try {
    tf.tidy(() => {
      const { x, scale, offset } = example([4, 3, 5, 2]);
      assertClose(onThis, measure(training(x, scale, offset)), 2e-5);
    });
  } finally {
    await tf.setBackend(backend);
  }
});

Deno.test("batchNormTraining returns the unbiased variance that PyTorch keeps", () => {
  // torch.nn.BatchNorm2d on 1, 2, 3, 4: running_var moves towards var(unbiased) = 5/3.
  const x = tf.tensor4d([1, 2, 3, 4], [4, 1, 1, 1]), one = tf.ones([1]) as tf.Tensor1D;
  const { mean, variance } = batchNormTraining(x, { scale: one, offset: one, epsilon: EPSILON });
  assert.equal(mean.dataSync()[0], 2.5);
  assert.ok(Math.abs(variance.dataSync()[0] - 5 / 3) < 1e-6);
});

Deno.test("batchNormTraining moves running statistics on, as one operation and composed", () => {
  tf.tidy(() => {
    for (const momentum of [0.1, 0.001]) {
      const { x, scale, offset } = example([4, 6, 5, 8]),
        parameters = { scale, offset, epsilon: EPSILON };
      const running = { mean: tf.linspace(-1, 3, 8), variance: tf.linspace(0.2, 4, 8), momentum };
      const own = batchNormTraining(x, parameters);
      for (const isTwice of [false, true]) {
        const moved = batchNormTraining(x, parameters, { running, isTwice });
        for (const which of ["mean", "variance"] as const) {
          const before = running[which].dataSync(), found = moved[which].dataSync();
          own[which].dataSync().forEach((ofBatch, i) => {
            const wanted = (1 - momentum) * before[i] + momentum * ofBatch;
            // Two roundings of float32; composed, the batch's own are summed in another order too.
            const bound = (isTwice ? 2e-6 : 2.5e-7) * Math.max(1, Math.abs(wanted));
            assert.ok(Math.abs(found[i] - wanted) < bound, `${which} ${found[i]}, ${wanted}`);
          });
        }
        if (!isTwice) assert.deepEqual(moved.y.dataSync(), own.y.dataSync());
      }
    }
  });
});

Deno.test("batchNormTraining captured equals eager; with bfloat16 within 2 %", { ignore }, () => {
  tf.tidy(() => {
    const { x, scale, offset } = example([4, 6, 5, 8]), inputs = [x, scale, offset];
    const eager = measure(training(x, scale, offset));
    for (const [precision, tolerance] of [["float32", 1e-5], ["bfloat16", 0.02]] as const) {
      if (precision === "bfloat16" && !mixesBfloat16) continue;
      const captured = compile(training, inputs, { precision });
      assertClose(measure(captured(...inputs)), eager, tolerance);
      captured.dispose();
    }
  });
});

Deno.test("after a bfloat16 convolution, batchNormTraining's statistics stay float32", {
  ignore: !mixesBfloat16,
}, () => {
  tf.tidy(() => {
    const { x, scale, offset } = example([4, 8, 8, 8]);
    const filter = tf.reshape(tf.sin(tf.range(0, 9 * 64)), [3, 3, 8, 8]) as tf.Tensor4D;
    const code = (z: tf.Tensor) => {
      const activation = tf.conv2d(z as tf.Tensor4D, filter, 1, "same");
      const { mean, variance } = batchNormTraining(activation, { scale, offset, epsilon: EPSILON });
      return [mean, variance];
    };
    const half = compile(code, [x], { precision: "bfloat16" });
    const got = half(x), want = code(x);
    assertClose(measure(got.map((t) => t.clone())), measure(want), 0.02);
    // bfloat16 keeps the upper half of a float32: numbers that are not rounded to it use the lower.
    const bits = new Uint32Array(Float32Array.from(got[1].dataSync()).buffer);
    assert.ok(bits.some((b) => (b & 0xffff) !== 0));
    half.dispose();
  });
});

Deno.test("batchNormTraining refuses one value a channel", () => {
  const one = tf.ones([2]) as tf.Tensor1D;
  assert.throws(
    () => batchNormTraining(tf.ones([1, 1, 1, 2]), { scale: one, offset: one, epsilon: EPSILON }),
    /needs two values a channel; \[1,1,1,2\] has 1/,
  );
});

Deno.test("batchNormInference uses the given statistics", () => {
  const [mean, variance, scale, offset] = [3, 4, 2, 1].map((v) => tf.tensor1d([v]));
  const x = tf.tensor4d([5], [1, 1, 1, 1]);
  const y = batchNormInference(x, { mean, variance, scale, offset, epsilon: 0 });
  assert.equal(y.dataSync()[0], 3); // 2 · (5 − 3) / √4 + 1
});

for (const channels of [16, 24, 728]) { // oneDNN leaves half a vector over of the last two
  Deno.test(`batchNormInference is the formula for ${channels} channels, and its gradients'`, () => {
    tf.tidy(() => {
      const numbers = (shape: number[], from: number) => tf.randomUniform(shape, from, 2);
      const x = numbers([2, 3, 3, channels], -2) as tf.Tensor4D;
      const [mean, variance, scale, offset] = [-1, 0.5, 0.5, -1]
        .map((from) => numbers([channels], from) as tf.Tensor1D);
      const norm = (x: tf.Tensor, scale: tf.Tensor) =>
        batchNormInference(x as tf.Tensor4D, {
          mean,
          variance,
          scale: scale as tf.Tensor1D,
          offset,
          epsilon: EPSILON,
        });
      const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON)));
      const [ofX, ofScale] = tf.grads(norm)([x, scale]);
      const wanted = [
        [norm(x, scale), tf.add(tf.mul(normalised, scale), offset)],
        [ofX, tf.mul(tf.onesLike(x), tf.div(scale, tf.sqrt(tf.add(variance, EPSILON))))],
        [ofScale, tf.sum(normalised, [0, 1, 2])],
      ];
      for (const [actual, expected] of wanted) {
        assert.ok(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0] < 1e-4);
      }
    });
  });
}

Deno.test("batchNormTraining leaves no tensors behind", () => {
  const { x, scale, offset } = example([4, 3, 5, 2]);
  const before = tf.memory().numTensors;
  const { y, mean, variance } = batchNormTraining(x, { scale, offset, epsilon: EPSILON });
  assert.equal(tf.memory().numTensors, before + 3);
  tf.dispose([y, mean, variance]);
});
