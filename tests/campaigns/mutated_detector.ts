/** Mutated detector files, read with `loadDetector`; no tensor may stay behind a refusal. */
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { vary } from "lib/detectors/configuration.ts";
import { DETECTOR_FILE, loadDetector, saveDetector } from "lib/detectors/detector_file.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject, WrongValue } from "./mutation_campaign.ts";

/** The smallest detector that there is. */
export async function subject(): Promise<Subject> {
  await startEngine();
  const configuration = vary(SMOKE, { backbone: "conv4", width: 1 });
  const parameters = initialiseParameters(configuration.detector.parameters, createRandom(1));
  const folder = await Deno.makeTempDir(), path = join(folder, DETECTOR_FILE);
  const origin = { configuration, step: 3, validationAuc: 0.75 };
  await saveDetector(path, { parameters, origin });
  const bytes = await Deno.readFile(path);
  await Deno.remove(folder, { recursive: true });
  const pieces = [
    ...["detector", "settings", "name", "xception", "blocks", "width", "seed", "null", "true"],
    ...['\\"', '"', "{", "}", "[", "]", ",", ":", "-1", "1e300", "__proto__", "0.5", "999999"],
  ];
  return {
    originals: [{ name: DETECTOR_FILE, bytes, pieces }],
    read: async ({ path, folder }) => {
      const before = tf.memory().numTensors;
      try {
        using loaded = await loadDetector(path.length % 2 ? path : folder);
        const { step, validationAuc } = loaded.origin ?? {};
        if (!Number.isSafeInteger(step)) throw new WrongValue(`its step is ${step}`);
        if (validationAuc !== undefined && !(validationAuc >= 0 && validationAuc <= 1)) {
          throw new WrongValue(`its AUC is ${validationAuc}`);
        }
        const isSame = Object.entries(parameters).every(([name, own]) => {
          const values = own.dataSync(), read = loaded.parameters[name]?.dataSync();
          return read?.length === values.length &&
            values.every((value, i) => Object.is(value, read[i]));
        });
        return isSame && step === 3 && validationAuc === 0.75 ? "the same" : "another";
      } finally {
        const left = tf.memory().numTensors - before;
        // deno-lint-ignore no-unsafe-finally -- a leak is worse than what came before it
        if (left !== 0) throw new WrongValue(`${left} tensors were not freed`);
      }
    },
  };
}

if (import.meta.main) {
  await campaignCommand("mutated_detector", (args) => mutationCampaign(import.meta.url, args));
}
