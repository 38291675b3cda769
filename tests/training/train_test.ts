import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { createLearner } from "lib/training/learner.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train } from "lib/training/train.ts";
import { madeUpCrops } from "./made_up_crops.ts";
import { inFolder } from "../in_folder.ts";

await startEngine();
const crops = madeUpCrops(16);
/** For what any backbone does alike. */
const SMALL = vary(SMOKE, { backbone: "conv4", width: 1 });
const source = cropSource(crops, SMALL);

async function collect(records: AsyncIterable<StepRecord>): Promise<StepRecord[]> {
  const all: StepRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

Deno.test("train records every term of every step and frees what it made", async () => {
  using learner = createLearner(SMALL);
  const before = tf.memory().numTensors;
  const records = await collect(train(learner, { source, configuration: SMALL }));
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(records.map((r) => r.step), [0, 1, 2, 3]);
  for (const record of records) {
    for (const term of ["crossEntropy", "localInformation", "globalInformation", "divergence2"]) {
      assert.ok(Number.isFinite(record[term]), term);
    }
    assert.ok(record.localInformation > 0 && record.localInformation <= 1);
  }
});

Deno.test("train learns: held-out pictures of the same kind are told apart", async () => {
  const configuration = vary(SMOKE, { steps: 120, learningRate: 5e-3, dropout: 0, batchSize: 16 });
  using learner = createLearner(configuration);
  const all = madeUpCrops(192), seen = all.slice(0, 128), unseen = all.slice(128);
  const records = await collect(
    train(learner, { source: cropSource(seen, configuration), configuration }),
  );
  assert.ok(records.at(-1)!.crossEntropyGlobal < 0.4, `${records.at(-1)!.crossEntropyGlobal}`);
  const scores = await scoreCrops(unseen, {
    detector: configuration.detector,
    parameters: learner.parameters,
  });
  const auc = rocAuc(scores, unseen.map((c) => c.sample.label));
  assert.ok(auc > 0.95, `AUC ${auc}`);
});

Deno.test("train goes on after an abort and ends in the weights of an undisturbed run", async () => {
  await inFolder(async (folder) => {
    const weights = (learner: ReturnType<typeof createLearner>) =>
      Object.values(learner.variables).map((v) => [...v.dataSync()]);
    using whole = createLearner(SMALL);
    const expected = await collect(train(whole, { source, configuration: SMALL }));

    const run = `${folder}/run`;
    const stop = new AbortController();
    using first = createLearner(SMALL);
    const options = { source, configuration: SMALL, folder: run, signal: stop.signal };
    for await (const { step } of train(first, options)) if (step === 1) stop.abort();
    using second = createLearner(vary(SMALL, { seed: 1 }));
    const lines: string[] = [], notice = (line: string) => lines.push(line);
    const again = { source, configuration: SMALL, folder: run, notice };
    const records = await collect(train(second, again));
    assert.deepEqual(lines, ["Kept 2 of 4 steps of an earlier sitting."]);
    assert.deepEqual(records.map((r) => r.total), expected.map((r) => r.total));
    assert.deepEqual(weights(second), weights(whole));
  });
});

Deno.test("train stops at a loss that is no number, naming step, terms and the last good state", async () => {
  await inFolder(async (folder) => {
    using learner = createLearner(SMALL);
    const options = { source, configuration: SMALL, folder, keepEvery: 1 };
    const records: number[] = [];
    await assert.rejects(async () => {
      for await (const { step } of train(learner, options)) {
        records.push(step);
        const weight = learner.parameters["linear.1.weight"];
        if (step === 1) tf.tidy(() => weight.assign(tf.fill(weight.shape, NaN)));
      }
    }, (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /loss is NaN at step 2.*crossEntropyGlobal/);
      assert.ok(error.message.includes(`after 2 steps, is in ${folder}`));
      return true;
    });
    assert.deepEqual(records, [0, 1]);
    using again = createLearner(SMALL);
    const resumed = await collect(train(again, { source, configuration: SMALL, folder }));
    assert.ok(resumed.every((r) => Number.isFinite(r.total)));
  });
});

Deno.test("train takes the same first step on the plain cpu backend, which says why it is used", async () => {
  const configuration = vary(SMALL, { dropout: 0, steps: 2 }); // dropout's generators differ
  using learner = createLearner(configuration);
  const expected = await collect(
    train(learner, { source: cropSource(crops, configuration), configuration }),
  );
  const program = `
    import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
    import { cropSource } from "lib/batches/batch_source.ts";
    import { startEngine } from "lib/engine/engine.ts";
    import { createLearner } from "lib/training/learner.ts";
    import { train } from "lib/training/train.ts";
    import { madeUpCrops } from "${new URL("./made_up_crops.ts", import.meta.url)}";
    const { backend } = await startEngine();
    const configuration = vary(SMOKE, { backbone: "conv4", width: 1, dropout: 0, steps: 2 });
    using learner = createLearner(configuration);
    const totals = [];
    const source = cropSource(madeUpCrops(16), configuration);
    for await (const { total } of train(learner, { source, configuration })) totals.push(total);
    console.log(JSON.stringify({ backend, totals }));
  `;
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    env: { FORGERY_CLUES_LIBTENSORFLOW: "nowhere/libtensorflow_cc.so.2" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, text(stderr));
  assert.equal(text(stderr).match(/TensorFlow was not found/g)?.length, 1);
  const { backend, totals } = JSON.parse(text(stdout).trim().split("\n").at(-1)!);
  assert.equal(backend, "cpu");
  assert.ok(Math.abs(totals[0] - expected[0].total) < 1e-4 * expected[0].total);
  assert.ok(Math.abs(totals[1] - expected[1].total) < 0.05 * expected[1].total);
});
