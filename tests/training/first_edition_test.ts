/** A run that the first edition of the kit began: this one reads its record and detector, and ends it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cropSource } from "lib/batches/batch_source.ts";
import type { Crop, Split } from "lib/data/samples.ts";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { float32Values, readSafetensors } from "lib/networks/weights/safetensors.ts";
import { createRandom } from "lib/random.ts";
import { readHistory } from "lib/training/history_rows.ts";
import { createLearner } from "lib/training/learner.ts";
import { readRun } from "lib/training/recorded_runs.ts";
import { train } from "lib/training/train.ts";
import { validationCrops } from "lib/training/validation.ts";
import { inFolder } from "../in_folder.ts";

await startEngine();

const FIXTURES = fileURLToPath(new URL("../fixtures/first_edition/", import.meta.url));
const STOPPED = join(FIXTURES, "stopped");

/** The settings that the run was begun with, as this edition says them. */
const CONFIGURATION = vary(SMOKE, {
  backbone: "conv4",
  width: 1,
  dropout: 0.25,
  batchSize: 8,
  mixup: 0.5,
  steps: 6,
  validateEvery: 2,
});

/** The pictures that it was begun with. */
const crops = (split: Split): Crop[] =>
  Array.from({ length: 16 }, (_, i) => {
    const random = createRandom(7, split, i), fake = i % 2;
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, () => random.integer(200) + 55 * fake);
    const path = `${split}-${i}`;
    return {
      image: { data, width: 32, height: 32 },
      sample: {
        path,
        label: fake as 0 | 1,
        dataset: "made up",
        method: fake ? "DF" : "real",
        video: path,
        split,
        frame: 0,
        identities: [],
      },
    };
  });

/** What the first edition's undisturbed run recorded as total of each step, and of its validations. */
const TOTALS = [3.8911542892, 3.9198074341, 3.7899475098, 3.653368473, 3.6409153938, 3.7614316941];
const VALIDATED = [1, 3, 5];

/** What its detector said of the validation pictures: log-odds. */
const LOG_ODDS = [
  ...[0.257549193687737, 0.28655639477074146, 0.2565015871077776, 0.2925575450062752],
  ...[0.2627076874487102, 0.29625016637146473, 0.2589333262294531, 0.2817668616771698],
  ...[0.2625304199755192, 0.29009359888732433, 0.2632957957684994, 0.28231150191277266],
  ...[0.2654069270938635, 0.28921432979404926, 0.2613651342689991, 0.28126224502921104],
];

/**
 * Biases before a batch norm, and the running means that follow them: only rounding moves them, another way
 * on every processor, by up to Adam's full rate a step.
 */
const ROUNDING = /^bottleneck\.model\.([04]\.bias|[15]\.running_mean)$/;
const ROUNDING_MOVES = 2 * CONFIGURATION.training.learningRate * CONFIGURATION.training.steps;

const near = (actual: number, expected: number, limit: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= limit, `${what}: ${actual}, expected ${expected}`);

/** The checkpoint's and the detector's files in a folder of its own. */
async function stoppedRun(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(STOPPED)) {
    await Deno.copyFile(join(STOPPED, name), join(folder, name));
  }
}

Deno.test("train goes on with a run of the first edition, and ends in the weights that it would have", () =>
  inFolder(async (folder) => {
    await stoppedRun(folder);
    using learner = createLearner(CONFIGURATION);
    await using source = cropSource(crops("train"), CONFIGURATION);
    const validation = validationCrops(crops("validation"));
    const options = { source, configuration: CONFIGURATION, validation, folder };
    const end = await readSafetensors(join(FIXTURES, "end.safetensors"));
    let step = 0;
    for await (const record of train(learner, options)) {
      assert.equal(record.step, step++);
      near(record.total, TOTALS[record.step], 1e-5 * TOTALS[0], `total of step ${record.step}`);
      assert.equal(record.validationAuc, VALIDATED.includes(record.step) ? 1 : undefined);
      if (step < TOTALS.length) continue;
      // The last step's weights; after it the learner gets the best step's.
      assert.deepEqual([...end.tensors.keys()], Object.keys(learner.learnt));
      for (const [name, stored] of end.tensors) {
        const expected = float32Values(stored), values = await learner.learnt[name].data();
        const limit = ROUNDING.test(name) ? ROUNDING_MOVES : 1e-5;
        values.forEach((value, i) => near(value, expected[i], limit, `${name} at ${i}`));
      }
    }
    assert.equal(step, TOTALS.length);
    const kept = (await Array.fromAsync(readHistory(folder))).map(({ total }) => total);
    assert.equal(kept.length, TOTALS.length);
    using loaded = await loadDetector(folder);
    assert.deepEqual([loaded.origin?.step, loaded.origin?.validationAuc], [1, 1]);
  }));

Deno.test("train refuses a run of the first edition with another setting, naming it", () =>
  inFolder(async (folder) => {
    await stoppedRun(folder);
    const configuration = vary(CONFIGURATION, { dropout: 0.5 });
    using learner = createLearner(configuration);
    await using source = cropSource(crops("train"), configuration);
    await assert.rejects(
      Array.fromAsync(train(learner, { source, configuration, folder })),
      /detector\.dropout = 0\.25, this run has 0\.5/,
    );
  }));

Deno.test("loadDetector reads a detector of the first edition, which scores as it did", async () => {
  for (const path of [STOPPED, join(STOPPED, "detector.safetensors")]) {
    using loaded = await loadDetector(path);
    const { detector, origin, configuration, parameters } = loaded;
    assert.equal(detector.kind.name, "exposing_the_deception");
    assert.deepEqual([origin?.step, origin?.validationAuc], [1, 1]);
    assert.deepEqual(plainConfiguration(configuration), plainConfiguration(CONFIGURATION));
    const scored = await scoreCrops(crops("validation"), { detector, parameters });
    const expected = LOG_ODDS.map((logOdds) => 1 / (1 + Math.exp(-logOdds)));
    scored.forEach((score, i) => near(score, expected[i], 1e-6, `picture ${i}`));
    assert.equal(scored.length, LOG_ODDS.length);
  }
});

Deno.test("readRun reads the record, the configuration and the metrics of a run of the first edition", async () => {
  const { record, configuration, metrics } = await readRun("stopped", { root: FIXTURES });
  assert.deepEqual([record.name, record.seed, record.steps], ["old", 1, 3]);
  assert.deepEqual(plainConfiguration(configuration), plainConfiguration(CONFIGURATION));
  assert.deepEqual(metrics.map(({ step, total }) => [step, total.toFixed(6)]), [
    [0, "3.891154"],
    [1, "3.919807"],
    [2, "3.789948"],
  ]);
  assert.equal(metrics[1].validationAuc, 1);
});
