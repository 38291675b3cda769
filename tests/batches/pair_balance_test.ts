/** Each fake beside the real picture that it was made of, whichever the detector. */
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { disposeBatch } from "lib/batches/batches.ts";
import type { Crop } from "lib/data/samples.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

const PAIRS = vary(SMOKE, { balance: "pairs", batchSize: 4 });

/** Crops whose fakes name the real one before them as their source. */
function paired(): Crop[] {
  return madeUpCrops(12).map((crop, i) =>
    i % 2 === 0 ? crop : { ...crop, sample: { ...crop.sample, source: `${i - 1}` } }
  );
}

Deno.test('balance "pairs" puts each fake beside its real source, once an epoch', async () => {
  await using source = cropSource(paired(), PAIRS);
  assert.equal(source.batchesPerEpoch, 3);
  const seen: number[] = [];
  for (const step of [0, 1, 2]) {
    const batch = await source.batch(step), { indices } = batch;
    assert.deepEqual([...batch.labels.dataSync()], [0, 1, 0, 1]);
    assert.deepEqual([...batch.partners!.dataSync()], [1, 0, 3, 2]);
    for (const i of [0, 2]) assert.equal(indices[i + 1], indices[i] + 1);
    seen.push(...indices);
    disposeBatch(batch);
  }
  assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 12 }, (_, i) => i));
});

Deno.test('balance "pairs" refuses fakes without a source, and batches of odd size', () => {
  assert.throws(() => cropSource(madeUpCrops(12), PAIRS), /Batches are of pairs.*is not named/);
  assert.throws(() => vary(PAIRS, { batchSize: 5 }), /batchSize is 5.*of pairs hold an even/);
  assert.throws(() => vary(PAIRS, { realRepeats: 2 }), /no effect/);
});
