/** An F3-Net's weights under the names of two projects, made up: none are in the repository. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { f3Net, type F3NetSettings } from "lib/detectors/f3_net.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { f3NetStateDict } from "lib/networks/weights/f3_net_state_dict.ts";
import { type StoredTensor, storeFloat32 } from "lib/networks/weights/safetensors.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { relativeError } from "../fixture_formula.ts";

await tf.setBackend("cpu");

const fresh = (changes: Partial<F3NetSettings>) => {
  const { detector } = vary(presetOf(f3Net, "smoke"), { imageSize: 64, width: 1 / 16, ...changes });
  return { detector, parameters: initialiseParameters(detector.parameters, createRandom(1)) };
};

/** What a release holds besides. */
const constants = (side: number): [string, StoredTensor][] =>
  ["FAD_head._DCT_all", "FAD_head._DCT_all_T", "FAD_head.filters.0.base", "FAD_head.filters.3.base"]
    .map((name) => [name, storeFloat32(new Float32Array(side * side), [side, side])]);

Deno.test("f3NetStateDict reads DeepfakeBench's release, whose two logits become their difference", async () => {
  const { detector, parameters } = fresh({ streams: "decomposed" });
  const published = initialiseParameters(detector.parameters, createRandom(2));
  const { tensors } = await storeParameters(published);
  const [real, weight, bias] = [0.25, ...["weight", "bias"].map((part) => published[`fc.${part}`])]
    .map((x) => typeof x === "number" ? x : [...(x as tf.Variable).dataSync()]) as [
      number,
      number[],
      number[],
    ];
  const two = (fake: number[]) =>
    new Float32Array([...fake.map(() => real), ...fake.map((x) => x + real)]);
  const release = new Map<string, StoredTensor>(constants(64));
  for (const [name, array] of tensors) {
    if (!name.startsWith("fc.")) release.set(name.replace("FAD_xcep.", "backbone."), array);
  }
  release.set("backbone.last_linear.weight", storeFloat32(two(weight), [2, weight.length]));
  release.set("backbone.last_linear.bias", storeFloat32(two(bias), [2]));
  release.set("backbone.adjust_channel.0.bias", storeFloat32(new Float32Array(4), [4]));
  detector.loadPretrained(parameters, { tensors: release, metadata: {} });
  for (const [name, variable] of Object.entries(published)) {
    const [found, wanted] = [parameters[name], variable].map((x) => [...x.dataSync()]);
    if (!name.startsWith("fc.")) assert.deepEqual(found, wanted, name);
    else assert.ok(relativeError(found, wanted) < 1e-5, name);
  }
  release.set("backbone.last_linear.bias", storeFloat32(new Float32Array(3), [3]));
  assert.throws(
    () => f3NetStateDict({ tensors: release, metadata: {} }),
    /backbone.last_linear.bias is \[3\], and not for two logits/,
  );
  release.delete("backbone.last_linear.bias");
  const mixed = fresh({});
  assert.throws(
    () => mixed.detector.loadPretrained(mixed.parameters, { tensors: release, metadata: {} }),
    { name: "TypeError", message: /missing: .*LFS_head\.filters\.0\.learnable/ },
  );
  [parameters, published, mixed.parameters].forEach(disposeParameters);
});

Deno.test("f3NetStateDict reads a file of yyk-wew's code, without its constants and idle classifiers", async () => {
  const { detector, parameters } = fresh({ streams: "both" });
  const published: Parameters = initialiseParameters(detector.parameters, createRandom(2));
  const { tensors } = await storeParameters(published);
  const file = new Map<string, StoredTensor>();
  for (const [name, array] of [...tensors, ...constants(64)]) file.set(`module.${name}`, array);
  file.set("module.LFS_head.filters.0.ft_num", storeFloat32(new Float32Array([10]), []));
  file.set("module.FAD_xcep.fc.bias", storeFloat32(new Float32Array(1), [1]));
  detector.loadPretrained(parameters, { tensors: file, metadata: {} });
  for (const [name, variable] of Object.entries(published)) {
    assert.deepEqual(parameters[name].dataSync(), variable.dataSync(), name);
  }
  file.set("module.LFS_head.filters.6.learnable", storeFloat32(new Float32Array(100), [10, 10]));
  assert.throws(
    () => detector.loadPretrained(parameters, { tensors: file, metadata: {} }),
    /unexpected: LFS_head\.filters\.6\.learnable/,
  );
  [parameters, published].forEach(disposeParameters);
});
