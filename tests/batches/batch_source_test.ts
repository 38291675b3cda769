import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { SMOKE, vary } from "lib/config.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { epochOrder } from "lib/batches/epoch_order.ts";
import { numberedCrops } from "./made_up_crops.ts";

const labels = [0, 0, 1, 1, 1, 1] as const;

Deno.test("cropSource gives the batches that the configuration's order says, in any turn", async () => {
  for (const balance of ["equal", "repeatReals", "none"] as const) {
    const configuration = vary(SMOKE, { batchSize: 4, balance, realRepeats: 3 });
    await using source = cropSource(numberedCrops(labels), configuration);
    const order = epochOrder(labels, configuration);
    assert.equal(source.batchesPerEpoch, order.batchesPerEpoch);
    for (const step of [5, 0, 1, 5]) {
      const batch = await source.batch(step);
      assert.deepEqual(batch.indices, order.places(step));
      assert.deepEqual(
        [...batch.images.dataSync()].filter((_, i) => i % 12 === 0),
        order.places(step),
      );
      tf.dispose([batch.images, batch.labels, batch.augmentation, batch.mixup]);
    }
  }
});

Deno.test("cropSource refuses a missing kind at once, and a negative step when it is asked", async () => {
  assert.throws(() => cropSource(numberedCrops([1, 1]), SMOKE), /no real sample/);
  await using source = cropSource(numberedCrops(labels), SMOKE);
  await assert.rejects(source.batch(-1), RangeError);
});
