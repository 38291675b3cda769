/** Training with validation: which detector is kept, when a run ends early, and what a stop changes. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Configuration, plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { restoreCheckpoint } from "lib/training/checkpoint.ts";
import { detectorFileBeside, loadDetector } from "lib/detectors/detector_file.ts";
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
    const checkpoint = `${folder}/checkpoint.safetensors`;
    const before = tf.memory().numTensors;
    const records = await run({ configuration: small, validation, checkpoint });
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
    const paths = ["whole", "stopped"].map((name) => `${folder}/${name}/checkpoint.safetensors`);
    const options = { configuration: small, validation };
    const whole = await run({ ...options, checkpoint: paths[0] });
    for (const step of [0, 7, 8]) {
      await run({ ...options, checkpoint: paths[1] }, { stopAfter: step });
    }
    assert.deepEqual(await run({ ...options, checkpoint: paths[1] }), whole);
    const [one, other] = paths.map((path) => Deno.readFileSync(detectorFileBeside(path)));
    assert.deepEqual(one, other);
  });
});

Deno.test("train ends early when patience runs out, and a later sitting adds nothing", async () => {
  await inFolder(async (folder) => {
    const checkpoint = `${folder}/checkpoint.safetensors`;
    const configuration = vary(small, { patience: 2, validateEvery: 1, steps: 200 });
    const options = { configuration, validation, checkpoint };
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
    const checkpoint = `${folder}/checkpoint.safetensors`;
    const configuration = vary(small, { steps: 3 });
    await run({ configuration, checkpoint }, { stopAfter: 1 });
    await assert.rejects(loadDetector(folder), Deno.errors.NotFound); // not yet at its end
    await run({ configuration, checkpoint });
    using kept = await loadDetector(folder);
    const { configuration: own, ...origin } = kept.origin!;
    assert.deepEqual(plainConfiguration(own), plainConfiguration(configuration));
    assert.deepEqual(origin, { step: 2 });
    using learner = createLearner(configuration);
    await restoreCheckpoint(checkpoint, { variables: learner.variables, configuration });
    for (const [name, variable] of Object.entries(learner.parameters)) {
      assert.deepEqual(kept.parameters[name].dataSync(), variable.dataSync());
    }
  });
});

Deno.test("train refuses samples that no check has seen, and a run whose best detector is gone", async () => {
  const cast = { ...validation } as ValidationSamples; // a copy that no check has made
  await assert.rejects(run({ configuration: small, validation: cast }), TypeError);
  await inFolder(async (folder) => {
    const checkpoint = `${folder}/checkpoint.safetensors`;
    const options = { configuration: small, validation, checkpoint };
    await run(options, { stopAfter: 4 });
    await Deno.remove(detectorFileBeside(checkpoint));
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

Deno.test("train on a disk that fills up ends, and the last good checkpoint takes the run to its end", async () => {
  await inFolder(async (folder) => {
    const checkpoint = `${folder}/checkpoint.safetensors`;
    const script = `${folder}/program.ts`;
    const here = (name: string) => new URL(name, import.meta.url).pathname;
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
      const checkpoint = ${JSON.stringify(checkpoint)};
      const options = { source, configuration, checkpoint, checkpointEvery: 1 };
      try {
        for await (const { step } of train(learner, options)) console.log("step", step);
      } catch (error) { console.log(error.message); }
      `,
    );
    // The state grows with every record, so that some checkpoint is the first one above the limit.
    using learner = createLearner(small);
    const numbers = Object.values(learner.variables).reduce((sum, v) => sum + v.size, 0);
    const limit = Math.ceil((4 * numbers + 24_000) / 1024);
    // A file's limit stands in for a disk's.
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
    assert.match(text, /step \d+\n/, new TextDecoder().decode(stderr));
    assert.match(text, /Cannot write .*checkpoint.*disk has space/);
    const reached = Number([...text.matchAll(/step (\d+)/g)].at(-1)![1]);
    assert.ok(reached < small.training.steps - 1, `step ${reached}`);
    const lines: string[] = [];
    const again = await run({
      configuration: small,
      checkpoint,
      notice: (line) => lines.push(line),
    });
    assert.deepEqual(lines, [`Kept ${reached + 1} of 20 steps of an earlier sitting.`]);
    assert.deepEqual(again, await run({ configuration: small }));
  });
});
