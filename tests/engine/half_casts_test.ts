/** bfloat16 by casts, as a GPU has it; here a processor stands for one, whose own way is TensorFlow's pass. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { conv2d } from "lib/engine/convolution.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";
import { assertClose, measure } from "./measured_tensors.ts";
import { makeInputs, OPERATION_CASES, runCase } from "./operation_cases.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";

/** Does some work as where a GPU is used, as far as captures ask. */
async function asOnGpu<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  const { eager } = capturingBackend()!, own = eager.isUsingGpuDevice;
  eager.isUsingGpuDevice = () => true;
  try {
    return await work();
  } finally {
    eager.isUsingGpuDevice = own;
  }
}

/** A convolution's gradients and a product: what is computed in bfloat16. */
function work(x: tf.Tensor, w: tf.Tensor): tf.Tensor[] {
  const loss = (x: tf.Tensor, w: tf.Tensor) =>
    tf.sum(tf.square(conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { padding: 1 })));
  const flat = tf.reshape(x, [8, -1]);
  return [...tf.grads(loss)([x, w]), tf.matMul(flat, flat, false, true)];
}

const inputs = () => [
  tf.randomNormal([8, 8, 8, 4], 0, 1, "float32", 1),
  tf.randomNormal([3, 3, 4, 6], 0, 1, "float32", 2),
];

/** The largest difference of tensors, as a share of the first one's largest number. */
const apart = (a: tf.Tensor, b: tf.Tensor) =>
  tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(a))).dataSync()[0]);

Deno.test(
  "compile with bfloat16 on a GPU rounds as TensorFlow's own pass does, casting each input once",
  {
    ignore,
  },
  async () => {
    const full = compile(work, inputs());
    const half = await asOnGpu(() => compile(work, inputs(), { precision: "bfloat16" }));
    // To bfloat16: x and w, the slope of the convolution, the matrix of the product; back: four results.
    assert.equal(half.nodes - full.nodes, 4 + 4);
    const pass = compile(work, inputs(), { precision: "bfloat16" });
    const [exact, cast, passed] = [full, half, pass].map((run) => run(...inputs()));
    const isRounded = apart(exact[2], passed[2]) > 0; // a processor without AVX-512 has float32 by the pass
    exact.forEach((wanted, i) => {
      assert.equal(cast[i].dtype, "float32");
      const error = apart(wanted, cast[i]);
      assert.ok(1e-4 < error && error < 0.02, `${i}: ${error}`);
      if (isRounded) {
        assert.ok(apart(cast[i], passed[i]) < error / 4, `${i}: ${apart(cast[i], passed[i])}`);
      }
    });
    for (const run of [full, half, pass]) run.dispose();
  },
);

Deno.test("compile with bfloat16 on a GPU takes every operation, within 2 % of its largest value", {
  ignore,
}, async () => {
  for (const operation of OPERATION_CASES) {
    if (!/conv|matMul|dense|product/i.test(operation.name)) continue;
    const example = makeInputs(operation);
    const whole = compile((...x) => runCase(operation, x), example);
    const half = await asOnGpu(() =>
      compile((...x) => runCase(operation, x), example, { precision: "bfloat16" })
    );
    assertClose(measure(half(...example)), measure(whole(...example)), 0.02);
    whole.dispose();
    half.dispose();
  }
});

Deno.test("train in bfloat16 on a GPU follows the losses of float32", { ignore }, async () => {
  const base = vary(SMOKE, { backbone: "conv4", width: 0.25, blocks: 1, batchSize: 4, steps: 3 });
  const losses = async (precision: "float32" | "bfloat16") => {
    const configuration = vary(base, { precision }), totals: number[] = [];
    await using source = cropSource(madeUpCrops(12), configuration);
    using learner = createLearner(configuration);
    for await (const { total } of train(learner, { source, configuration })) totals.push(total);
    return totals;
  };
  const full = await losses("float32"), half = await asOnGpu(() => losses("bfloat16"));
  full.forEach((loss, step) => {
    assert.notEqual(half[step], loss);
    assert.ok(Math.abs(half[step] - loss) < 0.02 * loss, `step ${step}: ${half[step]}, ${loss}`);
  });
});
