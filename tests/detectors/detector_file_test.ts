import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { plainConfiguration, presetOf, vary } from "lib/detectors/configuration.ts";
import { OFFICIAL_CODE, SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { mesonet } from "lib/detectors/mesonet.ts";
import { xception } from "lib/detectors/xception.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { float32Values, writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { createRandom } from "lib/random.ts";
import { loadDetector, saveDetector } from "lib/detectors/detector_file.ts";
import { inFolder } from "../in_folder.ts";

await tf.setBackend("cpu");
const origin = { configuration: vary(SMOKE, { blocks: 3 }), step: 7, validationAuc: 0.75 };
const parameters = initialiseParameters(origin.configuration.detector.parameters, createRandom(5));

Deno.test("loadDetector takes a published detector of another project, whole, by its file", async () => {
  const file = "tests/fixtures/meso4_keras.h5";
  const configuration = vary(presetOf(mesonet), { imageSize: 32 });
  using loaded = await loadDetector(file, { configuration });
  const { parameters } = loaded, bias = parameters["fc2.bias"].dataSync();
  assert.deepEqual(bias, float32Values((await readStateDict(file)).tensors.get("dense_4/bias:0")!));
  assert.ok(Object.values(parameters).every((v) => v.dataSync().some((x) => x !== 0)));
  assert.equal(loaded.origin, undefined);
});

Deno.test("loadDetector refuses weights to begin with, naming what they leave fresh", async () => {
  await inFolder(async (folder) => {
    const { detector } = vary(presetOf(xception, "smoke"), { width: 1 / 32 });
    const published = initialiseParameters(detector.parameters, createRandom(1));
    const { "last_linear.weight": _, "last_linear.bias": __, ...trunk } = published;
    await writeSafetensors(`${folder}/trunk.safetensors`, await storeParameters(trunk));
    const configuration = vary(presetOf(xception, "smoke"), { width: 1 / 32 });
    await assert.rejects(
      loadDetector(`${folder}/trunk.safetensors`, { configuration }),
      /train --pretrained.*nothing for.*last_linear\.weight, last_linear\.bias/s,
    );
    disposeParameters(published);
  });
});

Deno.test("loadDetector brings back what saveDetector wrote, from the file or the run's folder", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/detector.safetensors`;
    await saveDetector(path, { parameters, origin });
    for (const place of [path, folder]) {
      using loaded = await loadDetector(place);
      const { configuration, ...rest } = loaded.origin!;
      assert.deepEqual(rest, { step: 7, validationAuc: 0.75 });
      assert.equal(loaded.configuration, configuration);
      assert.equal(loaded.detector, configuration.detector);
      assert.deepEqual(plainConfiguration(configuration), plainConfiguration(origin.configuration));
      assert.deepEqual(Object.keys(loaded.parameters), Object.keys(parameters));
      for (const [name, variable] of Object.entries(loaded.parameters)) {
        assert.deepEqual(variable.dataSync(), parameters[name].dataSync(), name);
      }
    }
  });
});

Deno.test("loadDetector takes weights of other origin with a configuration, and only then", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/official.safetensors`;
    await writeSafetensors(path, await storeParameters(parameters));
    await assert.rejects(loadDetector(path), /does not say which detector.*officialCode/);
    const before = tf.memory().numTensors;
    await assert.rejects(
      loadDetector(path, { configuration: SMOKE }),
      /unexpected: .*region_model3/,
    );
    assert.equal(tf.memory().numTensors, before);
    const { configuration } = origin;
    using loaded = await loadDetector(path, { configuration });
    assert.equal(loaded.origin, undefined);

    const own = `${folder}/own.safetensors`;
    await saveDetector(own, { parameters, origin });
    await assert.rejects(loadDetector(own, { configuration: OFFICIAL_CODE }), /holds the config/);
    await assert.rejects(loadDetector(`${folder}/none`), Deno.errors.NotFound);
  });
});
