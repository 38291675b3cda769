/** Keras's files: a small one written by h5py, and what becomes of damaged ones. */
import assert from "node:assert/strict";
import { mesonetStateDict } from "lib/networks/weights/mesonet_state_dict.ts";
import { isHdf5, readHdf5 } from "lib/networks/weights/hdf5.ts";
import { float32Values } from "lib/networks/weights/safetensors.ts";
import { loadParameters } from "lib/networks/weights/state_dict.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { mesonetParameters } from "lib/networks/mesonet.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { fill } from "../fixture_formula.ts";

const PATH = new URL("../../fixtures/meso4_keras.h5", import.meta.url).pathname;
const AUTHORS = { network: "meso4", edition: "authors" } as const;

Deno.test("readHdf5 gives Keras's arrays by name, with the numbers that were written", async () => {
  const { tensors } = await readStateDict(PATH);
  assert.equal(tensors.size, 28);
  const kernel = tensors.get("conv2d_6/kernel:0")!;
  assert.deepEqual(kernel.shape, [5, 5, 8, 8]);
  assert.deepEqual(
    float32Values(kernel),
    fill("conv2d_6/kernel:0", 1600, { amplitude: 0.3 }),
  );
  assert.deepEqual(
    float32Values(tensors.get("batch_normalization_8/moving_variance:0")!),
    fill("batch_normalization_8/moving_variance:0", 16, { amplitude: 0.5, offset: 1 }),
  );
});

Deno.test("mesonetStateDict gives Keras's layers the network's names, in the order of their numbers", async () => {
  const file = await readStateDict(PATH);
  const parameters = initialiseParameters(mesonetParameters(AUTHORS, 32), createRandom(1));
  const { loaded } = loadParameters(parameters, mesonetStateDict(file, AUTHORS));
  assert.deepEqual(loaded.toSorted(), Object.keys(parameters).toSorted());
  // Keras's filters have TensorFlow's axes, as the kit's own.
  const third = fill("conv2d_7/kernel:0", 5 * 5 * 8 * 16, { amplitude: 0.3 });
  assert.deepEqual(parameters["conv3.weight"].dataSync(), third);
  const means = fill("batch_normalization_7/moving_mean:0", 16, { amplitude: 0.1 });
  assert.deepEqual(parameters["bn3.running_mean"].dataSync(), means);
  assert.deepEqual(parameters["fc2.weight"].dataSync(), fill("dense_4/kernel:0", 16));
  disposeParameters(parameters);
});

Deno.test("mesonetStateDict refuses another network's file, and leaves PyTorch's names alone", async () => {
  const file = await readStateDict(PATH);
  assert.throws(
    () => mesonetStateDict(file, { ...AUTHORS, network: "mesoInception4" }),
    /4 layers "conv2d", and the authors' mesoInception4 has 16/,
  );
  const torch = {
    tensors: new Map([["conv1.weight", file.tensors.get("conv2d_5/kernel:0")!]]),
    metadata: {},
  };
  assert.equal(mesonetStateDict(torch, AUTHORS), torch);
});

Deno.test("readHdf5 tells damaged files and files without weights, and nothing else", async () => {
  const bytes = await Deno.readFile(PATH);
  assert.ok(isHdf5(bytes) && !isHdf5(bytes.subarray(1)));
  assert.throws(
    () => readHdf5(bytes.slice(0, 4096), "half.h5"),
    /"half.h5": it begins as HDF5, but/,
  );
  const random = createRandom(1, "mutants");
  for (let mutant = 0; mutant < 200; mutant++) {
    const damaged = bytes.slice();
    for (let k = 0; k < 4; k++) damaged[8 + random.integer(4000)] = random.integer(256);
    try {
      readHdf5(damaged, "mutant.h5");
    } catch (error) {
      assert.equal((error as Error).name, "TypeError", String(error));
    }
  }
});
