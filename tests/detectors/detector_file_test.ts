import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { OFFICIAL_CODE, SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { loadDetector, saveDetector } from "lib/detectors/detector_file.ts";
import { inFolder } from "../in_folder.ts";

await tf.setBackend("cpu");
const origin = { configuration: vary(SMOKE, { blocks: 3 }), step: 7, validationAuc: 0.75 };
const parameters = initialiseParameters(origin.configuration.detector.parameters, createRandom(5));

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
