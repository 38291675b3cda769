import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { batchAhead } from "lib/batches/batch_ahead.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { disposeBatch } from "lib/batches/batches.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { numberedCrops } from "./made_up_crops.ts";

await startEngine();
const source = cropSource(
  numberedCrops([0, 1, 0, 1, 0, 1, 0, 1], 32),
  vary(SMOKE, { batchSize: 4 }),
);

/** The source, which writes down what it is asked for and refuses a step. */
function listening(refused = -1) {
  const asked: number[] = [];
  const batch = (step: number) => {
    asked.push(step);
    if (step === refused) throw new Error("torn.png");
    return source.batch(step);
  };
  return { asked, batch };
}

Deno.test("batchAhead gives the source's batches, and asks for each once, when it is begun", async () => {
  const own = listening();
  await using batches = batchAhead(own);
  for (let step = 0; step < 4; step++) {
    const batch = await batches.take(step), expected = await source.batch(step);
    assert.deepEqual(batch.indices, expected.indices);
    assert.deepEqual(batch.images.dataSync(), expected.images.dataSync());
    batches.begin(step + 1);
    assert.deepEqual(own.asked, Array.from({ length: step + 2 }, (_, i) => i));
    [batch, expected].forEach(disposeBatch);
  }
});

Deno.test("batchAhead keeps the error of a batch for the one who takes it", async () => {
  const own = listening(1);
  await using batches = batchAhead(own);
  batches.begin(1);
  await new Promise((resolve) => setTimeout(resolve));
  await assert.rejects(batches.take(1), /torn\.png/);
  batches.begin(1); // one that nobody asks for
});

Deno.test("batchAhead frees what was begun and not taken", async () => {
  const before = tf.memory().numTensors;
  {
    await using batches = batchAhead(listening());
    batches.begin(0);
    batches.begin(1);
    disposeBatch(await batches.take(2));
    batches.begin(3);
  }
  assert.equal(tf.memory().numTensors, before);
});
