import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { measureInTurns, openInference } from "lib/evaluation/measured_time.ts";
import { quantile } from "lib/evaluation/quantile.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";

await startEngine();
const { detector } = SMOKE;

Deno.test("quantile interpolates as NumPy does", () => {
  const sample = [1, 2, 4, 8]; // numpy.quantile(sample, [0, 0.1, 0.5, 0.75, 1])
  const expected = [1, 1.3, 3, 5, 8];
  [0, 0.1, 0.5, 0.75, 1].forEach((share, i) => {
    assert.ok(Math.abs(quantile(sample, share) - expected[i]) < 1e-12);
  });
  assert.throws(() => quantile([], 0.5), RangeError);
  assert.throws(() => quantile([1], 1.5), RangeError);
});

Deno.test("measureInTurns warms up, then runs each work in turn and times it as often as asked for", () => {
  const calls: string[] = [];
  const works = { a: () => void calls.push("a"), b: () => void calls.push("b") };
  const { a, b } = measureInTurns(works, { runs: 3, warmUp: 1 });
  assert.equal(calls.join(""), "abababab");
  for (const { times, lower, median, upper } of [a, b]) {
    assert.equal(times.length, 3);
    assert.equal(median, times.toSorted((x, y) => x - y)[1]);
    assert.ok(0 <= lower && lower <= median && median <= upper);
  }
  assert.throws(() => measureInTurns(works, { runs: 0 }), RangeError);
});

Deno.test("blankParameters has every parameter, and runs; shared ones are one of a shape", () => {
  const before = tf.memory().numTensors;
  for (const shared of [false, true]) {
    const parameters = blankParameters(detector, { shared });
    const shapes = Object.entries(parameters).map(([name, { shape }]) => ({ name, shape }));
    const wanted = detector.parameters.map(({ name, shape }) => ({ name, shape }));
    assert.deepEqual(shapes, wanted);
    const different = new Set(Object.values(parameters)).size;
    assert.ok(shared ? different < 40 : different === wanted.length, `${different}`);
    tf.tidy(() => {
      const { global } = detector.forward(tf.ones([1, 32, 32, 3]), parameters);
      assert.deepEqual([...global.dataSync()], [0, 0]);
    });
    disposeParameters(parameters);
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("openInference runs the detector, keeps its parameters and frees all else", () => {
  const parameters = initialiseParameters(detector.parameters, createRandom(1, "weights"));
  const before = tf.memory().numTensors;
  {
    using inference = openInference({ detector, parameters }, { batchSize: 2 });
    const during = tf.memory().numTensors;
    inference.run();
    inference.run();
    assert.equal(tf.memory().numTensors, during);
  }
  assert.equal(tf.memory().numTensors, before);
  assert.ok(parameters["linear.1.weight"].dataSync().some((x) => x !== 0));
  disposeParameters(parameters);
});
