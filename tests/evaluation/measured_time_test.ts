import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { SMOKE } from "lib/config.ts";
import { startEngine } from "lib/engine/engine.ts";
import { measureInference, measureTime } from "lib/evaluation/measured_time.ts";
import { quantile } from "lib/evaluation/quantile.ts";
import { createDetector } from "lib/models/detector.ts";
import { disposeParameters } from "lib/models/parameters.ts";
import { createRandom } from "lib/random.ts";

await startEngine();

Deno.test("quantile interpolates as NumPy does", () => {
  const sample = [1, 2, 4, 8]; // numpy.quantile(sample, [0, 0.1, 0.5, 0.75, 1])
  const expected = [1, 1.3, 3, 5, 8];
  [0, 0.1, 0.5, 0.75, 1].forEach((share, i) => {
    assert.ok(Math.abs(quantile(sample, share) - expected[i]) < 1e-12);
  });
  assert.throws(() => quantile([], 0.5), RangeError);
  assert.throws(() => quantile([1], 1.5), RangeError);
});

Deno.test("measureTime warms up, then times as many runs as asked for", () => {
  let calls = 0;
  const { runs, lower, median, upper } = measureTime(() => void calls++, { runs: 7, warmUp: 3 });
  assert.equal(calls, 10);
  assert.equal(runs, 7);
  assert.ok(0 <= lower && lower <= median && median <= upper);
  assert.throws(() => measureTime(() => {}, { runs: 0 }), RangeError);
});

Deno.test("measureInference runs the detector, keeps its parameters and leaves no tensor", () => {
  const parameters = createDetector(SMOKE, createRandom(1, "weights"));
  const before = tf.memory().numTensors;
  const { median } = measureInference(
    { parameters, configuration: SMOKE },
    { batchSize: 2, runs: 3, warmUp: 1 },
  );
  assert.ok(median > 0);
  assert.equal(tf.memory().numTensors, before);
  assert.ok(parameters["linear.1.weight"].dataSync().some((x) => x !== 0));
  disposeParameters(parameters);
});
