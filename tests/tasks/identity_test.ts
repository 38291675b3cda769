/** Sets that differ in how their faces were cut are never taken for one, from prepare to evaluate. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseDescription } from "lib/data/descriptions.ts";
import { Preparation } from "lib/data/prepare.ts";
import { PREPARE_SETTINGS, type PrepareSettings } from "lib/data/prepare/prepare_settings.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { parseDistortion } from "lib/media/distortions.ts";
import { readImage } from "lib/media/image.ts";
import { writeImage } from "lib/media/write_image.ts";
import { mirrorImage } from "lib/media/crop.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { evaluateDetector } from "lib/tasks/evaluate/evaluate_run.ts";
import { readEvaluations } from "lib/training/evaluation_files.ts";
import { listRuns } from "lib/training/recorded_runs.ts";
import { trainAs } from "../detectors/train_as.ts";
import { inFolder } from "../in_folder.ts";

const SMALL = [
  ..."--preset smoke --set backbone=conv4 --set width=1 --set steps=1 --set batchSize=2".split(" "),
  ..."--set balance=none --name try".split(" "),
];

/** The faces of a folder of reals and "fakes" (mirrored ones), cut as asked; returns the manifest. */
async function prepared(
  folder: string,
  name: string,
  settings: Partial<PrepareSettings>,
): Promise<string> {
  const root = join(folder, "pictures"), out = join(folder, name);
  const text = JSON.stringify({ name: "mine", reader: "folders", root, split: "train" });
  const dataSet = await openDataSet(parseDescription(text, join(folder, "mine.yaml")));
  await using run = await Preparation.open(dataSet, {
    folder: out,
    settings: { ...PREPARE_SETTINGS, size: 32, ...settings },
  });
  for await (const _ of run.run());
  await run.join();
  return join(out, "manifest.csv");
}

Deno.test("sets of other margin, quality and distortion are other runs and other results, side by side", async () => {
  await inFolder(async (folder) => {
    for (const kind of ["real", "fake"]) {
      await Deno.mkdir(join(folder, "pictures", kind), { recursive: true });
    }
    for (const [i, photograph] of demoPhotographs().slice(0, 2).entries()) {
      const image = await readImage(photograph);
      await writeImage(join(folder, "pictures/real", `${i}.png`), image);
      await writeImage(join(folder, "pictures/fake", `m${i}.png`), mirrorImage(image));
    }
    const changes: Partial<PrepareSettings>[] = [
      {},
      { margin: 0.3 },
      { quality: 60 },
      { distortion: parseDistortion("GB:5") },
    ];
    const manifests: string[] = [];
    for (const [i, change] of changes.entries()) {
      manifests.push(await prepared(folder, `set${i}`, change));
    }
    const runsFolder = join(folder, "runs");
    const said: string[] = [];
    for (const manifest of manifests) {
      await trainAs(["--data", manifest, ...SMALL], { runsFolder, say: (line) => said.push(line) });
    }
    const runs = await listRuns({ root: runsFolder });
    assert.equal(runs.length, changes.length);
    assert.ok(!said.some((line) => /Kept/.test(line)), said.join("\n"));
    const cuts = await Promise.all(runs.map(async ({ id }) => {
      using detector = await loadDetector(join(runsFolder, id));
      return detector.origin?.cut?.margin;
    }));
    assert.deepEqual(cuts.sort(), [0.15, 0.15, 0.15, 0.3]);

    // One run on every set: a result each, and the same one again is no second.
    const run = join(runsFolder, runs[0].id);
    const surroundings = { signal: new AbortController().signal, say: () => {} };
    for (const manifest of [...manifests, manifests[1]]) {
      const options = parseEvaluateOptions([run, "--data", manifest, "--split", "train"]);
      assert.ok(options !== "help");
      await evaluateDetector({ ...options, resamples: 0 }, surroundings);
    }
    const rows = await readEvaluations({ root: runsFolder });
    assert.equal(new Set(rows.map(({ data }) => data)).size, changes.length);
    assert.deepEqual([...new Set(rows.map(({ distortion }) => distortion))].sort(), ["", "GB:5"]);
    await assert.rejects(
      trainAs(["--data", manifests[0], ...SMALL, "--set", "imageSize=64"], { runsFolder }),
      /have 32 pixels a side, and the detector takes 64.*--size 64/,
    );
  });
});
