import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { fillParameters } from "./fixture_formula.ts";

await startEngine();

const images = tf.randomNormal<tf.Rank.R4>([3, 32, 32, 3], 0, 1, "float32", 1);
const small = SMOKE.detector;

for (const backbone of ["resnet34", "mobilenetV1", "efficientnetB0"] as const) {
  const { detector } = vary(SMOKE, { backbone });

  Deno.test(`foldBatchNorm keeps what ${backbone} answers, with no batch norm left`, () => {
    const parameters = initialiseParameters(detector.parameters, createRandom(1, "weights"));
    fillParameters(parameters, 3); // scales, offsets and running statistics that are not 1 and 0
    const folded = foldBatchNorm(parameters, detector.parameters);
    tf.tidy(() => {
      const original = detector.forward(images, parameters);
      const answer = detector.forward(images, folded, { folded: true });
      for (const head of ["joint", "global"] as const) {
        const [a, b] = [original[head], answer[head]];
        const error = tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
        const largest = tf.max(tf.abs(a)).dataSync()[0];
        assert.ok(error < 1e-4 * largest, `${head} off by ${error}, largest ${largest}`);
      }
    });
    assert.deepEqual(Object.keys(folded).filter((name) => /running|bn\d\.weight/.test(name)), []);
    disposeParameters(folded);
    disposeParameters(parameters);
  });
}

Deno.test("foldBatchNorm's result runs captured, in fewer nodes", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const folded = foldBatchNorm(parameters, small.parameters);
  const run = compile((x) => small.forward(x as tf.Tensor4D, parameters).global, [images]);
  const lean = compile(
    (x) => small.forward(x as tf.Tensor4D, folded, { folded: true }).global,
    [images],
  );
  tf.tidy(() => {
    const [a, b] = [run(images)[0], lean(images)[0]];
    assert.ok(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] < 1e-5);
  });
  run.dispose();
  lean.dispose();
  disposeParameters(folded);
  disposeParameters(parameters);
});

Deno.test("foldBatchNorm leaves the original as it was, and its result independent", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const before = parameters["linear.1.weight"].dataSync().slice();
  const folded = foldBatchNorm(parameters, small.parameters);
  folded["linear.1.weight"].assign(tf.zerosLike(folded["linear.1.weight"]));
  assert.deepEqual(parameters["linear.1.weight"].dataSync(), before);
  disposeParameters(folded);
  assert.deepEqual(parameters["linear.1.weight"].dataSync(), before);
  disposeParameters(parameters);
});

Deno.test("a detector refuses to train folded parameters, and misses batch norms when not told", () => {
  const parameters = initialiseParameters(small.parameters, createRandom(1, "weights"));
  const folded = foldBatchNorm(parameters, small.parameters);
  const training = { seed: tf.tensor1d([1, 2], "int32"), updates: {} };
  assert.throws(() => small.forward(images, folded, { folded: true, training }), {
    name: "TypeError",
    message: /no batch norm to train/,
  });
  assert.throws(() => small.forward(images, folded), /no parameter .*bn1/);
  disposeParameters(folded);
  disposeParameters(parameters);
});
