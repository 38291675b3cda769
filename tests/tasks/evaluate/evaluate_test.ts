/** `evaluate` on pictures that are made, with a detector of random weights. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { writeManifest } from "lib/data/manifest.ts";
import { writeImage } from "lib/media/write_image.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { readPredictions } from "lib/evaluation/prediction_file.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { findDetector } from "lib/tasks/find_detector.ts";
import { saveDetector } from "lib/detectors/detector_file.ts";
import { readEvaluations } from "lib/training/evaluation_files.ts";
import { inFolder } from "../../in_folder.ts";
import { madeUpCrops } from "../../training/made_up_crops.ts";

await startEngine();
const parameters = initialiseParameters(SMOKE.detector.parameters, createRandom(2, "weights"));

/** A run's folder with nothing but a detector. */
async function makeRun(root: string): Promise<string> {
  const folder = join(root, "a_run");
  const origin = { configuration: SMOKE, step: 0 };
  await saveDetector(join(folder, "detector.safetensors"), { parameters, origin });
  return folder;
}

/** What a task said, and its surroundings. */
function listener() {
  const lines: string[] = [];
  const surroundings = {
    signal: new AbortController().signal,
    say: (line: string) => void lines.push(line),
  };
  return { lines, surroundings };
}

Deno.test("evaluateDetector writes predictions and metrics of each data set of the split", async () => {
  await inFolder(async (folder) => {
    const run = await makeRun(folder);
    const crops = madeUpCrops(24, "test");
    for (const [i, { image }] of crops.entries()) await writeImage(`${folder}/${i}.png`, image);
    const samples = crops.map(({ sample }, i) => ({
      ...sample,
      path: `${i}.png`,
      dataset: i < 16 ? "one" : "the other",
    }));
    const train = { ...samples[0], path: "not there.png", split: "train" as const };
    const manifest = `${folder}/manifest.csv`;
    await writeManifest(manifest, [...samples, train]);

    const options = parseEvaluateOptions([run, "--data", manifest, "--resamples", "20"]);
    assert.ok(options !== "help");
    const { lines, surroundings } = listener();
    await evaluateDetector(options, surroundings);
    assert.match(lines[0], /label 0 = real, 1 = fake.*Protocol [0-9a-f]{16}/);

    const predictions = await Array.fromAsync(readPredictions(`${run}/predictions-one-test.csv`));
    assert.deepEqual(predictions.map((row) => row.path), samples.slice(0, 16).map((s) => s.path));
    const rows = await readEvaluations({ root: folder });
    assert.deepEqual([...new Set(rows.map((row) => row.dataset))], ["one", "the other"]);
    const auc = rows.find((row) =>
      row.dataset === "one" && row.method === "all" && row.level === "frame" && row.metric === "AUC"
    );
    const [scores, labels] = [predictions.map((r) => r.score), predictions.map((r) => r.label)];
    assert.equal(auc?.value, rocAuc(scores, labels));
    assert.equal(auc?.run, basename(run));
    assert.ok(auc!.low! <= auc!.value! && auc!.value! <= auc!.high!);

    const fakes = predictions.filter((row) => row.label === 1);
    const missed = fakes.filter((row) => row.score < 0.5).length;
    const said = new RegExp(`of ${fakes.length} fakes ${missed} are called real`);
    assert.ok(lines.some((line) => said.test(line)), lines.join("\n"));

    const none = parseEvaluateOptions([run, "--data", manifest, "--split", "validation"]);
    assert.ok(none !== "help");
    await assert.rejects(
      evaluateDetector(none, surroundings),
      /no samples of the split validation/,
    );
  });
});

Deno.test("findDetector takes a run's id, its folder or a file, and names the runs there are", async () => {
  await inFolder(async (folder) => {
    const run = await makeRun(folder);
    for (const argument of ["a_run", run, `${run}/detector.safetensors`]) {
      const found = await findDetector(argument, { runs: folder });
      using _ = found.detector;
      assert.equal(found.folder, run);
    }
    await assert.rejects(
      findDetector("b_run", { runs: folder }),
      /no detector "b_run".*Runs: a_run/,
    );
  });
});
