/** A run's folder: one writer, state and best detector in one, and states of the first edition. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cropSource } from "lib/batches/batch_source.ts";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { DETECTOR_FILE, loadDetector } from "lib/detectors/detector_file.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { readSafetensors, writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { HISTORY_FILE, readHistory } from "lib/training/history_rows.ts";
import { createLearner } from "lib/training/learner.ts";
import { openRunStore } from "lib/training/run_store.ts";
import { BEGINNING } from "lib/training/selection.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train } from "lib/training/train.ts";
import { validationCrops } from "lib/training/validation.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();
const configuration = vary(SMOKE, { backbone: "conv4", width: 1, steps: 8, validateEvery: 2 });
const crops = madeUpCrops(16);
const validation = validationCrops(madeUpCrops(8, "validation"));

/** A sitting of a fresh learner, to the run's end or past a step; its records without the clock. */
async function sit(folder: string, stopAfter = Infinity): Promise<StepRecord[]> {
  using learner = createLearner(configuration);
  await using source = cropSource(crops, configuration);
  const records: StepRecord[] = [];
  const options = { source, configuration, validation, folder, keepEvery: 3 };
  for await (const record of train(learner, options)) {
    records.push({ ...record, seconds: 0 });
    if (record.step >= stopAfter) break;
  }
  return records;
}

const record = (step: number, validationAuc: number): StepRecord => ({
  step,
  learningRate: 1e-3,
  seconds: step,
  total: 1,
  validationAuc,
});
const selection = (step: number, auc: number) => ({ best: { step, auc }, since: 0 });
const filesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== ".lock").sort();

Deno.test("openRunStore is refused to a second one in the folder, and free again after the first", async () => {
  await inFolder(async (folder) => {
    using learner = createLearner(configuration);
    {
      await using _store = await openRunStore(folder, { learner, configuration });
      await assert.rejects(
        openRunStore(folder, { learner, configuration }),
        new RegExp(`Another run of training is at work .*process ${Deno.pid} on`),
      );
      await assert.rejects(sit(folder), /Another run of training/);
    }
    await using _again = await openRunStore(folder, { learner, configuration });
  });
});

Deno.test("a detector is the run's from the moment on at which a state counts its step, and not before", async () => {
  await inFolder(async (folder) => {
    using learner = createLearner(configuration);
    const stepIn = async () => {
      using detector = await loadDetector(folder);
      return detector.origin?.step;
    };
    const open = () => openRunStore(folder, { learner, configuration });
    {
      await using store = await open();
      await store.keepDetector(record(0, 0.6));
      await store.append(record(0, 0.6));
    } // killed before there is any state: neither step nor detector is there
    {
      await using store = await open();
      assert.deepEqual([store.kept.step, store.kept.selection], [0, BEGINNING]);
      assert.deepEqual(filesIn(folder), [HISTORY_FILE]);
      await store.keepDetector(record(0, 0.6));
      await store.append(record(0, 0.6));
      await store.save({ step: 1, selection: selection(0, 0.6) });
      assert.equal(await stepIn(), 0);
      await store.keepDetector(record(1, 0.7)); // a better one that no state counts yet
      await store.append(record(1, 0.7));
      assert.equal(await stepIn(), 0);
    } // killed then: the state's detector is the run's
    {
      await using store = await open();
      assert.deepEqual(store.kept.selection, selection(0, 0.6));
      assert.equal(await stepIn(), 0);
      await store.keepDetector(record(1, 0.7));
      await store.append(record(1, 0.7));
      const next = join(folder, "detector.next.safetensors"), bytes = await Deno.readFile(next);
      const before = await Deno.readFile(join(folder, DETECTOR_FILE));
      await store.save({ step: 2, selection: selection(1, 0.7) });
      await Deno.writeFile(next, bytes); // as a kill between the state and the detector's name leaves them
      await Deno.writeFile(join(folder, DETECTOR_FILE), before);
    }
    {
      await using store = await open();
      assert.deepEqual(store.kept.selection, selection(1, 0.7));
      assert.equal(await stepIn(), 1);
      assert.deepEqual(await Array.fromAsync(readHistory(folder)), [
        record(0, 0.6),
        record(1, 0.7),
      ]);
    }
    await Deno.remove(join(folder, "checkpoint.safetensors")); // the state before stands in
    {
      await using store = await open();
      assert.deepEqual(store.kept.selection, selection(0, 0.6));
      assert.equal(await stepIn(), 1); // it stays, and is written anew once the run is there again
      await store.keepDetector(record(1, 0.7));
      await store.append(record(1, 0.7));
      await store.save({ step: 2, selection: selection(1, 0.7) });
    }
    await Deno.remove(join(folder, DETECTOR_FILE));
    await assert.rejects(open(), /best detector \(step 1, validation AUC 0\.7000\).*is missing/);
  });
});

Deno.test("a detector of another step than the state's best is refused", async () => {
  await inFolder(async (folder) => {
    await sit(folder, 5);
    const file = join(folder, DETECTOR_FILE), { tensors, metadata } = await readSafetensors(file);
    const written = JSON.parse(metadata.detector);
    for (const other of [{ step: 0 }, { validationAuc: 0.123 }]) {
      const detector = JSON.stringify({ ...written, ...other });
      await writeSafetensors(file, { tensors, metadata: { detector } });
      await assert.rejects(sit(folder), /that file is of step \d+, AUC [\d.]+\. Put it back/);
    }
  });
});

Deno.test("a run that is over keeps detector and history, drops the rest, and is found so at once", async () => {
  await inFolder(async (folder) => {
    const records = await sit(folder);
    assert.deepEqual(filesIn(folder), ["checkpoint.safetensors", DETECTOR_FILE, HISTORY_FILE]);
    assert.ok((await Deno.stat(join(folder, "checkpoint.safetensors"))).size < 4000);
    const before = filesIn(folder).map((name) => Deno.readFileSync(join(folder, name)));
    assert.deepEqual(await sit(folder), records);
    assert.deepEqual(filesIn(folder).map((name) => Deno.readFileSync(join(folder, name))), before);
    // The learner of a run that is over holds the run's detector.
    using learner = createLearner(configuration), detector = await loadDetector(folder);
    await using source = cropSource(crops, configuration);
    const options = { source, configuration, validation, folder, replay: false };
    assert.deepEqual(await Array.fromAsync(train(learner, options)), []);
    for (const [name, variable] of Object.entries(learner.parameters)) {
      assert.deepEqual(variable.dataSync(), detector.parameters[name].dataSync(), name);
    }
    await Deno.remove(join(folder, DETECTOR_FILE));
    await assert.rejects(sit(folder), /best detector .* is missing/);
  });
});

/** What the first edition's configurations had beside the detector's settings. */
const KNOWN = new Set(
  (
    "batchSize balance realRepeats augmentation mixup epochs steps learningRate schedule weightDecay " +
    "validateEvery patience precision seed"
  ).split(" "),
);

Deno.test("a state of the first edition goes on to the same bits, and its history becomes lines", async () => {
  await inFolder(async (folder) => {
    const [whole, old] = ["whole", "old"].map((name) => join(folder, name));
    const expected = await sit(whole);
    await sit(old, 4);
    // As the first edition wrote it: a flat configuration and all records in the header.
    const path = join(old, "checkpoint.safetensors"), { tensors } = await readSafetensors(path);
    const { detector: { settings }, data, training } = plainConfiguration(configuration);
    const known = Object.entries({ ...data, ...training }).filter(([field]) => KNOWN.has(field));
    const flat = { ...settings, ...Object.fromEntries(known), faceScore: 0.9, faceMargin: 0.15 };
    const history = await Array.fromAsync(readHistory(old));
    const run = JSON.stringify({ configuration: flat, step: history.length, history });
    await writeSafetensors(path, { tensors, metadata: { run } });
    await Deno.writeTextFile(join(old, HISTORY_FILE), "step,total\n0,1\n0,1\n"); // two processes' interleaved lines
    const ends = async (folder: string) => ({
      detector: (await readSafetensors(join(folder, DETECTOR_FILE))).tensors,
      history: await Array.fromAsync(readHistory(folder), (one) => ({ ...one, seconds: 0 })),
    });
    assert.deepEqual(await sit(old), expected);
    assert.deepEqual(await ends(old), await ends(whole));
  });
});
