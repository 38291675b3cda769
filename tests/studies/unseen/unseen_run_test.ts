/** A run of the benchmark that begins with published weights. */
import assert from "node:assert/strict";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { parametersUnder, storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { runUnseen, type UnseenPictures } from "lib/studies/unseen/unseen_run.ts";
import { unseenRow } from "lib/studies/unseen/unseen_rows.ts";
import { squares } from "../../detectors/squares.ts";

await startEngine();

/** Squares as stand-ins of people. */
function crops(seed: number) {
  return squares(8, 32, seed).map((crop, i, all) => ({
    ...crop,
    sample: {
      ...crop.sample,
      identities: [`person ${Math.floor(i / 2)}`],
      ...i % 2 === 1 ? { method: "DF", source: all[i - 1].sample.path } : {},
    },
  }));
}

Deno.test("runUnseen begins with the weights that it is given, and leaves in them what is not taught", async () => {
  const configuration = vary(presetOf(foundationEncoder, "linear"), {
    ...{ size: "shallow", patchSize: 8, imageSize: 32, batchSize: 4 },
    ...{ augmentation: "none", epochs: 0, steps: 2 },
  }) as unknown as Configuration;
  const { detector } = configuration;
  const published = initialiseParameters(detector.parameters, createRandom(7, "published"));
  const weights = await storeParameters(parametersUnder("encoder.", published));
  const splits = { train: crops(1), validation: crops(2), test: crops(3) };
  const pictures = { crops: splits, tests: new Map([["none", splits.test]]) };
  let kept: Parameters | undefined;
  const result = await runUnseen({ setting: "all", row: "CLIP, head", seed: 1 }, {
    pictures: pictures as unknown as UnseenPictures,
    ...{ configuration, protocol: "a look", hardware: "here", weights },
    keep: ({ parameters }) => {
      kept = Object.fromEntries(
        Object.entries(parameters).map(([name, variable]) => [name, variable.clone()]),
      ) as unknown as Parameters;
      return Promise.resolve();
    },
  });
  assert.equal(result.parameters, 2 * 64 + 2); // the head's alone
  for (const [name, variable] of Object.entries(published)) {
    if (!name.startsWith("encoder.")) continue;
    assert.deepEqual(kept![name].dataSync(), variable.dataSync(), name);
  }
  assert.notDeepEqual(kept!["head.weight"].dataSync(), published["head.weight"].dataSync());
  disposeParameters(published);
  disposeParameters(kept!);
});

Deno.test("runUnseen has a fake beside its own real picture in a batch, unless the row draws them apart", async () => {
  const splits = { train: crops(1), validation: crops(2), test: crops(3) };
  const pictures = { crops: splits, tests: new Map([["none", splits.test]]) };
  const configuration = vary(unseenRow("mesonet").configuration, {
    ...{ imageSize: 32, batchSize: 4, steps: 2, seed: 1 },
  } as Record<string, unknown>) as unknown as Configuration;
  const scoresBy = async (row: string) => {
    const result = await runUnseen({ setting: "all", row, seed: 1 }, {
      pictures: pictures as unknown as UnseenPictures,
      ...{ configuration, protocol: "a look", hardware: "here" },
    });
    return result.logOdds.none;
  };
  const paired = await scoresBy("xception");
  assert.deepEqual(await scoresBy("xception"), paired);
  assert.notDeepEqual(await scoresBy("xception, unpaired"), paired);
});
