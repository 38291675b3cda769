/** Training with validation: which detector is kept, when a run ends early, and what a stop changes. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Configuration, plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { DETECTOR_FILE, loadDetector } from "lib/detectors/detector_file.ts";
import { createLearner } from "lib/training/learner.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { selectionOf } from "lib/training/selection.ts";
import { train, type TrainOptions } from "lib/training/train.ts";
import { validationCrops, type ValidationSamples } from "lib/training/validation.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();
const crops = madeUpCrops(32);
const heldOut = madeUpCrops(24, "validation");
const validation = validationCrops(heldOut);
const CHANGES = {
  backbone: "conv4",
  width: 1,
  batchSize: 16,
  steps: 20,
  validateEvery: 3,
  learningRate: 5e-3,
};
const small = vary(SMOKE, CHANGES);

/** Trains a fresh learner to the end, or past a step, and gives its records without the clock. */
async function run(
  options: Omit<TrainOptions, "source"> & { configuration: Configuration },
  { stopAfter = Infinity, pictures = crops } = {},
): Promise<StepRecord[]> {
  using learner = createLearner(options.configuration);
  await using source = cropSource(pictures, options.configuration);
  const records: StepRecord[] = [];
  for await (const record of train(learner, { source, ...options })) {
    records.push({ ...record, seconds: 0 });
    if (record.step >= stopAfter) break;
  }
  return records;
}

Deno.test("train validates when it is due and keeps the detector of the best step", async () => {
  await inFolder(async (folder) => {
    const before = tf.memory().numTensors;
    const records = await run({ configuration: small, validation, folder });
    assert.equal(tf.memory().numTensors, before);
    const validated = records.filter((record) => record.validationAuc !== undefined);
    assert.deepEqual(validated.map((record) => record.step), [2, 5, 8, 11, 14, 17, 19]);
    assert.ok(validated.every((record) => record.validationLogLoss > 0));

    const { best } = selectionOf(records);
    using kept = await loadDetector(folder);
    assert.deepEqual([kept.origin?.step, kept.origin?.validationAuc], [best!.step, best!.auc]);
    const scores = await scoreCrops(heldOut, kept);
    assert.equal(rocAuc(scores, heldOut.map((crop) => crop.sample.label)), best!.auc);
  });
});

Deno.test("train stopped between validations goes on to the same records and the same best detector", async () => {
  await inFolder(async (folder) => {
    const runs = ["whole", "stopped"].map((name) => `${folder}/${name}`);
    const options = { configuration: small, validation };
    const whole = await run({ ...options, folder: runs[0] });
    for (const step of [0, 7, 8]) {
      await run({ ...options, folder: runs[1] }, { stopAfter: step });
    }
    assert.deepEqual(await run({ ...options, folder: runs[1] }), whole);
    const [one, other] = runs.map((run) => Deno.readFileSync(`${run}/${DETECTOR_FILE}`));
    assert.deepEqual(one, other);
  });
});

Deno.test("train ends early when patience runs out, and a later sitting adds nothing", async () => {
  await inFolder(async (folder) => {
    const configuration = vary(small, { patience: 2, validateEvery: 1, steps: 200 });
    const options = { configuration, validation, folder };
    const records = await run(options);
    assert.ok(records.length < 200, `${records.length} steps`);
    const { best, since } = selectionOf(records);
    assert.equal(since, 2);
    assert.equal(best!.step, records.length - 3);
    assert.deepEqual(await run(options), records);
  });
});

Deno.test("train without validation keeps the last step's detector", async () => {
  await inFolder(async (folder) => {
    const configuration = vary(small, { steps: 3 });
    await run({ configuration, folder }, { stopAfter: 1 });
    await assert.rejects(loadDetector(folder), Deno.errors.NotFound); // not yet at its end
    await run({ configuration, folder });
    using kept = await loadDetector(folder);
    const { configuration: own, ...origin } = kept.origin!;
    assert.deepEqual(plainConfiguration(own), plainConfiguration(configuration));
    assert.deepEqual(origin, { step: 2 });
    using whole = createLearner(configuration), found = createLearner(configuration);
    await using source = cropSource(crops, configuration);
    await Array.fromAsync(train(whole, { source, configuration }));
    await Array.fromAsync(train(found, { source, configuration, folder }));
    for (const [name, variable] of Object.entries(whole.parameters)) {
      assert.deepEqual(kept.parameters[name].dataSync(), variable.dataSync(), name);
      assert.deepEqual(found.parameters[name].dataSync(), variable.dataSync(), name);
    }
  });
});

Deno.test("train refuses samples that no check has seen, and a run whose best detector is gone", async () => {
  const cast = { ...validation } as ValidationSamples; // a copy that no check has made
  await assert.rejects(run({ configuration: small, validation: cast }), TypeError);
  await inFolder(async (folder) => {
    const options = { configuration: small, validation, folder };
    await run(options, { stopAfter: 4 });
    await Deno.remove(`${folder}/${DETECTOR_FILE}`);
    await assert.rejects(run(options), /best detector \(step 2.*is missing/);
  });
});

Deno.test("train on the official schedule begins Adam anew in every epoch", async () => {
  const configuration = vary(small, { schedule: "official", epochs: 2, steps: 0, weightDecay: 0 });
  using learner = createLearner(configuration);
  await using source = cropSource(crops, configuration);
  const steps: number[] = [];
  for await (const { step } of train(learner, { source, configuration })) {
    steps.push(step);
    const { m, v } = learner.slots["linear.1.weight"];
    const [mean, square] = [m.dataSync(), v.dataSync()];
    // After one step m = (1 − β₁) g and v = (1 − β₂) g², so v = m² · 0.001 / 0.01; later it is not.
    const fresh = mean.every((x, i) => Math.abs(square[i] - 0.1 * x * x) <= 1e-3 * square[i]);
    assert.equal(fresh, step % 2 === 0, `step ${step}`);
  }
  assert.deepEqual(steps, [0, 1, 2, 3]);
});

Deno.test("train overfits one batch to near zero", async () => {
  const configuration = vary(small, {
    width: 2,
    steps: 150,
    dropout: 0,
    augmentation: "none",
    lossWeights: "fixed",
    localInformation: false,
    learningRate: 1e-2,
  });
  const records = await run({ configuration }, { pictures: crops.slice(0, 16) });
  const { total, crossEntropyGlobal } = records.at(-1)!;
  assert.ok(total < 0.02 && crossEntropyGlobal < 0.005, `${total} ${crossEntropyGlobal}`);
});

Deno.test("train on a disk that fills up says so, and the last good state takes the run to its end", async () => {
  const whole = await run({ configuration: small });
  using learner = createLearner(small);
  const numbers = Object.values(learner.variables).reduce((sum, v) => sum + v.size, 0);
  const stateAlone = Math.floor(4 * numbers / 1024);
  // Limits of a file in kB stand in for a disk's: below the state, and below the history.
  for (const [limit, file] of [[stateAlone, "checkpoint"], [1, "metrics"]] as const) {
    await inFolder(async (folder) => {
      await run({ configuration: small, folder }, { stopAfter: 7 });
      const text = await runLimited(folder, limit);
      assert.match(text, new RegExp(`Cannot write .*${file}.*disk has space`));
      assert.doesNotMatch(text, /step \d+/); // a step is told of when it is kept
      const lines: string[] = [], notice = (line: string) => lines.push(line);
      assert.deepEqual(await run({ configuration: small, folder, notice }), whole);
      assert.deepEqual(lines, ["Kept 8 of 20 steps of an earlier sitting."]);
    });
  }
});

/** Goes on with the run in a process whose files may have so many kB, and returns what it prints. */
async function runLimited(folder: string, limit: number): Promise<string> {
  const here = (name: string) => new URL(name, import.meta.url).pathname;
  const script = `${folder}/program.ts`;
  await Deno.writeTextFile(
    script,
    `
    import { cropSource } from "lib/batches/batch_source.ts";
    import { vary } from "lib/detectors/configuration.ts";
    import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
    import { startEngine } from "lib/engine/engine.ts";
    import { createLearner } from "lib/training/learner.ts";
    import { train } from "lib/training/train.ts";
    import { madeUpCrops } from "${here("./made_up_crops.ts")}";
    await startEngine();
    const configuration = vary(SMOKE, ${JSON.stringify(CHANGES)});
    const learner = createLearner(configuration);
    const source = cropSource(madeUpCrops(32), configuration);
    const folder = ${JSON.stringify(folder)};
    const options = { source, configuration, folder, keepEvery: 1, replay: false };
    try {
      for await (const { step } of train(learner, options)) console.log("step", step);
    } catch (error) { console.log(error.message); }
    `,
  );
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: [
      "-c",
      `trap "" XFSZ; ulimit -f ${limit}; exec "$0" run -A --no-check --config "$1" "$2"`,
      Deno.execPath(),
      here("../../deno.json"),
      script,
    ],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.notEqual(text, "", new TextDecoder().decode(stderr));
  return text;
}
