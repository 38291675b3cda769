/** Thresholds and calibration from validation, used on the test and by a comparison of two detectors. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { saveDetector } from "lib/detectors/detector_file.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { writeManifest } from "lib/data/manifest.ts";
import { startEngine } from "lib/engine/engine.ts";
import { writeImage } from "lib/media/write_image.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { parseCompareOptions } from "lib/tasks/compare/compare_options.ts";
import { compareContenders } from "lib/tasks/compare/compare_run.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { readEvaluations } from "lib/training/evaluation_files.ts";
import { OPERATING_FILE } from "lib/training/operating_file.ts";
import { inFolder } from "../../in_folder.ts";
import { madeUpCrops } from "../../training/made_up_crops.ts";

Deno.test("evaluate --split validation keeps thresholds that evaluate uses; compare asks detectors itself", async () => {
  await startEngine();
  await inFolder(async (folder) => {
    const crops = (["validation", "test"] as const).flatMap((split) => madeUpCrops(16, split));
    const samples = crops.map(({ sample }, i) => ({ ...sample, path: `${i}.png`, video: `v${i}` }));
    for (const [i, { image }] of crops.entries()) await writeImage(join(folder, `${i}.png`), image);
    const manifest = join(folder, "manifest.csv");
    await writeManifest(manifest, samples);
    const runs: string[] = [];
    for (const seed of [1, 2]) {
      const parameters = initialiseParameters(SMOKE.detector.parameters, createRandom(seed));
      const run = join(folder, `run${seed}`), origin = { configuration: SMOKE, step: 0 };
      await saveDetector(join(run, "detector.safetensors"), { parameters, origin });
      runs.push(run);
    }
    const lines: string[] = [];
    const surroundings = {
      signal: new AbortController().signal,
      say: (line: string) => void lines.push(line),
    };
    const evaluated = async (...args: string[]) => {
      const options = parseEvaluateOptions([
        runs[0],
        "--data",
        manifest,
        "--resamples",
        "20",
        ...args,
      ]);
      assert.ok(options !== "help");
      lines.length = 0;
      assert.equal(await evaluateDetector(options, surroundings), 0);
      return lines.join("\n");
    };
    assert.match(await evaluated("--split", "validation"), /are kept in .*validation\.yaml/);
    assert.match(await Deno.readTextFile(join(runs[0], OPERATING_FILE)), /equal-error:/);
    assert.match(
      await evaluated("--threshold", "youden"),
      /TPR at validation's youden +\d\.\d{4} +\[/,
    );
    const rows = (await readEvaluations({ root: folder })).filter(({ split }) => split === "test");
    for (
      const name of [
        "balanced accuracy at validation's youden",
        "log loss (platt)",
        "ECE (isotonic)",
      ]
    ) {
      assert.ok(rows.some(({ metric, value }) => metric === name && value !== null), name);
    }
    assert.throws(
      () => parseEvaluateOptions(["a", "--data", "b", "--threshold", "best"]),
      /equal-error/,
    );

    const options = parseCompareOptions([...runs, "--data", manifest, "--resamples", "100"]);
    assert.ok(options !== "help");
    lines.length = 0;
    assert.equal(await compareContenders(options, surroundings), 0);
    const said = lines.join("\n");
    assert.match(said, /run2 has no predictions of .*: it is asked now/);
    assert.match(said, /no threshold that was chosen on validation/); // of run2
    assert.doesNotMatch(said, /run1 has no predictions/);
    assert.match(said, /16 samples of 16 videos are in all/);
    assert.match(said, /run1 (and|is better than) run2/);
  });
});
