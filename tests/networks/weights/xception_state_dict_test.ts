import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import {
  type StoredTensor,
  storeFloat32,
  type TensorFile,
} from "lib/networks/weights/safetensors.ts";
import { loadParameters, storeParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";

await tf.setBackend("cpu");

const make = (seed: number): Parameters =>
  initialiseParameters(xceptionParameters({ classes: 2, width: 1 / 32 }), createRandom(seed));

const published = make(1);
const ours = await storeParameters(published);

type Entry = [name: string, array: StoredTensor];

/** Our file with each entry changed, some left out, some added. */
function file(change: (entry: Entry) => Entry[], more: Entry[] = []): TensorFile {
  return {
    path: "weights.pth",
    metadata: {},
    tensors: new Map([...ours.tensors].flatMap(change).concat(more)),
  };
}

const ones = (...shape: number[]): StoredTensor =>
  storeFloat32(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape);

/** The classifier under another name. */
const classifier = (name: string, to: string) => name.replace(/^last_linear\./, to);

/** What DeepfakeBench's class has besides. */
const IDLE: Entry[] = [
  ["adjust_channel.0.weight", ones(16, 64, 1, 1)],
  ["adjust_channel.0.bias", ones(16)],
  ["adjust_channel.1.running_mean", ones(16)],
];
const under = (prefix: string, entries: Entry[]) =>
  entries.map(([name, array]): Entry => [prefix + name, array]);

/** Files as each project writes them. */
const NAMINGS: Record<string, TensorFile> = {
  "as here": ours,
  // Written by PyTorch 0.2: no counters, and 1×1 convolutions of separable ones have two axes.
  "Cadene": file(([name, array]) => {
    if (name.endsWith("num_batches_tracked")) return [];
    const flat = name.endsWith(".pointwise.weight");
    return [[classifier(name, "fc."), flat ? { ...array, shape: array.shape.slice(0, 2) } : array]];
  }),
  "timm": file(([name, array]) => [[classifier(name, "fc."), array]]),
  "DeepfakeBench's network": file((entry) => [entry], IDLE),
  "DeepfakeBench with dropout": file(
    ([name, array]) => [[`backbone.${classifier(name, "last_linear.1.")}`, array]],
    under("backbone.", IDLE),
  ),
  "FaceForensics++": file((entry) => under("model.", [entry])),
  "FaceForensics++ with dropout on several GPUs": file(([name, array]) => [
    [`module.model.${classifier(name, "last_linear.1.")}`, array],
  ]),
};

for (const [naming, file] of Object.entries(NAMINGS)) {
  Deno.test(`xceptionStateDict reads the names of ${naming}`, () => {
    const before = new Map(file.tensors);
    const parameters = make(2);
    const { loaded } = loadParameters(parameters, xceptionStateDict(file));
    assert.equal(loaded.length, Object.keys(published).length);
    for (const [name, variable] of Object.entries(published)) {
      assert.deepEqual(parameters[name].dataSync(), variable.dataSync(), name);
    }
    assert.deepEqual(file.tensors, before, "the file given stays as it was");
  });
}

Deno.test("xceptionStateDict leaves all else for loadParameters to refuse by name", () => {
  const refused = (changed: TensorFile, words: RegExp) =>
    assert.throws(() => loadParameters(make(2), xceptionStateDict(changed)), words);
  const same = (entry: Entry) => [entry];
  refused(
    file(same, [["block13.skip.weight", ones(1, 1, 1, 1)]]),
    /unexpected: block13.skip.weight/,
  );
  refused(file(same, [["fc2.weight", ones(2, 64)]]), /unexpected: fc2.weight/);
  refused(file(same, [["head.fc.weight", ones(2, 64)]]), /unexpected: head.fc.weight/);
  refused(
    file(([n, a]) => [[classifier(n, "last_linear.3."), a]]),
    /unexpected: last_linear.3.weight/,
  );
  refused(file(([n, a]) => under("net.", [[n, a]])), /unexpected: net.conv1.weight/);
  refused(
    file(([n, a]) => n === "block5.skip.weight" || n === "conv2.weight" ? [] : [[n, a]]),
    /missing: conv2.weight\n/,
  );
  refused(
    file(([n, a]) => [[n, n === "conv3.conv1.weight" ? { ...a, shape: [32, 9] } : a]]),
    /misshapen: conv3.conv1.weight \[32,1,3,3\], file \[32,9\]/,
  );
  // Of SPSL: the network's first convolution sees a channel more.
  refused(
    file(([n, a]) => [[n, n === "conv1.weight" ? ones(1, 4, 3, 3) : a]]),
    /misshapen: conv1.weight \[1,3,3,3\], file \[1,4,3,3\]/,
  );
});

Deno.test("xceptionStateDict refuses two classifiers, naming the file and the second", () => {
  const two = file((entry) => [entry], [["fc.weight", ones(1000, 64)]]);
  assert.throws(() => xceptionStateDict(two), {
    name: "TypeError",
    message: /^weights.pth has two arrays for last_linear.weight, the second named fc.weight/,
  });
});
