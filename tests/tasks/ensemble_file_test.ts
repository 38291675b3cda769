/** Ensembles as a folder names them: found, evaluated, compared, refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { saveDetector } from "lib/detectors/detector_file.ts";
import { mesonet } from "lib/detectors/mesonet.ts";
import { startEngine } from "lib/engine/engine.ts";
import { readPredictions } from "lib/evaluation/prediction_file.ts";
import { probability } from "lib/evaluation/probability.ts";
import { writeImage } from "lib/media/write_image.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { parseCompareOptions } from "lib/tasks/compare/compare_options.ts";
import { compareContenders } from "lib/tasks/compare/compare_run.ts";
import { ENSEMBLE_FILE, parseEnsemble } from "lib/tasks/ensemble_file.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { findDetector } from "lib/tasks/find_detector.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();

const CONFIGURATION = vary(presetOf(mesonet, "smoke"), {
  imageSize: 32,
}) as unknown as Configuration;

/** A run's folder and a bare file of weights, of two seeds. */
async function twoDetectors(root: string): Promise<void> {
  const [first, second] = [1, 2].map((seed) =>
    initialiseParameters(CONFIGURATION.detector.parameters, createRandom(seed))
  );
  await saveDetector(join(root, "a_run", "detector.safetensors"), {
    parameters: first,
    origin: { configuration: CONFIGURATION, step: 0 },
  });
  await writeSafetensors(join(root, "weights.safetensors"), await storeParameters(second));
}

Deno.test("a folder with an ensemble's file is evaluated as a run's is, and compared with its members", async () => {
  await inFolder(async (root) => {
    await twoDetectors(root);
    const both = join(root, "both");
    await Deno.mkdir(both);
    await Deno.writeTextFile(
      join(both, ENSEMBLE_FILE),
      "combine: probabilities\nmembers:\n  - { weights: ../a_run, share: 3 }\n  - weights: ../weights.safetensors\n" +
        "    detector: mesonet\n    preset: smoke\n    set: [imageSize=32]\n",
    );
    const crops = madeUpCrops(12, "test");
    for (const [i, { image }] of crops.entries()) await writeImage(`${root}/${i}.png`, image);
    const manifest = join(root, "manifest.csv");
    await writeManifest(manifest, crops.map(({ sample }, i) => ({ ...sample, path: `${i}.png` })));

    const lines: string[] = [], { signal } = new AbortController();
    const surroundings = { signal, say: (line: string) => void lines.push(line) };
    const predictionsOf = async (folder: string, ...more: string[]) => {
      const options = parseEvaluateOptions([
        folder,
        "--data",
        manifest,
        "--resamples",
        "0",
        ...more,
      ]);
      assert.ok(options !== "help");
      assert.equal(await evaluateDetector(options, surroundings), 0);
      const out = options.out ?? folder;
      const [name] = [...Deno.readDirSync(out)].map(({ name }) => name)
        .filter((name) => name.startsWith("predictions-"));
      return await Array.fromAsync(readPredictions(join(out, name)), ({ logOdds }) => logOdds);
    };
    const one = await predictionsOf(join(root, "a_run"));
    const other = await predictionsOf(join(root, "weights.safetensors"), ...[
      ..."--detector mesonet --preset smoke --set imageSize=32 --out".split(" "),
      join(root, "other"),
    ]);
    const all = await predictionsOf(both);
    assert.equal(all.length, crops.length);
    all.forEach((logOdds, i) => {
      const mean = 0.75 * probability(one[i]) + 0.25 * probability(other[i]);
      assert.ok(Math.abs(probability(logOdds) - mean) < 1e-5);
    });
    const compare = parseCompareOptions([
      `ours=${both}`,
      `alone=${join(root, "a_run")}`,
      "--resamples",
      "100",
    ]);
    assert.ok(compare !== "help");
    lines.length = 0;
    await compareContenders(compare, surroundings);
    assert.match(lines.join("\n"), /ours/);
  });
});

Deno.test("findDetector names an ensemble by its folder, and where its members learnt", async () => {
  await inFolder(async (root) => {
    await twoDetectors(root);
    const text = "members: [{ weights: a_run }, { weights: a_run, share: 0.5 }]\n";
    await Deno.writeTextFile(join(root, ENSEMBLE_FILE), text);
    const found = await findDetector(root);
    using detector = found.detector;
    assert.deepEqual(found.trainedIn, [join(root, "a_run"), join(root, "a_run")]);
    assert.deepEqual((detector.detector.settings as { shares: number[] }).shares, [2 / 3, 1 / 3]);
    await assert.rejects(
      findDetector(root, { preset: "smoke", detector: "mesonet" }),
      /is an ensemble/,
    );
    await Deno.writeTextFile(
      join(root, ENSEMBLE_FILE),
      "members: [{ weights: a_run }, { weights: nothing_there }]\n",
    );
    await assert.rejects(findDetector(root, { runs: root }), /no detector "nothing_there"/);
  });
});

Deno.test("parseEnsemble names what is wrong with a file", () => {
  const wrong: [string, RegExp][] = [
    ["members: [{ weights: a }]", /"members", a list of two/],
    ["- a", /"members"/],
    ["members: [", /is no YAML/],
    [
      "combine: median\nmembers: [{ weights: a }, { weights: b }]",
      /combine is "median".*probabilities or logOdds/,
    ],
    ["members: [{ weights: a }, { share: 2 }]", /member 2 must say its weights/],
    ["members: [{ weights: a }, { weights: b, share: 0 }]", /member 2: share is 0/],
    ["members: [{ weights: a, weight: 2 }, { weights: b }]", /member 1 has "weight"/],
    ["rule: mean\nmembers: [{ weights: a }, { weights: b }]", /has "rule"/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parseEnsemble(text, "e.yaml"), message, text);
  }
});
