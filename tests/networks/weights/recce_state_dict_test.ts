/** A RECCE's weights under the names of two projects, made up: none are in the repository. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf } from "lib/detectors/configuration.ts";
import { recce } from "lib/detectors/recce.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { type StoredTensor, storeFloat32 } from "lib/networks/weights/safetensors.ts";
import { recceStateDict } from "lib/networks/weights/recce_state_dict.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { relativeError } from "../fixture_formula.ts";

await tf.setBackend("cpu");

const { detector } = presetOf(recce, "smoke");
const make = (seed: number) => initialiseParameters(detector.parameters, createRandom(seed));
const ones = (...shape: number[]) =>
  storeFloat32(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape);

Deno.test("recceStateDict reads the authors' file, DeepfakeBench's, and nothing that has more", async () => {
  const published = make(2), { tensors } = await storeParameters(published);
  const classifier = ["weight", "bias"].map((part) => [...published[`fc.${part}`].dataSync()]);
  const authors = new Map<string, StoredTensor>([...tensors, ["encoder.fc.bias", ones(1000)]]);
  const release = new Map<string, StoredTensor>([["backbone.conv1.weight", ones(2, 3, 3, 3)]]);
  for (const [name, array] of authors) release.set(`model.${name}`, array);
  ["weight", "bias"].forEach((part, i) => {
    const fake = classifier[i], both = [...fake.map(() => 0.5), ...fake.map((x) => x + 0.5)];
    const shape = part === "weight" ? [2, fake.length] : [2];
    release.set(`model.fc.${part}`, storeFloat32(Float32Array.from(both), shape));
  });
  for (const file of [authors, release]) {
    const parameters = make(1);
    detector.loadPretrained(parameters, { tensors: file, metadata: {} });
    for (const [name, variable] of Object.entries(published)) {
      const [found, wanted] = [parameters[name], variable].map((x) => [...x.dataSync()]);
      if (!name.startsWith("fc.")) assert.deepEqual(found, wanted, name);
      else assert.ok(relativeError(found, wanted) < 1e-5, name);
    }
    disposeParameters(parameters);
  }
  assert.ok(!recceStateDict({ tensors: release, metadata: {} }).tensors.has("conv1.weight"));
  const more = new Map([...authors, ["decoder7.0.weight", ones(1)]]), parameters = make(1);
  assert.throws(
    () => detector.loadPretrained(parameters, { tensors: more, metadata: {} }),
    { name: "TypeError", message: /unexpected: decoder7\.0\.weight/ },
  );
  [published, parameters].forEach(disposeParameters);
});
