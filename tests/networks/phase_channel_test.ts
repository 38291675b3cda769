/** The phase channel against PyTorch's FFT in float64, alone and before an Xception of four channels. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { spsl } from "lib/detectors/spsl.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { startEngine } from "lib/engine/engine.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { phaseChannel } from "lib/networks/phase_channel.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "./fixture_formula.ts";

await startEngine();

const fixture = await readFixture<{
  logits: number[][];
  phase_channel: Summary;
  params_used: number;
  params_shallow: number;
  input: { name: string; shape: [number, number, number, number] };
}>("spsl.json");
const { name, shape: [batch, , size] } = fixture.input;

Deno.test("phaseChannel is the real part of PyTorch's inverse FFT of the phases", () => {
  tf.tidy(() => {
    const phases = phaseChannel(fillImages(name, batch, size));
    assert.ok(summaryError(torchValues(phases, "activation"), fixture.phase_channel) < 1e-4);
    assert.ok(Math.abs(tf.sum(phases).dataSync()[0] - fixture.phase_channel.sum) < 1e-3);
  });
});

Deno.test("phaseChannel has unit power at every frequency, on sides even, odd and unequal", () => {
  for (const [height, width] of [[8, 8], [7, 9], [6, 11]]) {
    const power = tf.tidy(() =>
      tf.sum(tf.square(phaseChannel(tf.randomUniform([1, height, width, 3], 0, 1, "float32", 7))))
    );
    assert.ok(Math.abs(power.dataSync()[0] - 1) < 1e-4, `${height} × ${width}`); // Parseval
  }
});

Deno.test("spsl gives the logits of Xception with the phase channel, and its counts of parameters", () => {
  const counts = (["full", "shallow"] as const).map((depth) => {
    const { detector } = vary(presetOf(spsl, "deepfakeBench"), { depth, imageSize: size });
    if (depth === "full") {
      const parameters = blankParameters(detector);
      fillParameters(parameters, 3);
      tf.tidy(() => {
        const logits = detector.forward(fillImages(name, batch, size), parameters);
        assert.ok(relativeError(logits.dataSync(), fixture.logits.flat()) < 1e-4);
      });
      disposeParameters(parameters);
    }
    return detector.parameters.filter(({ role }) => isLearnt(role))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  });
  assert.deepEqual(counts, [fixture.params_used, fixture.params_shallow]);
});
